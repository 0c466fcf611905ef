/*
 * The control page: where VMM and kernel find what they need of each other beyond booting, for snapshots,
 * resets, tests and debuggers. The VMM makes it (boot_info.control), the kernel fills its own part
 * before the first program runs. The VMM trusts none of it: every address is checked when it is used.
 */
#ifndef MOTE_ABI_CONTROL_H
#define MOTE_ABI_CONTROL_H

#include "shared/abi/debug.h"

#define CONTROL_VERSION 1

/*
 * What machine_control.apply is to store, in 8-byte words: first single_count singles, each an address (kernel virtual) and a value,
 * then run_count runs, each an address, a count and so many values for the words from there on.
 */
#define CONTROL_WORDS 480

struct machine_control {
	/* ---- the VMM's ---- */
	unsigned int version;
	unsigned int pad;
	/* gpa: one bit a page of RAM, set by the kernel when it makes a page a page table for the first time, never
	 * cleared. 0: not wanted. */
	unsigned long long tables;

	/* ---- the kernel's; 0 until filled ---- */
	unsigned long long clock;  /* gpa of struct clock_data */
	unsigned long long random; /* gpa of struct control_random */
	/*
	 * Virtual address of code that makes the stores listed below in order and ends with HC_APPLIED. It is entered in
	 * supervisor mode with the boot page tables, interrupts off, the virtual address of this page in the
	 * first argument register, no stack; it uses no other memory. A host that shadows page tables sees these stores.
	 */
	unsigned long long apply;
	/* The kernel's log: a ring of log_size bytes at gpa log; the u64 at gpa log_written counts bytes ever written. */
	unsigned long long log, log_size, log_written;
	/* At the ready point of a program: gpa of its AT_RANDOM bytes (16, inside one page), else 0. */
	unsigned long long program_random;

	/* ---- the debugger's (BOOT_DEBUGGER): shared/abi/debug.h ---- */
	unsigned long long debug_leave; /* the VMM's: not 0 while DEBUG_LEAVE is wanted */
	struct debug_fault debug_fault; /* the VMM's order, the kernel's result */

	/* ---- the kernel's again: its coverage (`make FUZZ=1`), 0: it is built without ---- */
	/* gpa of one byte an edge, counted up whenever it is passed; page aligned, alone in its pages. How many bytes. */
	unsigned long long coverage, coverage_size;
	/* gpa of as many struct control_edge. */
	unsigned long long coverage_edges;

	/* ---- the list that `apply` works through ---- */
	unsigned int single_count, run_count;
	unsigned long long words[CONTROL_WORDS];
};
_Static_assert(sizeof(struct machine_control) == 8 * 16 + 8 * CONTROL_WORDS, "machine_control layout");
_Static_assert(sizeof(struct machine_control) <= 4096, "machine_control is a page");

struct control_edge {
	unsigned long long pc;	  /* kernel virtual address */
	unsigned long long flags; /* 1: a function's entry */
};
_Static_assert(sizeof(struct control_edge) == 16, "control_edge layout");

/*
 * Fresh randomness for the kernel's generator. Whenever generation has changed, it changes its key by `seed` before it next hands out
 * bytes, and hands out `bytes` first: mostly all that a short run needs.
 */
struct control_random {
	unsigned long long generation;
	unsigned char seed[32];
	unsigned char bytes[216];
};
_Static_assert(sizeof(struct control_random) == 256, "control_random layout");

#endif
