/* What is known about the calls beyond struct fuzz_row. */
#ifndef SHARED_FUZZ_GRAMMAR_H
#define SHARED_FUZZ_GRAMMAR_H

#include "guest/syscall/kinds.h"
#include "shared/fuzz/program.h"

/* struct fuzz_row's kinds. */
enum syscall_kind_fuzz {
	FUZZ_NOKIND = 0,
#define X(kind, type) FUZZ_KIND_##kind,
	SYSCALL_KINDS(X)
#undef X
};

/* Numbers on x86_64 of calls that are treated in their own way: struct fuzz_row's id. */
enum fuzz_id {
	FUZZ_ID_RT_SIGACTION = 13,
	FUZZ_ID_CLONE = 56,
	FUZZ_ID_FORK = 57,
	FUZZ_ID_VFORK = 58,
	FUZZ_ID_EXECVE = 59,
	FUZZ_ID_KILL = 62,
	FUZZ_ID_RT_SIGQUEUEINFO = 129,
	FUZZ_ID_TKILL = 200,
	FUZZ_ID_TGKILL = 234,
	FUZZ_ID_RT_TGSIGQUEUEINFO = 297,
	FUZZ_ID_EXECVEAT = 322,
	FUZZ_ID_CLONE3 = 435,
};

/* The row with the least id that is not below id and has a number on this architecture; the first
 * when there is none. */
unsigned int fuzz_row_find(unsigned int id);
/* Does the call go on in a child too (fork and its kin)? */
bool fuzz_row_forks(const struct fuzz_row *row);
/* Does a call write through arguments of that kind? */
bool fuzz_kind_writes(unsigned int kind);
/* Which argument points to what the call writes: FUZZ_ARG_OUTPUT's source. -1: none. */
int fuzz_row_output(const struct fuzz_row *row);

/* Call i forks: the first call behind those of its child, at most end. Else i + 1. */
unsigned int fuzz_block_end(const struct fuzz_program *p, unsigned int i, unsigned int end);

#endif
