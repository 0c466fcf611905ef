#include "kernel/time/timer.h"
#include "kernel/task/sched.h"
#include "kernel/task/wait.h"

/*
 * No CPU is armed for later than this (36 years): the scaling to ticks of the counter must not
 * overflow.
 */
#define HARDWARE_MAX_NS (1ull << 60)

static struct rb_tree timers;
static struct timer *earliest; /* the leftmost node, so that the usual questions cost no walk */
static bool expiring;	       /* timer_expire's caller arms the CPU when all is done */

static struct timer *timer_of(struct rb_node *n)
{
	return n ? container_of(n, struct timer, node) : NULL;
}

static void timer_unlink(struct timer *t)
{
	if (t == earliest)
		earliest = timer_of(rb_next(&t->node));
	rb_remove(&timers, &t->node);
	t->armed = false;
}

/* Equal times keep the order in which they were armed. */
static void timer_link(struct timer *t)
{
	struct rb_node **link = &timers.root, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (t->expires_ns < timer_of(parent)->expires_ns) {
			link = &parent->left;
		} else {
			link = &parent->right;
			leftmost = false;
		}
	}
	rb_insert(&timers, &t->node, parent, link);
	t->armed = true;
	if (leftmost)
		earliest = t;
}

void timer_arm(struct timer *t, u64 expires_ns)
{
	if (t->armed)
		timer_unlink(t);
	t->expires_ns = expires_ns;
	timer_link(t);
	if (t == earliest && !expiring)
		cpu_timer_request(timer_next());
}

/*
 * The CPU stays armed for a cancelled timer: one interrupt too many costs less than arming anew at
 * every cancel.
 */
bool timer_cancel(struct timer *t)
{
	if (!t->armed)
		return false;
	timer_unlink(t);
	return true;
}

u64 timer_next(void)
{
	return earliest ? MIN(earliest->expires_ns, HARDWARE_MAX_NS) : NO_DEADLINE;
}

u64 timer_expire(u64 now_ns)
{
	expiring = true;
	while (earliest && earliest->expires_ns <= now_ns) {
		struct timer *t = earliest;

		timer_unlink(t);
		t->fn(t);
	}
	expiring = false;
	return timer_next();
}
