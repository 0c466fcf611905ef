/*
 * The scheduler and the kernel lock.
 *
 * One lock covers the whole kernel ("the kernel lock"): taken on entry from user mode and from the
 * idle loop, released on the way out. Interrupts are off whenever the kernel runs, so a kernel path
 * is never interrupted; it gives way only in schedule(). With one CPU the lock is not touched at
 * all.
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
	struct mm *mm;	       /* address space loaded now, NULL = the boot tables */
	struct task *dead; /* switched away from for the last time: sched_finish_switch frees it */
	bool slice_armed;      /* the hardware timer will end the current slice */
};
extern struct cpu cpu_table[MAX_CPUS];
extern unsigned int cpu_count;
struct cpu *cpu_current(void);

/* Taken by entry code on every CPU when cpu_count > 1. */
struct kernel_lock {
	u32 ticket;  /* the next one to be given out */
	u32 serving; /* whose turn it is */
};
extern struct kernel_lock kernel_lock_state; /* entry code takes and drops it inline */
void kernel_lock(void);
/* Wait for the turn of a ticket. */
void kernel_lock_wait(u32 mine);
void kernel_unlock(void);

/* Make the boot context CPU 0's idle task and pid 1 (the kernel itself); takes the kernel lock. Set
 * cpu_count before. */
void sched_init(void);
/*
 * The idle task of a secondary CPU, before arch_cpu_start: its kernel stack in t->stack. NULL: no
 * memory. The CPU comes up on that stack, takes the kernel lock and calls cpu_idle_loop().
 */
struct task *sched_create_idle(unsigned int cpu);
/* Load mm (NULL: the boot tables) on this CPU. Does not touch reference counts. */
void cpu_load_mm(struct mm *mm);
/* Make sure this CPU's hardware timer fires at deadline_ns (arch_counter_ns() scale) or before. */
void cpu_timer_request(u64 deadline_ns);
/* The clock has jumped ns ahead: slices and CPU time take no notice, timers that are due expire. */
void sched_clock_advanced(u64 ns);
/*
 * CPU time of the current task up to now. Entries to the kernel do not read the clock, so short
 * calls count as the program's own time; the long ones (fork, execve, exit) set themselves apart:
 * sched_charge_current() at their beginning, sched_charge_kernel() at their end.
 */
void sched_charge_current(void);
void sched_charge_kernel(void);
/* Give up the CPU. With state TASK_RUNNING the task stays runnable. */
void schedule(void);
/* Make a sleeping or stopped task runnable (no effect when it runs already). */
void task_wake(struct task *t);
/* Put a new task on the queue for the first time. */
void task_start(struct task *t);
/* Work before user mode: called by arch exit code while thread_info.work != 0 (reschedule,
 * signals). */
struct arch_regs;
void sched_exit_work(struct arch_regs *r);
/* From the timer interrupt of this CPU: expire timers, charge time, end the slice. */
void timer_interrupt(void);
/* After the last switch of a new task: finishes schedule() on its behalf; then user mode or fn. */
void sched_finish_switch(void);
void sched_yield(void);
/* Runs whatever is runnable, for ever. Called with the kernel lock held; arch_idle() is called with
 * it dropped. */
void cpu_idle_loop(void) __attribute__((noreturn));
/* Queue order and slices follow policy, priority and nice of t: call after changing them. */
void sched_requeue(struct task *t);
/* Ask for t, if it runs on another CPU, to enter the kernel soon (its thread_info.work was
 * changed). */
void task_kick(struct task *t);
/* Load averages, fixed point 1/65536, for sysinfo and /proc/loadavg. */
void sched_load(u64 load[3]);
u32 sched_runnable(void);

#endif
