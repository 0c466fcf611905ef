/* Tasks for the test of the run queue: its own file, because the kernel's headers and the C library's do not mix. */
#include "fake/runnable.h"
#include "kernel/task/task.h"

static struct task tasks[8];

struct task *fake_runnable(int i, int policy, int priority, int nice, u64 affinity)
{
	struct task *t = &tasks[i];
	*t = (struct task){.policy = policy, .rt_priority = priority, .nice = nice, .affinity = affinity};
	list_init(&t->run_link);
	return t;
}

int fake_runnable_index(const struct task *t)
{
	return t ? (int)(t - tasks) : -1;
}

bool fake_runnable_queued(const struct task *t)
{
	return t->on_queue;
}
