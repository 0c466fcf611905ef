#include "kernel/lib/log.h"
#include "kernel/mm/mapping.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vma.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"

/* A victim gets this many turns to go before the next one is chosen; then the fault gives up. */
#define TURNS 64
#define GIVE_UP (TURNS * 64)

struct victim {
	struct task *task;
	u64 pages;
};

static void consider(void *ctx, struct task *t)
{
	struct victim *v = ctx;

	if (!t->mm || t->killed || t->process->group_exit || task_tgid(t) == 1 ||
	    t->process->pending.set & SIGNAL_BIT(SIGKILL))
		return;
	if (!v->task || t->mm->rss_pages > v->pages) {
		v->task = t;
		v->pages = t->mm->rss_pages;
	}
}

void oom_kill(void)
{
	struct victim v = {0};

	task_for_each(consider, &v);
	if (!v.task)
		return;
	klog("Out of memory: killed process %d (%s), %llu KiB\n", task_tgid(v.task), v.task->comm,
	     (unsigned long long)v.pages << (PAGE_SHIFT - 10));
	signal_send_process(v.task->process, SIGKILL, NULL);
}

static bool dying(const struct task *t)
{
	return t->killed || t->process->group_exit || t->process->pending.set & SIGNAL_BIT(SIGKILL);
}

bool oom_wait(unsigned int tries)
{
	if (mapping_reclaim(64))
		return true;
	slab_shrink();
	if (dying(task_current()) || tries >= GIVE_UP)
		return false;
	if (tries % TURNS == 0)
		oom_kill();
	if (dying(task_current()))
		return false;
	sched_yield();
	return true;
}
