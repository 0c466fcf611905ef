/*
 * Periodic timers on a clock that programs may name: the common part of setitimer(2),
 * timer_create(2) and timerfd_create(2).
 */
#ifndef KERNEL_TIME_CLOCK_TIMER_H
#define KERNEL_TIME_CLOCK_TIMER_H

#include "kernel/task/wait.h"
#include "kernel/time/timer.h"

struct clock_timer {
	struct timer timer;
	/* CLOCK_MONOTONIC, CLOCK_REALTIME (follows clock_settime(2)) or the CPU clock of a named
	 * process or thread */
	int clock;
	u64 target;   /* the next expiry as `clock` reads; 0 = disarmed */
	u64 interval; /* ns, 0 = once */
	/* at the expiry, from the timer interrupt; must not sleep */
	void (*fn)(struct clock_timer *t);
	/* on clock_set_wait while the target is a real time, on cpu_clocks_still while no CPU time passes */
	struct waiter clock_waiter;
};

void clock_timer_init(struct clock_timer *t, void (*fn)(struct clock_timer *));
/*
 * Start for `value` ns on clockid, relative or absolute, then every interval ns. value 0 disarms.
 * The clock must be readable (clock_read). A relative time on the real-time clock runs on the
 * monotonic one, as clock_settime(2) asks.
 */
void clock_timer_start(struct clock_timer *t, int clockid, bool absolute, u64 value, u64 interval);
void clock_timer_stop(struct clock_timer *t);
/*
 * Move the target by whole intervals beyond now and arm for it; answers how many expiries that
 * covers (>= 1 when due, 0 when not). Only with an interval.
 */
u64 clock_timer_forward(struct clock_timer *t);
/* A signal's timer is not armed for sooner than this, whatever its interval: the program that takes the signal must get somewhere. The expiries
 * between count as overruns. */
#define CLOCK_TIMER_SIGNAL_NS 100000ull
/* The same beyond now + more nanoseconds. */
u64 clock_timer_forward_by(struct clock_timer *t, u64 more);
/* ns until the target: 0 disarmed, at least 1 when armed. */
u64 clock_timer_left(const struct clock_timer *t);

/* Sleepers and timers on an absolute real time wait here; clock_set_realtime wakes them. */
extern struct waitq clock_set_wait;
/* Timers on CPU clocks wait here while no task runs anywhere; the scheduler wakes them when one is about to. Nobody who runs ever sees
 * one in here. */
extern struct waitq cpu_clocks_still;

#endif
