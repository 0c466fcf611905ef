#include "kernel/task/sched.h"

#include <linux/sched.h>
#include "kernel/lib/log.h"
#include "kernel/mm/vm.h"
#include "kernel/task/life.h"
#include "kernel/task/ready.h"
#include "kernel/task/runqueue.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "kernel/time/clock_timer.h"
#include "kernel/time/timer.h"

struct cpu cpu_table[MAX_CPUS];
unsigned int cpu_count = 1;

struct cpu *cpu_current(void)
{
	return &cpu_table[arch_thread_info()->cpu];
}

void cpu_load_mm(struct mm *mm)
{
	struct cpu *c = cpu_current();
	if (c->mm == mm)
		return;
	if (c->mm)
		c->mm->active_cpus &= ~(1ull << c->id);
	if (mm)
		mm->active_cpus |= 1ull << c->id;
	c->mm = mm;
	arch_pgtable_switch(mm ? &mm->pgtable : NULL);
}

/*
 * ---- waking ----
 * A task that slept before its slice was used up goes ahead of the round when it wakes, and uses up
 * the rest of it first: what waits for its user or a device is prompt, and pairs that wake each
 * other cannot starve the round. It preempts another only from an interrupt, and only one that has
 * run for PREEMPT_AFTER_NS: a producer is not torn from its pipe at every write.
 */
#define WOKEN_LEFT_MIN_NS (SCHED_SLICE_NS / 8)
#define PREEMPT_AFTER_NS 2000000ull

static bool outranks(const struct task *a, const struct task *b)
{
	return task_realtime(a) && (!task_realtime(b) || a->rt_priority > b->rt_priority);
}

static bool allowed(const struct task *t, const struct cpu *c)
{
	return c->online && (t->affinity >> c->id & 1);
}

void task_kick(struct task *t)
{
	unsigned int cpu = task_info(t)->cpu;
	if (t->on_cpu && cpu != arch_thread_info()->cpu)
		arch_cpu_kick(cpu);
}

/* Have c look at the queue on its way to user mode, unless its timer will make it do so soon
 * enough. */
static void cpu_prod(struct cpu *c, const struct task *t)
{
	struct thread_info *info = task_info(c->current);
	if ((c->slice_armed && !outranks(t, c->current)) || (info->work & WORK_RESCHED))
		return;
	info->work |= WORK_RESCHED;
	if (c->current != task_current())
		arch_cpu_kick(c->id);
}

/* Did the current task come here by an interrupt? */
static bool in_interrupt(const struct cpu *c)
{
	return c->current != c->idle && arch_regs_syscall(arch_task_regs(c->current)) < 0;
}

/* t was queued: get an idle CPU to take it, this one first; else let the busy ones share their time
 * with it. */
static void place(struct task *t)
{
	struct cpu *self = cpu_current();
	if (self->idle_now && allowed(t, self))
		return;
	for (unsigned int i = 0; i < cpu_count; i++) {
		struct cpu *c = &cpu_table[i];
		if (c->idle_now && allowed(t, c)) {
			c->idle_now = false; /* spoken for */
			arch_cpu_kick(i);
			return;
		}
	}
	for (unsigned int i = 0; i < cpu_count; i++) {
		if (allowed(t, &cpu_table[i]))
			cpu_prod(&cpu_table[i], t);
	}
	if (t->woken && in_interrupt(self))
		task_info(self->current)->work |= WORK_RESCHED;
}

static void enqueue(struct task *t, bool front)
{
	runqueue_add(t, front);
	if (cpu_count > 1)
		place(t);
	else if (!cpu_table[0].slice_armed || task_realtime(t) ||
		 (front && in_interrupt(&cpu_table[0])))
		arch_thread_info()->work |= WORK_RESCHED;
}

void task_wake(struct task *t)
{
	if (t->state == TASK_RUNNING || t->state >= TASK_ZOMBIE)
		return;
	t->state = TASK_RUNNING;
	/* Between setting its state and schedule() a task is still here, and schedule() will see
	 * that it runs on. */
	if (!t->on_cpu)
		enqueue(t, t->slice_left_ns >= WOKEN_LEFT_MIN_NS && !task_realtime(t));
}

void task_start(struct task *t)
{
	t->state = TASK_RUNNING;
	enqueue(t, false);
}

void sched_requeue(struct task *t)
{
	if (t->on_queue) {
		runqueue_remove(t);
		enqueue(t, false);
	} else if (t->on_cpu) {
		task_info(t)->work |= WORK_RESCHED;
		task_kick(t);
	}
}

/* ---- switching ---- */

