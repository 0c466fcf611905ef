#include "kernel/time/itimer.h"
#include <linux/time.h>
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "kernel/time/posix_timer.h"

static const int itimer_signal[3] = {
	[ITIMER_REAL] = SIGALRM,
	[ITIMER_VIRTUAL] = SIGVTALRM,
	[ITIMER_PROF] = SIGPROF,
};

static void itimer_expired(struct process *p, int which)
{
	struct clock_timer *t = &p->itimer[which];

	signal_send_process(p, itimer_signal[which], NULL);
	if (!t->interval)
		clock_timer_stop(t);
	else if (which != ITIMER_REAL)
		clock_timer_forward(t);
	/* else: itimer_signal_taken arms it again */
}

static void itimer_real_expired(struct clock_timer *t)
{
	itimer_expired(container_of(t, struct process, itimer[ITIMER_REAL]), ITIMER_REAL);
}

static void itimer_virtual_expired(struct clock_timer *t)
{
	itimer_expired(container_of(t, struct process, itimer[ITIMER_VIRTUAL]), ITIMER_VIRTUAL);
}

static void itimer_prof_expired(struct clock_timer *t)
{
	itimer_expired(container_of(t, struct process, itimer[ITIMER_PROF]), ITIMER_PROF);
}

static void (*const itimer_fn[3])(struct clock_timer *) = {
	[ITIMER_REAL] = itimer_real_expired,
	[ITIMER_VIRTUAL] = itimer_virtual_expired,
	[ITIMER_PROF] = itimer_prof_expired,
};

static int itimer_clock(struct process *p, int which)
{
	if (which == ITIMER_REAL)
		return CLOCK_MONOTONIC;
	return cpu_clock_id(p->pid->nr, false,
			    which == ITIMER_PROF ? CPU_CLOCK_PROF : CPU_CLOCK_VIRT);
}

void itimer_signal_taken(struct process *p)
{
	struct clock_timer *t = &p->itimer[ITIMER_REAL];

	if (t->interval && !t->timer.armed)
		clock_timer_forward_by(t, t->interval < CLOCK_TIMER_SIGNAL_NS ? CLOCK_TIMER_SIGNAL_NS : 0);
}

int itimer_get(int which, u64 *left, u64 *interval)
{
	const struct clock_timer *t;

	if (which < 0 || which > ITIMER_PROF)
		return -EINVAL;
	t = &task_current()->process->itimer[which];
	*left = clock_timer_left(t);
	*interval = t->interval;
	return 0;
}

int itimer_set(int which, u64 value, u64 interval)
{
	struct process *p = task_current()->process;
	struct clock_timer *t;

	if (which < 0 || which > ITIMER_PROF)
		return -EINVAL;
	t = &p->itimer[which];
	if (!t->fn)
		clock_timer_init(t, itimer_fn[which]);
	clock_timer_start(t, itimer_clock(p, which), false, value, interval);
	return 0;
}

void process_timers_exit(struct process *p)
{
	for (int i = 0; i < 3; i++)
		if (p->itimer[i].fn)
			clock_timer_stop(&p->itimer[i]);
	posix_timers_release(p);
}
