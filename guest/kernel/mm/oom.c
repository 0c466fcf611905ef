#include "kernel/mm/vma.h"

#include "kernel/boot.h"
#include "kernel/lib/log.h"
#include "kernel/mm/mapping.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "shared/abi/hypercall.h"

/* A victim gets this many turns of at most TURN_NS to go before the next one is chosen; in the end
 * the fault gives up. */
#define TURNS	16
#define TURN_NS 10000000ull
#define GIVE_UP (TURNS * 64)

static struct waitq waiters = WAITQ_INIT(waiters);

struct victim {
	struct task *task;
	u64 pages;
};

/* What the end of an address space gives back: pages, page tables, and vmas at some twenty a
 * page. */
static u64 burden(const struct mm *mm)
{
	return mm->rss_pages + mm->pgtable.table_pages + mm->vma_count / 20;
}

static void consider(void *ctx, struct task *t)
{
	struct victim *v = ctx;

	if (!t->mm || t->killed || t->process->group_exit || task_tgid(t) == 1 ||
	    t->process->pending.set & SIGNAL_BIT(SIGKILL))
		return;
	if (!v->task || burden(t->mm) > v->pages) {
		v->task = t;
		v->pages = burden(t->mm);
	}
}

/* Into the log, and to whoever runs the machine: he should know why his program is gone. */
static void report(const struct victim *v)
{
	char line[128];
	int n = ksnprintf(line, sizeof(line), "Out of memory: killed process %d (%s), %llu KiB\n",
			  task_tgid(v->task), v->task->comm,
			  (unsigned long long)v->pages << (PAGE_SHIFT - 10));

	klog("%s", line);
	if (!(boot_info->flags & BOOT_VERBOSE))
		arch_hypercall(HC_CONSOLE, virt_to_phys(line), MIN((size_t)n, sizeof(line) - 1), 0,
			       0);
}

void oom_kill(void)
{
	struct victim v = {0};

	task_for_each(consider, &v);
	if (!v.task)
		return;
	report(&v);
	signal_send_process(v.task->process, SIGKILL, NULL);
}

static bool dying(const struct task *t)
{
	return t->killed || t->process->group_exit || t->process->pending.set & SIGNAL_BIT(SIGKILL);
}

bool oom_wait(unsigned int tries)
{
	/* Memory came free meanwhile, or a test had the allocation fail. */
	if (page_available() && tries < GIVE_UP)
		return true;
	if (mapping_reclaim(64))
		return true;
	slab_shrink();
	if (dying(task_current()) || tries >= GIVE_UP)
		return false;
	if (tries % TURNS == 0)
		oom_kill();
	if (dying(task_current()))
		return false;
	waitq_sleep(&waiters, TASK_KILLABLE, clock_monotonic_ns() + TURN_NS);
	return true;
}

void oom_memory_freed(void)
{
	if (unlikely(!list_empty(&waiters.waiters)))
		waitq_wake_all(&waiters, 0);
}
