/*
 * Programs for fuzzing: some tens of system calls over one to four threads, from bytes and back. tests/fuzz/FORMAT.md describes the bytes;
 * every sequence of bytes is a program. The grammar is guest/syscall/table.def.
 *
 * Leans on nothing, allocates nothing: the executor, the mutator for AFL++ and mote itself are built with it.
 */
#ifndef SHARED_FUZZ_PROGRAM_H
#define SHARED_FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/abi/fuzz.h"

#define FUZZ_MAX_THREADS 4
#define FUZZ_MAX_ARGS	 6

/* How an argument's value comes about; what `value` means. */
enum fuzz_arg_kind {
	FUZZ_ARG_CONST,	 /* the value itself */
	FUZZ_ARG_RESULT, /* the result of call `value` (taken modulo the calls before this one), 0 when it failed or there is none */
	FUZZ_ARG_OUTPUT, /* the 32-bit word at `offset` of the data that call `value` wrote: a pipe's ends, a timer's id */
	FUZZ_ARG_DATA,	 /* the address of the data area + value, filled by the call's bytes */
	FUZZ_ARG_PATH,	 /* the address of path number value of the tree */
	FUZZ_ARG_MEMORY, /* the address of the arena that programs map and unmap + value */
	FUZZ_ARG_KINDS
};

struct fuzz_arg {
	uint8_t kind; /* enum fuzz_arg_kind */
	uint8_t size; /* FUZZ_ARG_DATA: bytes of `bytes` that are put there, 0..FUZZ_DATA_BYTES */
	uint16_t offset;
	uint64_t value;
#define FUZZ_DATA_BYTES 64
	uint8_t bytes[FUZZ_DATA_BYTES]; /* FUZZ_ARG_DATA */
};

struct fuzz_call {
	uint16_t row;	 /* of the grammar */
	uint8_t thread;	 /* 0..FUZZ_MAX_THREADS - 1: who makes it */
	uint8_t child;	 /* fork and its kin: how many of the calls that follow are the child's, which then exits */
	struct fuzz_arg arg[FUZZ_MAX_ARGS];
};

struct fuzz_program {
	uint8_t threads; /* 1..FUZZ_MAX_THREADS */
	uint8_t count;	 /* 0..FUZZ_MAX_CALLS */
	struct fuzz_call call[FUZZ_MAX_CALLS];
};

/* ---- the grammar (grammar.c) ---- */

struct fuzz_row {
	const char *name;
	const char *epic;
	int nr; /* on this architecture, -1: none; no program has such a row */
	int id; /* the number on x86_64: what names the call in the bytes */
	uint8_t argc;
	uint8_t kind[FUZZ_MAX_ARGS]; /* enum syscall_kind_fuzz, in the order of SYSCALL_KINDS */
	const char *arg[FUZZ_MAX_ARGS];
};
/* Every implemented call, in the order of id. */
extern const struct fuzz_row fuzz_row[];
extern const unsigned int fuzz_row_count;

/* ---- bytes (decode.c, encode.c) ---- */

/* Total: any bytes are a program. Every field of *p is within its bounds. */
void fuzz_decode(const uint8_t *bytes, size_t len, struct fuzz_program *p);
/* The bytes that decode to p (a program as fuzz_decode() makes them): how many, at most size; calls that do not fit are left out. */
size_t fuzz_encode(const struct fuzz_program *p, uint8_t *bytes, size_t size);

/* ---- text (print.c, print_c.c): into text[size], NUL-terminated, cut when too long; answers the length it has or would have ---- */

/* One call as strace would print it, without a newline: `openat(AT_FDCWD, "a/b", O_RDWR|O_CREAT, 0644)`. */
size_t fuzz_print_call(const struct fuzz_program *p, unsigned int i, char *text, size_t size);
/* " = 3" or " = -1 ENOENT (No such file or directory)" */
size_t fuzz_print_result(const struct fuzz_result *r, char *text, size_t size);
/* A plain C program that makes the same calls, by syscall(2). */
size_t fuzz_print_c(const struct fuzz_program *p, char *text, size_t size);

#endif
