/*
 * Where things lie in the process that runs a fuzzed program, the same in the executor and in a
 * program made by fuzz_print_c(): the addresses stand in the programs' bytes (an iovec points into
 * the data area), so they never change.
 */
#ifndef SHARED_FUZZ_LAYOUT_H
#define SHARED_FUZZ_LAYOUT_H

#define FUZZ_DATA_ADDR	 0x10000000ul /* what calls point to; unmapped behind it */
#define FUZZ_DATA_PAGES	 5
#define FUZZ_DATA_VALUES 0x4000u /* FUZZ_ARG_DATA: value is below it */

#define FUZZ_MEMORY_ADDR   0x20000000ul /* the arena */
#define FUZZ_MEMORY_BYTES  0x400000u	/* FUZZ_ARG_MEMORY: value is below it */
#define FUZZ_MEMORY_MAPPED 0x40000u	/* so much is mapped in the beginning */

#define FUZZ_CASE_ADDR	  0x30000000ul
#define FUZZ_RESULTS_ADDR 0x30010000ul

#define FUZZ_STACKS_ADDR 0x30020000ul
#define FUZZ_STACK_BYTES 0x4000ul

/* The executor's own descriptors, which a program hardly meets. */
#define FUZZ_OWN_FDS 500

#define FUZZ_MAX_CHILD 15 /* calls of one child */

/* Handlers in the bytes of a sigaction: 0 and 1 are what they are, everything else stands for a
 * function that does nothing. */
#define FUZZ_HANDLER 2

#endif
