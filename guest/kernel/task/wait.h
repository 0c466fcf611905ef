/*
 * Wait queues. The kernel lock makes "check the condition, then sleep" atomic: nobody can change it
 * between the check and schedule(). Typical use: WAIT_EVENT(&q, cond, TASK_INTERRUPTIBLE,
 * deadline).
 */
#ifndef KERNEL_TASK_WAIT_H
#define KERNEL_TASK_WAIT_H

#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

struct task;

struct waitq {
	struct list waiters;
};

/* One waiter on one queue. wake == NULL: wake `task`. epoll and poll give their own wake. */
struct waiter {
	struct list link;
	struct task *task;
	/* Called by waitq_wake with its key (poll events, 0 = all); may unlink the waiter; must not
	 * sleep. */
	void (*wake)(struct waiter *w, u32 key);
	bool exclusive; /* waitq_wake(n) counts only these */
};

#define WAITQ_INIT(q) { LIST_INIT((q).waiters) }
static inline void waitq_init(struct waitq *q)
{
	list_init(&q->waiters);
}
void waitq_add(struct waitq *q, struct waiter *w);
void waitq_remove(struct waiter *w);
/*
 * Wake everybody / at most n exclusive waiters; key = poll events that came true (0: unknown, all).
 */
void waitq_wake_all(struct waitq *q, u32 key);
void waitq_wake(struct waitq *q, unsigned int n, u32 key);

#define NO_DEADLINE (~0ull)
/*
 * Sleep once on q in the given state (enum task_state) until woken, a signal (TASK_INTERRUPTIBLE),
 * or the monotonic deadline in ns. 0 woken (test the condition again), -ERESTARTSYS signal pending,
 * -ETIMEDOUT.
 */
int waitq_sleep(struct waitq *q, int state, u64 deadline_ns);

/* Sleep until cond: 0, -ERESTARTSYS or -ETIMEDOUT. */
#define WAIT_EVENT(q, cond, state, deadline)                                                    \
	({                                                                                    \
		int wait_err_ = 0;                                                            \
		while (!(cond) && !(wait_err_ = waitq_sleep((q), (state), (deadline))))       \
			;                                                                     \
		if (wait_err_ && (cond))                                                      \
			wait_err_ = 0;                                                        \
		wait_err_;                                                                    \
	})

/* A sleeping lock for long operations (disk I/O under an inode). Not recursive. */
struct mutex {
	struct task *owner;
	struct waitq queue;
};
static inline void mutex_init(struct mutex *m)
{
	m->owner = NULL;
	waitq_init(&m->queue);
}
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);

#endif
