#include "kernel/task/task.h"

#include "kernel/fs/file.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/task/life.h"
#include "kernel/task/sched.h"

static SLAB_CACHE(task_cache, "task", struct task);
struct list task_list = LIST_INIT(task_list);
static u32 tasks;

static void *stack_alloc(struct task *t)
{
	struct page *page = page_alloc(KERNEL_STACK_ORDER, 0);
	if (!page)
		return NULL;
	struct thread_info *info = page_to_virt(page);
	*info = (struct thread_info){.task = t, .canary = THREAD_CANARY};
	return info;
}

struct task *task_alloc(void)
{
	struct task *t = slab_zalloc(&task_cache);
	if (!t)
		return NULL;
	t->stack = stack_alloc(t);
	if (!t->stack) {
		slab_free(&task_cache, t);
		return NULL;
	}
	list_init(&t->run_link);
	list_init(&t->thread_link);
	list_init(&t->all_link);
	sigpending_init(&t->pending);
	return t;
}

void task_free(struct task *t)
{
	BUG_ON(task_info(t)->canary != THREAD_CANARY);
	arch_thread_release(t);
	if (t->cred)
		cred_put(t->cred);
	if (t->sighand)
		sighand_put(t->sighand);
	if (t->pid)
		pid_put(t->pid);
	page_put(virt_to_page(t->stack));
	slab_free(&task_cache, t);
}

void task_link(struct task *t, struct process *p)
{
	t->process = p;
	list_push_back(&p->threads, &t->thread_link);
	list_push_back(&task_list, &t->all_link);
	p->thread_count++;
	tasks++;
	t->pid->task = t;
}

void task_unlink(struct task *t)
{
	list_remove(&t->thread_link);
	list_remove(&t->all_link);
	tasks--;
	if (t->pid->task == t)
		t->pid->task = NULL;
}

void task_for_each(void (*fn)(void *ctx, struct task *t), void *ctx)
{
	struct task *t, *next;
	list_for_each_safe(t, next, &task_list, all_link)
		fn(ctx, t);
}

u32 task_count(void)
{
	return tasks;
}

void task_kill(struct task *t)
{
	if (t->state >= TASK_ZOMBIE)
		return;
	t->killed = true;
	task_info(t)->work |= WORK_SIGNAL;
	if (t->state != TASK_UNINTERRUPTIBLE)
		task_wake(t);
	task_kick(t);
}

struct task *task_kernel_thread(const char *name, void (*fn)(void *), void *arg)
{
	struct task *t = task_alloc();
	if (!t)
		return NULL;
	t->pid = pid_alloc();
	if (!t->pid) {
		task_free(t);
		return NULL;
	}
	task_init_kernel(t, name);
	arch_thread_kernel(t, fn, arg);
	task_link(t, &init_process);
	task_start(t);
	return t;
}
