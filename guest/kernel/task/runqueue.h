/*
 * The queue of runnable tasks: real-time ones by priority; then those just woken, in order; then
 * the others round robin. One for all CPUs, under the kernel lock. Only the scheduler's files
 * include this.
 */
#ifndef KERNEL_TASK_RUNQUEUE_H
#define KERNEL_TASK_RUNQUEUE_H

#include "kernel/lib/types.h"

struct task;

/* Runnable tasks that wait for a CPU. */
extern u32 runqueue_count;

/* front: ahead of its equals (a preempted SCHED_FIFO task keeps its place; others go before the
 * round of those that used up their slices). */
void runqueue_add(struct task *t, bool front);
void runqueue_remove(struct task *t);
/* The best task that may run on cpu, left on the queue; NULL. */
struct task *runqueue_best(unsigned int cpu);
/* What a slice is for nice 0: SCHED_SLICE_NS, but in virtual time, where it changes. */
extern u64 sched_slice_ns;
/* The time slice of t in ns, NO_SLICE for SCHED_FIFO. */
#define NO_SLICE (~0ull)
u64 sched_slice(const struct task *t);
/* SCHED_FIFO or SCHED_RR */
bool task_realtime(const struct task *t);

/* Load averages: called when the clock passed sched_load_next, with the number of tasks running or
 * runnable meanwhile. */
extern u64 sched_load_next;
void sched_load_update(u64 now, u32 active);

#endif