static void charge(struct cpu *c, struct task *t, u64 now)
{
	u64 ns = now - t->last_ns;
	t->last_ns = now;
	if (t == c->idle) {
		c->idle_ns += ns;
	} else {
		c->user_ns += ns;
		t->user_ns += ns;
	}
}

void sched_charge_current(void)
{
	charge(cpu_current(), task_current(), arch_counter_ns());
}

void sched_charge_kernel(void)
{
	struct task *t = task_current();
	struct cpu *c = cpu_current();
	u64 now = arch_counter_ns(), ns = now - t->last_ns;
	t->last_ns = now;
	c->kernel_ns += ns;
	t->kernel_ns += ns;
}

static void switch_to(struct cpu *c, struct task *prev, struct task *next)
{
	bool paused = arch_heavy_pause();

	if (unlikely(!list_empty(&cpu_clocks_still.waiters)))
		waitq_wake_all(&cpu_clocks_still, 0);
	c->switches++;
	c->current = next;
	prev->on_cpu = false;
	next->on_cpu = true;
	task_info(next)->cpu = c->id;
	/* Without an address space of its own (idle) it keeps the one loaded, but only while no
	 * other CPU could free it. */
	if (next->mm || cpu_count > 1)
		cpu_load_mm(next->mm);
	if (unlikely(prev->state == TASK_DEAD))
		c->dead = prev;
	arch_switch(prev, next);
	arch_heavy_resume(paused);
	sched_finish_switch();
}

void sched_finish_switch(void)
{
	struct cpu *c = cpu_current();
	if (unlikely(c->dead)) {
		struct task *dead = c->dead;
		c->dead = NULL;
		task_free(dead);
	}
}

/* The current task goes back to the queue. */
static void requeue_current(struct cpu *c, struct task *t)
{
	t->switches_forced++;
	runqueue_add(t, t->policy == SCHED_FIFO && t->slice_end_ns);
	if (unlikely(!(t->affinity >> c->id & 1)))
		place(t);
}

static struct task *pick_next(struct cpu *c)
{
	struct task *t = runqueue_best(c->id);
	if (!t)
		return c->idle;
	runqueue_remove(t);
	return t;
}

static void start_slice(struct task *t, u64 now)
{
	u64 slice = t->woken ? t->slice_left_ns : sched_slice(t);
	t->woken = false;
	t->slice_end_ns = slice == NO_SLICE ? NO_SLICE : now + slice;
}

/* The current task falls asleep. */
static void keep_slice(struct task *t, u64 now)
{
	t->switches_voluntary++;
	t->slice_left_ns = t->slice_end_ns > now ? t->slice_end_ns - now : 0;
}

void schedule(void)
{
	struct thread_info *info = arch_thread_info();
	struct cpu *c = &cpu_table[info->cpu];
	struct task *prev = info->task;
	u64 now = arch_counter_ns();

	info->work &= ~WORK_RESCHED;
	if (unlikely(now >= sched_load_next))
		sched_load_update(now, prev == c->idle ? 0 : runqueue_count + 1);
	charge(c, prev, now);
	if (prev->state != TASK_RUNNING)
		keep_slice(prev, now);
	else if (prev != c->idle)
		requeue_current(c, prev);
	struct task *next = pick_next(c);
	next->last_ns = next->running_since_ns = now;
	start_slice(next, now);
	if (runqueue_count && !c->slice_armed)
		task_info(next)->work |= WORK_RESCHED;
	if (next != prev)
		switch_to(c, prev, next);
}

void sched_yield(void)
{
	if (!runqueue_count)
		return;
	task_current()->slice_end_ns = 0; /* even SCHED_FIFO goes behind its equals */
	schedule();
}

/* ---- time ---- */

void cpu_timer_request(u64 deadline_ns)
{
	struct cpu *c = cpu_current();
	if (deadline_ns >= c->timer_deadline)
		return;
	c->timer_deadline = deadline_ns;
	arch_timer_arm(deadline_ns);
}

static void task_clock_advanced(struct task *t, u64 ns)
{
	t->last_ns += ns;
	t->running_since_ns += ns;
	if (t->slice_end_ns && t->slice_end_ns != NO_SLICE)
		t->slice_end_ns += ns;
}

/* The hardware timers count on: what a CPU is armed for has become a later time. */
void sched_clock_advanced(u64 ns)
{
	u64 next;

	for (struct cpu *c = cpu_table; c < cpu_table + cpu_count; c++) {
		if (c->timer_deadline != ~0ull)
			c->timer_deadline += ns;
		if (c->current)
			task_clock_advanced(c->current, ns);
	}
	next = timer_expire(arch_counter_ns());
	if (next != ~0ull)
		cpu_timer_request(next);
}

