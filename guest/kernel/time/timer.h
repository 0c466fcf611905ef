/*
 * Kernel timers: one-shot callbacks at a monotonic time, kept in a tree, driven by the CPU's
 * one-shot timer (no tick when nothing waits).
 */
#ifndef KERNEL_TIME_TIMER_H
#define KERNEL_TIME_TIMER_H

#include "kernel/lib/rbtree.h"
#include "kernel/lib/types.h"

struct timer {
	struct rb_node node;
	u64 expires_ns; /* CLOCK_MONOTONIC */
	void (*fn)(struct timer *t);
	bool armed;
};

static inline void timer_init(struct timer *t, void (*fn)(struct timer *))
{
	t->armed = false;
	t->fn = fn;
}
/*
 * Arm (again) for an absolute monotonic time. fn runs from the timer interrupt and must not sleep.
 */
void timer_arm(struct timer *t, u64 expires_ns);
/* True when it was armed. */
bool timer_cancel(struct timer *t);
/* Run what is due; answers the next expiry or ~0. */
u64 timer_expire(u64 now_ns);
/* The earliest expiry or ~0: what a CPU must be armed for at the latest. */
u64 timer_next(void);

#endif
