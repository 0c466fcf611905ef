#include "kernel/task/runqueue.h"

#include <linux/sched.h>
#include "kernel/task/sched.h"
#include "kernel/task/task.h"

u32 runqueue_count;
u64 sched_slice_ns = SCHED_SLICE_NS;
static struct list realtime = LIST_INIT(realtime); /* by falling rt_priority */
static struct list woken = LIST_INIT(woken);
static struct list normal = LIST_INIT(normal);

bool task_realtime(const struct task *t)
{
	return t->policy == SCHED_FIFO || t->policy == SCHED_RR;
}

static void add_realtime(struct task *t, bool front)
{
	struct task *at;
	list_for_each(at, &realtime, run_link) {
		if (at->rt_priority < t->rt_priority ||
		    (front && at->rt_priority == t->rt_priority))
			break;
	}
	list_push_back(&at->run_link, &t->run_link);
}

void runqueue_add(struct task *t, bool front)
{
	t->on_queue = true;
	t->woken = false;
	runqueue_count++;
	if (unlikely(task_realtime(t))) {
		add_realtime(t, front);
	} else {
		t->woken = front;
		list_push_back(front ? &woken : &normal, &t->run_link);
	}
}

void runqueue_remove(struct task *t)
{
	t->on_queue = false;
	runqueue_count--;
	list_remove(&t->run_link);
}

static struct task *first_allowed(struct list *queue, unsigned int cpu)
{
	struct task *t;
	list_for_each(t, queue, run_link) {
		if (t->affinity >> cpu & 1)
			return t;
	}
	return NULL;
}

struct task *runqueue_best(unsigned int cpu)
{
	if (!runqueue_count)
		return NULL;
	struct task *t = list_empty(&realtime) ? NULL : first_allowed(&realtime, cpu);
	if (!t && !list_empty(&woken))
		t = first_allowed(&woken, cpu);
	return t ? t : first_allowed(&normal, cpu);
}

/*
 * nice(2) scales the slice: four times at -20, a tenth at 19. SCHED_IDLE runs as nice 19 whatever
 * its value.
 */
u64 sched_slice(const struct task *t)
{
	if (t->policy == SCHED_FIFO)
		return NO_SLICE;
	if (t->policy == SCHED_RR)
		return SCHED_SLICE_NS;
	if (!t->nice)
		return sched_slice_ns;
	if (t->policy == SCHED_IDLE)
		return sched_slice_ns / 10;
	if (t->nice < 0)
		return sched_slice_ns + sched_slice_ns * 3 * (u64)-t->nice / 20;
	return sched_slice_ns - sched_slice_ns * 9 * (u64)t->nice / 190;
}
