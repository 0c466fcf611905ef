#include "kernel/lib/log.h"
#include "kernel/task/task.h"
#include "kernel/task/wait.h"

/*
 * Debug kernel: which mutex was ever taken while which other was held. Two that are taken in both orders can have two tasks
 * wait for each other for ever, even if it did not happen this time. Mutexes are few and stay: each gets a bit.
 */
#ifdef KERNEL_DEBUG
#define ORDER_MAX 32
static const struct mutex *known[ORDER_MAX];
static u32 later[ORDER_MAX]; /* by the bit of a mutex: those that were taken while it was held, and by then those after them */

/* The number of m; ORDER_MAX when there are too many. */
static unsigned int order_number(const struct mutex *m)
{
	unsigned int i = 0;

	while (i < ORDER_MAX && known[i] && known[i] != m)
		i++;
	if (i < ORDER_MAX)
		known[i] = m;
	return i;
}

/* `after` was taken with `before` held. */
static void order_note(unsigned int before, unsigned int after)
{
	if (later[after] & 1u << before)
		panic("lock order: mutex %p is taken with %p held, and was the other way round before", (const void *)known[after],
		      (const void *)known[before]);
	for (unsigned int i = 0; i < ORDER_MAX; i++)
		if (i == before || later[i] & 1u << before)
			later[i] |= 1u << after | later[after];
}

static void order_check(const struct mutex *m, const struct task *t)
{
	unsigned int after = order_number(m);

	for (unsigned int i = 0; after < ORDER_MAX && i < ORDER_MAX && known[i]; i++)
		if (known[i] != m && known[i]->owner == t)
			order_note(i, after);
}
#else
static inline void order_check(const struct mutex *m __unused, const struct task *t __unused)
{
}
#endif

void mutex_lock(struct mutex *m)
{
	struct task *t = task_current();
	BUG_ON(m->owner == t);
	order_check(m, t);
	while (m->owner)
		waitq_sleep(&m->queue, TASK_UNINTERRUPTIBLE, NO_DEADLINE);
	m->owner = t;
}

void mutex_unlock(struct mutex *m)
{
	BUG_ON(m->owner != task_current());
	m->owner = NULL;
	waitq_wake_all(&m->queue, 0);
}