static void arm_slice(struct cpu *c, struct task *t)
{
	if (t->slice_end_ns == NO_SLICE)
		return;
	c->slice_armed = true;
	cpu_timer_request(t->slice_end_ns);
}

void timer_interrupt(void)
{
	struct cpu *c = cpu_current();
	struct task *t = c->current;
	c->timer_deadline = ~0ull;
	c->slice_armed = false;
	u64 now = arch_counter_ns(); /* = CLOCK_MONOTONIC */
	u64 next = timer_expire(now);
	if (next != ~0ull)
		cpu_timer_request(next);
	charge(c, t, now);
	if (t == c->idle || !runqueue_count)
		return;
	if (now < t->slice_end_ns) {
		arm_slice(c, t);
	} else {
		t->slice_end_ns = 0;
		task_info(t)->work |= WORK_RESCHED;
	}
}

/*
 * WORK_RESCHED of the task that is about to enter user mode: give way when its slice is over or
 * somebody better waits, else see to it that the slice will end. A task that had the CPU to itself
 * starts a new slice when company arrives.
 */
static void reschedule(struct cpu *c, struct task *t)
{
	task_info(t)->work &= ~WORK_RESCHED;
	if (unlikely(!(t->affinity >> c->id & 1))) {
		schedule();
		return;
	}
	struct task *best = runqueue_best(c->id);
	if (!best)
		return;
	if (!t->slice_end_ns || outranks(best, t)) {
		schedule();
		return;
	}
	u64 now = arch_counter_ns();
	if (best->woken) {
		if (now - t->running_since_ns >= PREEMPT_AFTER_NS) {
			schedule();
			return;
		}
		t->slice_end_ns = MIN(t->slice_end_ns, t->running_since_ns + PREEMPT_AFTER_NS);
	} else if (now >= t->slice_end_ns) {
		start_slice(t, now);
	}
	arm_slice(c, t);
}

static void exit_or_deliver(struct task *t, struct arch_regs *r)
{
	bool heavy = arch_heavy_begin();

	if (unlikely(t->killed))
		task_exit(t->process->exit_code);
	signal_deliver_pending(r);
	arch_heavy_end(heavy);
}

void sched_exit_work(struct arch_regs *r)
{
	struct thread_info *info = arch_thread_info();
	struct task *t = info->task;
	while (info->work & (WORK_RESCHED | WORK_SIGNAL | WORK_RESTORE_MASK | WORK_READY)) {
		/* Signals first: while this task gives way another may take its signal back, and the restart that the signal's
		 * interruption calls for would be forgotten. */
		if (unlikely(t->killed) || info->work & (WORK_SIGNAL | WORK_RESTORE_MASK))
			exit_or_deliver(t, r);
		if (info->work & WORK_RESCHED)
			reschedule(&cpu_table[info->cpu], t);
		else if (unlikely(info->work & WORK_READY) && !(info->work & WORK_SIGNAL))
			ready_point();
	}
}

/* ---- processors ---- */

u32 sched_runnable(void)
{
	u32 n = runqueue_count;
	for (unsigned int i = 0; i < cpu_count; i++)
		n += cpu_table[i].online && cpu_table[i].current != cpu_table[i].idle;
	return n;
}

void cpu_idle_loop(void)
{
	struct cpu *c = cpu_current();
	c->online = true;
	for (;;) {
		schedule();
		c->idle_now = true;
		kernel_unlock();
		arch_idle();
		kernel_lock();
		c->idle_now = false;
	}
}

static void cpu_set_idle(unsigned int cpu, struct task *t)
{
	struct cpu *c = &cpu_table[cpu];
	c->id = cpu;
	c->current = c->idle = t;
	c->timer_deadline = ~0ull;
	t->on_cpu = true;
	task_info(t)->task = t;
	task_info(t)->cpu = cpu;
	task_info(t)->work = 0;
	task_info(t)->canary = THREAD_CANARY;
}

void sched_init(void)
{
	static struct task boot_idle;
	boot_idle.stack = arch_thread_info();
	task_init_kernel(&boot_idle, "idle/0");
	cpu_set_idle(0, &boot_idle);
	cpu_table[0].online = true;
	sched_load_update(arch_counter_ns(), 0);
	process_init();
	kernel_lock();
}

struct task *sched_create_idle(unsigned int cpu)
{
	struct task *t = task_alloc();
	if (!t)
		return NULL;
	task_init_kernel(t, "idle");
	cpu_set_idle(cpu, t);
	return t;
}
