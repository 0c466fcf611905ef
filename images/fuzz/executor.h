/*
 * The program that makes the calls of fuzzed programs: a supervisor (executor.c) and, for each
 * case, a child (child.c, run.c).
 *
 * No libc: raw calls only, nothing between the program and the kernel.
 */
#ifndef EXECUTOR_H
#define EXECUTOR_H

#include <asm/unistd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/abi/fuzz.h"
#include "shared/abi/testdev.h"
#include "shared/fuzz/grammar.h"
#include "shared/fuzz/layout.h"
#include "shared/fuzz/program.h"
#include "shared/fuzz/tree.h"

#define FUZZ_CASE    ((const struct fuzz_case *)FUZZ_CASE_ADDR)
#define FUZZ_RESULTS ((volatile struct fuzz_results *)FUZZ_RESULTS_ADDR)
#define PAGE	     4096ul

/* ---- the architecture's part (x86_64.S) ---- */

/* System call nr: what the kernel answers. */
long executor_call(long nr, const uint64_t arg[6]);
/* The same for a call that a child comes back from too: the child goes to entry(argument) on the
 * stack that ends at stack_top. */
long executor_fork(long nr, const uint64_t arg[6], void *stack_top, void (*entry)(void *),
		   void *argument);
/* A signal handler that does nothing, and where it returns to. */
void executor_handler(void);
void executor_restorer(void);
/* A whole program, for exec. */
extern const char executor_exit_elf[], executor_exit_elf_end[];
/* Where the architecture's start goes, with the stack as exec made it. */
void executor_main(long *stack) __attribute__((noreturn));

#define CALL6(nr, a, b, c, d, e, f)                                                                \
	executor_call(nr, (const uint64_t[6]){(uint64_t)(a), (uint64_t)(b), (uint64_t)(c),         \
					      (uint64_t)(d), (uint64_t)(e), (uint64_t)(f)})
#define CALL5(nr, a, b, c, d, e) CALL6(nr, a, b, c, d, e, 0)
#define CALL4(nr, a, b, c, d)	 CALL6(nr, a, b, c, d, 0, 0)
#define CALL3(nr, a, b, c)	 CALL6(nr, a, b, c, 0, 0, 0)
#define CALL2(nr, a, b)		 CALL6(nr, a, b, 0, 0, 0, 0)
#define CALL1(nr, a)		 CALL6(nr, a, 0, 0, 0, 0, 0)
#define CALL0(nr)		 CALL6(nr, 0, 0, 0, 0, 0, 0)

/* ---- what all parts know (executor.c) ---- */

struct executor {
	bool host;	 /* no machine of mote: the areas are inherited */
	const char *dir; /* where the tree is */
	long supervisor; /* its process id */
	long timeout;	 /* nanoseconds that a program may take */
};
extern struct executor executor;

/* Ends with a message: what cannot be set up. err: a negative errno. */
void executor_fail(const char *what, long err) __attribute__((noreturn));
/* FUZZ_STAGE_... is reached: the machine may be reset in here. Negative errno: nobody was told. */
long executor_stage(enum fuzz_stage stage);
/* Wait until all threads and children have made their calls; not longer than a second for any of
 * them, as it may never come back. */
void executor_join(void);
/* The end of stack i: one for the child of each call, then one for each thread. */
static inline void *executor_stack(unsigned int i)
{
	return (void *)(FUZZ_STACKS_ADDR + (i + 1ul) * FUZZ_STACK_BYTES);
}
/* Bring the memory of this program in, so that nothing faults later. */
void executor_touch(void);

/* ---- the tree (tree.c) ---- */

void tree_build(const char *dir);
/* All of it goes, and what the program mounted on it. */
void tree_free(const char *dir);

/* ---- the child: real is false in the rehearsal, which has no program (child.c) ---- */

void child_main(bool real) __attribute__((noreturn));

/* ---- the calls (run.c) ---- */

/* Decode the case and make its calls. */
void run_case(void);

/* ---- what came of them: with FUZZ_OBSERVE ---- */

uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t n);
/* Of what the call wrote into the program's memory; 0: nothing that could be compared. */
uint64_t digest_output(const struct fuzz_row *row, const uint64_t arg[6], long value);
/* Fill FUZZ_RESULTS->observed. */
void observe(void);

/* ---- strings (text.c) ---- */

size_t text_length(const char *s);
bool text_equal(const char *a, const char *b);

#endif
