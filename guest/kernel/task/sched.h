/*
 * The scheduler and the kernel lock.
 *
 * One lock covers the whole kernel ("the kernel lock"): taken on entry from user mode and from the idle loop, released on the way out.
 * Interrupts are off whenever the kernel runs, so a kernel path is never interrupted; it gives way only in schedule().
 * With one CPU the lock is not touched at all.
 */
#ifndef KERNEL_TASK_SCHED_H
#define KERNEL_TASK_SCHED_H

#include "kernel/lib/types.h"

struct task;

#define MAX_CPUS 16
#define SCHED_SLICE_NS 10000000ull /* 10 ms */

struct cpu {
	unsigned int id;
	bool online;
	bool idle_now;
	struct task *current;
	struct task *idle;
	u64 timer_deadline; /* what the hardware timer is armed for */
	u64 idle_ns, user_ns, kernel_ns;
	u64 interrupts, switches;
};
extern struct cpu cpu_table[MAX_CPUS];
extern unsigned int cpu_count;
struct cpu *cpu_current(void);

/* Taken by entry code on every CPU when cpu_count > 1. */
void kernel_lock(void);
void kernel_unlock(void);

void sched_init(void);
/* Give up the CPU. With state TASK_RUNNING the task stays runnable. */
void schedule(void);
/* Make a sleeping or stopped task runnable (no effect when it runs already). */
void task_wake(struct task *t);
/* Put a new task on the queue for the first time. */
void task_start(struct task *t);
/* Work before user mode: called by arch exit code while thread_info.work != 0 (reschedule, signals). */
struct arch_regs;
void sched_exit_work(struct arch_regs *r);
/* From the timer interrupt of this CPU: expire timers, charge time, end the slice. */
void timer_interrupt(void);
/* After the last switch of a new task: finishes schedule() on its behalf; then user mode or fn. */
void sched_finish_switch(void);
void sched_yield(void);
void cpu_idle_loop(void) __attribute__((noreturn));
/* Load averages, fixed point 1/65536, for sysinfo and /proc/loadavg. */
void sched_load(u64 load[3]);
u32 sched_runnable(void);

#endif
