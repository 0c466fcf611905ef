/*
 * Virtual time: what clocks, timers and the scheduler go by in a run that shall be the same every time
 * (BOOT_DETERMINISTIC; one CPU). It is a number that only these move:
 *
 *	a system call		VIRTUAL_CALL_NS, and more while the program seems to wait (it reads clocks, polls, is answered EAGAIN
 *				in a row): so a loop that waits for a time gets there
 *	a read of the counter	the same, where the processor lets it be caught
 *	nothing left to run	jumps to the earliest timer: a sleep takes no real time
 *
 * Slices of the scheduler end in virtual time like any timer, so at a system call, and are 1 to VIRTUAL_SLICE_CALLS calls long as the
 * seed will have it: different seeds interleave threads differently.
 *
 * A program that computes does not move it. When one has kept everybody else, or a timer, waiting for one to two times
 * VIRTUAL_PATIENCE_NS of the host's time without coming into the kernel (it spins until another thread does something), time moves on
 * as if that had passed, and the VMM is told once that the run depends on the host from there on.
 */
#ifndef KERNEL_TIME_VIRTUAL_H
#define KERNEL_TIME_VIRTUAL_H

#include "kernel/lib/types.h"

#define VIRTUAL_CALL_NS 1000ull
/* Calls in a row that look like waiting: after each VIRTUAL_WAITS of them a call takes twice as long, up to 1 << VIRTUAL_DOUBLINGS. */
#define VIRTUAL_WAITS 16u
#define VIRTUAL_DOUBLINGS 7u
/* So many other calls between two of them do not end the row. */
#define VIRTUAL_OTHERS 4u
#define VIRTUAL_SLICE_CALLS 128u
#define VIRTUAL_END_NS (1ull << 60) /* 36 years: what lies beyond never comes */
#define VIRTUAL_PATIENCE_NS 2000000000ull
#define VIRTUAL_PATIENCE_AGAIN_NS 100000000ull /* once the run depends on the host anyway */

struct boot_info;

/* Set at boot, never changed: time is virtual. */
extern bool virtual_time_on;

/* Before anything reads a clock, starts a program or another CPU: make time virtual if info says so. */
void virtual_time_init(const struct boot_info *info);
/* Around the handler of each system call. waiting: the call and its result look like those of a program that waits for time to pass.
 * The second may expire timers and end the current task's slice: before the work for user mode. */
void virtual_call_enter(void);
void virtual_call_exit(bool waiting);
/* A program reads the counter, which counts ns: its value. As a system call. */
u64 virtual_counter_read(void);
/* The clock jumps ns ahead; what the CPU's timer is armed for stays as far away, as with a real one. */
void virtual_advance(u64 ns);

/* ---- arch_virtual_time() puts these in the place of its own ---- */
u64 virtual_clock_ns(void);	       /* arch_counter_ns() */
void virtual_timer_arm(u64 deadline_ns); /* arch_timer_arm() */
void virtual_idle(void);	       /* arch_idle() */
void virtual_alarm(void);	       /* the interrupt of arch_host_alarm() */

#endif
