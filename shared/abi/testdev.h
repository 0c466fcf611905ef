/*
 * /dev/mote, a character device of mote's kernel, through which a test controls the machine it runs in:
 * programs use <mote/test.h>, which wraps what stands here. Both C and C++ read this file.
 *
 * read(2), pread(2), lseek(2): the test's input. write(2): marks an event, its text being the bytes
 * written (at most MOTE_EVENT_MAX of them, which the answer tells) without a newline at their end.
 *
 * Errors of ioctl(2) beside those named: EFAULT for bad pointers, EINVAL for values out of range, ENOTTY
 * for other commands (and every file that is not /dev/mote).
 */
#ifndef MOTE_ABI_TESTDEV_H
#define MOTE_ABI_TESTDEV_H

/* sizeof(struct name) must be as said. (C99 has no assertion of its own.) */
#ifdef __cplusplus
#define MOTE_ABI_SIZE(name, bytes) static_assert(sizeof(struct name) == (bytes), #name " layout")
#else
#define MOTE_ABI_SIZE(name, bytes) typedef char name##_layout[sizeof(struct name) == (bytes) ? 1 : -1]
#endif

#define MOTE_DEVICE    "/dev/mote"
#define MOTE_EVENT_MAX 4096 /* bytes of an event's text */

/* A piece of the caller's memory. */
struct mote_text {
	unsigned long long address;
	unsigned long long length; /* bytes */
};
MOTE_ABI_SIZE(mote_text, 16);

/* Into the caller's memory, from byte offset of the input on. */
struct mote_input {
	unsigned long long address;
	unsigned long long length;
	unsigned long long offset;
};
MOTE_ABI_SIZE(mote_input, 24);

/* In: n. Out: what came of the request before this one. */
struct mote_alloc_failure {
	unsigned long long n;       /* the n-th allocation of kernel memory from now on fails, pages and small objects alike; 0: none */
	unsigned long long counted; /* allocations since the last request, at most its n */
	unsigned int failed;  /* 1: its n-th allocation came, and failed; 0: there were not as many */
	unsigned int reserved;
};
MOTE_ABI_SIZE(mote_alloc_failure, 24);

struct mote_io_failure {
	char device[16]; /* "vda".."vdh", "stdin", "stdout", "stderr", "console" (either output), "rng"; NUL-terminated */
	unsigned long long n;	 /* the n-th request to the device from now on (1: the next); 0: none, a pending one is called off */
	unsigned long long length;	 /* error 0: at most that many bytes (>= 1) are transferred */
	unsigned int error;	 /* errno: nothing is transferred */
	unsigned int reserved;
};
MOTE_ABI_SIZE(mote_io_failure, 40);

/* What the kernel has in use: equal counts before and after, and nothing was lost in between. */
struct mote_counts {
	unsigned long long pages_total, pages_free; /* of 4096 bytes */
	unsigned long long pages_slab;	       /* behind small objects, full or not */
	unsigned long long pages_cache;	       /* of files in memory */
	unsigned long long objects;		       /* small objects in use */
	unsigned long long tasks;
};
MOTE_ABI_SIZE(mote_counts, 48);

/* Commands of ioctl(2), with the size of what the argument points to, so that another layout is another command. */
#define MOTE_COMMAND(nr, size) (0x40006d00u | (unsigned int)(size) << 16 | (nr))
#define MOTE_SNAPSHOT	       MOTE_COMMAND(0x80, 0)
#define MOTE_EXIT	       MOTE_COMMAND(0x81, 0) /* the argument is the status, 0..255 */
#define MOTE_EVENT	       MOTE_COMMAND(0x82, sizeof(struct mote_text))
#define MOTE_INPUT_SIZE	       MOTE_COMMAND(0x83, sizeof(unsigned long long)) /* written there, in bytes */
#define MOTE_INPUT	       MOTE_COMMAND(0x84, sizeof(struct mote_input))  /* answers the bytes copied */
#define MOTE_FAIL_ALLOC	       MOTE_COMMAND(0x85, sizeof(struct mote_alloc_failure))
#define MOTE_FAIL_IO	       MOTE_COMMAND(0x86, sizeof(struct mote_io_failure))
#define MOTE_ADVANCE_CLOCK     MOTE_COMMAND(0x87, sizeof(unsigned long long)) /* read from there, in nanoseconds */
#define MOTE_COVERAGE	       MOTE_COMMAND(0x88, 0)			      /* the argument is 1 (on) or 0 */
#define MOTE_COUNTS	       MOTE_COMMAND(0x89, sizeof(struct mote_counts)) /* written there */

/*
 * For the executor of fuzzed programs alone (shared/abi/fuzz.h has the layouts and the other numbers). EOPNOTSUPP: nobody fuzzes here.
 */
struct mote_fuzz_area {
	unsigned long long address; /* page aligned, mapped, writable, shared among the processes that shall see it */
	unsigned long long length;  /* bytes, whole pages */
	unsigned int area;	    /* enum fuzz_area */
	unsigned int reserved;
};
MOTE_ABI_SIZE(mote_fuzz_area, 24);
#define MOTE_FUZZ_SHARE MOTE_COMMAND(0x8a, sizeof(struct mote_fuzz_area)) /* the memory there becomes the area */
#define MOTE_FUZZ_END	MOTE_COMMAND(0x8b, 0)				  /* the argument is an enum fuzz_stage: HC_FUZZ_END */
#define MOTE_CENSUS	MOTE_COMMAND(0x8c, 72)				  /* struct fuzz_census is written there, caches emptied before */

#endif
