#include "kernel/time/clock_timer.h"
#include <linux/time.h>
#include "kernel/task/sched.h"
#include "kernel/time/clock.h"

/*
 * CPU time advances at most at the pace of real time on each thread: look again when the target can
 * have been reached, and no more often than this. While nobody runs there is nothing to look for.
 */
#define CPU_LOOK_NS 1000000ull

struct waitq cpu_clocks_still = WAITQ_INIT(cpu_clocks_still);

static bool nobody_runs(void)
{
	for (struct cpu *c = cpu_table; c < cpu_table + cpu_count; c++)
		if (c->current && c->current != c->idle)
			return false;
	return true;
}

static u64 clock_timer_now(const struct clock_timer *t)
{
	u64 now;

	if (t->clock == CLOCK_MONOTONIC)
		return clock_monotonic_ns();
	if (t->clock == CLOCK_REALTIME)
		return clock_realtime_ns();
	/* its process may be gone: time stands still */
	return cpu_clock_read(t->clock, &now) ? 0 : now;
}

static u64 clock_timer_deadline(const struct clock_timer *t)
{
	u64 now, left;

	if (t->clock == CLOCK_MONOTONIC)
		return t->target;
	if (t->clock == CLOCK_REALTIME)
		return clock_realtime_to_monotonic(t->target);
	now = clock_timer_now(t);
	left = t->target > now ? (t->target - now) / cpu_clock_rate(t->clock) : 0;
	return time_add(clock_monotonic_ns(), MAX(left, CPU_LOOK_NS));
}

static void clock_timer_tick(struct timer *timer)
{
	struct clock_timer *t = container_of(timer, struct clock_timer, timer);

	if (clock_timer_now(t) >= t->target)
		t->fn(t);
	else if (t->clock < 0 && nobody_runs())
		waitq_add(&cpu_clocks_still, &t->clock_waiter);
	else
		timer_arm(timer, clock_timer_deadline(t));
}

/* The real-time clock was set: the same target is now another monotonic time. Or CPU time passes again. */
static void clock_timer_clock_moved(struct waiter *w, u32 key __unused)
{
	struct clock_timer *t = container_of(w, struct clock_timer, clock_waiter);

	if (t->clock < 0)
		waitq_remove(w);
	else if (!t->timer.armed)
		return;
	timer_arm(&t->timer, clock_timer_deadline(t));
}

void clock_timer_init(struct clock_timer *t, void (*fn)(struct clock_timer *))
{
	*t = (struct clock_timer){.clock = CLOCK_MONOTONIC, .fn = fn};
	timer_init(&t->timer, clock_timer_tick);
	list_init(&t->clock_waiter.link);
	t->clock_waiter.wake = clock_timer_clock_moved;
}

void clock_timer_stop(struct clock_timer *t)
{
	timer_cancel(&t->timer);
	waitq_remove(&t->clock_waiter);
	t->target = 0;
	t->interval = 0;
}

static int clock_timer_base(int clockid, bool absolute)
{
	switch (clockid) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		return absolute ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		return cpu_clock_resolve(clockid);
	default:
		return clockid < 0 ? cpu_clock_resolve(clockid) : CLOCK_MONOTONIC;
	}
}

void clock_timer_start(struct clock_timer *t, int clockid, bool absolute, u64 value, u64 interval)
{
	clock_timer_stop(t);
	if (!value)
		return;
	t->clock = clock_timer_base(clockid, absolute);
	t->interval = interval;
	t->target = absolute ? value : time_add(clock_timer_now(t), value);
	if (t->clock == CLOCK_REALTIME)
		waitq_add(&clock_set_wait, &t->clock_waiter);
	timer_arm(&t->timer, clock_timer_deadline(t));
}

u64 clock_timer_forward(struct clock_timer *t)
{
	return clock_timer_forward_by(t, 0);
}

u64 clock_timer_forward_by(struct clock_timer *t, u64 more)
{
	u64 now = time_add(clock_timer_now(t), more), count = 0;

	if (now >= t->target) {
		count = (now - t->target) / t->interval + 1;
		t->target = time_add(t->target, count * t->interval);
	}
	timer_arm(&t->timer, clock_timer_deadline(t));
	return count;
}

u64 clock_timer_left(const struct clock_timer *t)
{
	u64 now;

	if (!t->target)
		return 0;
	now = clock_timer_now(t);
	return t->target > now ? t->target - now : 1;
}
