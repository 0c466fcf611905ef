/* The form of programs in bytes, for decode.c and encode.c: tests/fuzz/FORMAT.md. */
#ifndef SHARED_FUZZ_BYTES_H
#define SHARED_FUZZ_BYTES_H

/* A call's first 16 bits. */
#define FUZZ_CALL_ID	       0x3ffu
#define FUZZ_CALL_THREAD_SHIFT 10
#define FUZZ_CALL_CHILD_SHIFT  12

/* An argument's first byte: its kind in the lower bits, what depends on the kind above. */
#define FUZZ_ARG_KIND_BITS 3
#define FUZZ_ARG_KIND_MASK 7u

/* FUZZ_ARG_CONST: forms of the value. 0..15: the value itself. */
enum fuzz_const {
	FUZZ_CONST_MINUS_ONE = 16,
	FUZZ_CONST_CWD, /* AT_FDCWD */
	FUZZ_CONST_U8,	/* so many bytes follow */
	FUZZ_CONST_U16,
	FUZZ_CONST_U32,
	FUZZ_CONST_U64,
	FUZZ_CONST_S8, /* sign extended */
	FUZZ_CONST_S16,
	FUZZ_CONST_S32,
	FUZZ_CONST_BIT,	  /* 1 << (a byte modulo 64) */
	FUZZ_CONST_BELOW, /* that - 1 */
	FUZZ_CONST_ABOVE, /* ~that */
	FUZZ_CONST_PAGES, /* a signed byte * 4096 */
			  /* the rest: as their lower four bits */
};
#define FUZZ_CONST_INLINE 16

/* RESULT, OUTPUT: how many calls back, 1..; this one: a byte follows. */
#define FUZZ_BACK_FAR 31

/* DATA: the value's lowest 8 bits or all its 14 follow, then the number of bytes, then these. */
#define FUZZ_DATA_PAGE_MASK 3u /* the value's bits 12 and 13 */
#define FUZZ_DATA_FINE	    4u /* a byte with the value's bits 0..3 follows bits 4..11 */
#define FUZZ_DATA_FILLED    8u /* a size and so many bytes follow */

/* PATH: the index; this one: a byte follows. MEMORY: the page below 16; else 24 bits follow. */
#define FUZZ_PATH_FAR	31
#define FUZZ_MEMORY_FAR 16

#endif
