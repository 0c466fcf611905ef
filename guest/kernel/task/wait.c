#include "kernel/task/wait.h"

#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/timer.h"

void waitq_add(struct waitq *q, struct waiter *w)
{
	list_push_back(&q->waiters, &w->link);
}

void waitq_remove(struct waiter *w)
{
	list_remove(&w->link);
}

static void wake_one(struct waiter *w, u32 key)
{
	if (w->wake)
		w->wake(w, key);
	else
		task_wake(w->task);
}

void waitq_wake_all(struct waitq *q, u32 key)
{
	struct waiter *w, *next;
	list_for_each_safe(w, next, &q->waiters, link)
		wake_one(w, key);
}

void waitq_wake(struct waitq *q, unsigned int n, u32 key)
{
	struct waiter *w, *next;
	list_for_each_safe(w, next, &q->waiters, link) {
		bool exclusive = w->exclusive;
		if (exclusive && !n)
			continue;
		wake_one(w, key);
		n -= exclusive;
	}
}

static void sleep_timeout(struct timer *timer)
{
	struct task *t = container_of(timer, struct task, sleep_timer);
	t->timed_out = true;
	task_wake(t);
}

static bool must_not_sleep(const struct task *t, int state)
{
	if (state == TASK_INTERRUPTIBLE)
		return task_signal_pending() || t->killed;
	return state == TASK_KILLABLE && t->killed;
}

int waitq_sleep(struct waitq *q, int state, u64 deadline_ns)
{
	struct task *t = task_current();
	if (must_not_sleep(t, state))
		return -ERESTARTSYS;
	struct waiter w = {.task = t};
	list_push_back(&q->waiters, &w.link);
	t->state = (enum task_state)state;
	t->timed_out = false;
	if (deadline_ns != NO_DEADLINE) {
		timer_init(&t->sleep_timer, sleep_timeout);
		timer_arm(&t->sleep_timer, deadline_ns);
	}
	schedule();
	list_remove(&w.link);
	if (deadline_ns != NO_DEADLINE)
		timer_cancel(&t->sleep_timer);
	if (t->timed_out)
		return -ETIMEDOUT;
	return must_not_sleep(t, state) ? -ERESTARTSYS : 0;
}
