#include "kernel/lib/log.h"
#include "kernel/task/task.h"
#include "kernel/task/wait.h"

void mutex_lock(struct mutex *m)
{
	struct task *t = task_current();
	BUG_ON(m->owner == t);
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
