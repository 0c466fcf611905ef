/* Processes: the family tree, process groups and sessions (credentials(7)), and pid 1, which is the
 * kernel itself. */
#include <linux/prctl.h>
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/refcount.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/task/life.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"

static SLAB_CACHE(process_cache, "process", struct process);
struct process init_process;
static struct task init_task;
static struct thread_info init_info;
static struct sighand init_sighand = {.refcount = 1};
static struct cred init_cred = {
	.refcount = 1,
	.cap_permitted = CAP_ALL,
	.cap_effective = CAP_ALL,
	.cap_bounding = CAP_ALL,
};

static void process_fill(struct process *p)
{
	p->refcount = 1;
	list_init(&p->threads);
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->group_link);
	list_init(&p->session_link);
	list_init(&p->posix_timers);
	waitq_init(&p->child_wait);
	waitq_init(&p->thread_wait);
	sigpending_init(&p->pending);
	p->dumpable = true;
	p->start_ns = clock_monotonic_ns();
}

struct process *process_alloc(void)
{
	struct process *p = slab_zalloc(&process_cache);
	if (p)
		process_fill(p);
	return p;
}

struct process *process_get(struct process *p)
{
	refcount_get(&p->refcount);
	return p;
}

void process_put(struct process *p)
{
	if (refcount_put(&p->refcount))
		slab_free(&process_cache, p);
}

void process_adopt(struct process *parent, struct process *child)
{
	child->parent = parent;
	list_remove(&child->sibling);
	list_push_back(&parent->children, &child->sibling);
}

static void leave(struct list *link, struct pid **slot)
{
	list_remove(link);
	if (*slot)
		pid_put(*slot);
	*slot = NULL;
}

void process_set_group(struct process *p, struct pid *group)
{
	if (group)
		pid_get(group);
	leave(&p->group_link, &p->pgrp);
	p->pgrp = group;
	if (group)
		list_push_back(&group->group, &p->group_link);
}

void process_set_session(struct process *p, struct pid *session)
{
	if (session)
		pid_get(session);
	leave(&p->session_link, &p->session);
	p->session = session;
	if (session)
		list_push_back(&session->session, &p->session_link);
}

/* getrlimit(2): the values Linux boots with. */
static void default_limits(struct process *p)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		p->rlimit[i] = (struct rlimit64){RLIM64_INFINITY, RLIM64_INFINITY};
	u64 threads = page_total() / (8 * (KERNEL_STACK_SIZE / PAGE_SIZE)) / 2;
	p->rlimit[RLIMIT_STACK].rlim_cur = 8 << 20;
	p->rlimit[RLIMIT_CORE].rlim_cur = 0;
	p->rlimit[RLIMIT_NOFILE] = (struct rlimit64){1024, 1048576};
	p->rlimit[RLIMIT_NPROC] = (struct rlimit64){threads, threads};
	p->rlimit[RLIMIT_SIGPENDING] = (struct rlimit64){threads, threads};
	p->rlimit[RLIMIT_MEMLOCK] = (struct rlimit64){8 << 20, 8 << 20};
	p->rlimit[RLIMIT_MSGQUEUE] = (struct rlimit64){819200, 819200};
	p->rlimit[RLIMIT_NICE] = (struct rlimit64){0, 0};
	p->rlimit[RLIMIT_RTPRIO] = (struct rlimit64){0, 0};
}

void task_init_kernel(struct task *t, const char *name)
{
	memcpy(t->comm, name, strnlen(name, sizeof(t->comm) - 1));
	t->process = &init_process;
	t->cred = cred_get(&init_cred);
	t->sighand = sighand_get(&init_sighand);
	t->affinity = ~0ull;
	t->timer_slack_ns = 50000;
	t->memory_failure = PR_MCE_KILL_DEFAULT;
	list_init(&t->run_link);
	list_init(&t->thread_link);
	list_init(&t->all_link);
	sigpending_init(&t->pending);
}

void process_init(void)
{
	process_fill(&init_process);
	default_limits(&init_process);
	struct pid *pid = pid_alloc();
	BUG_ON(!pid || pid->nr != 1);
	init_info = (struct thread_info){.task = &init_task, .canary = THREAD_CANARY};
	init_task.stack = &init_info;
	task_init_kernel(&init_task, "mote");
	init_task.pid = pid;
	init_task.state = TASK_INTERRUPTIBLE;
	init_task.on_cpu = true; /* never to be queued: waking it only changes its state */
	init_process.pid = pid_get(pid);
	init_process.leader = &init_task;
	task_link(&init_task, &init_process);
	process_set_group(&init_process, pid);
	process_set_session(&init_process, pid);
}

void process_reap(struct process *p, bool account)
{
	struct process *parent = p->parent;
	struct task *leader = p->leader;
	if (account) {
		parent->child_user_ns += p->cpu_user_ns + p->child_user_ns;
		parent->child_kernel_ns += p->cpu_kernel_ns + p->child_kernel_ns;
		parent->child_min_faults += p->min_faults + p->child_min_faults;
		parent->child_maj_faults += p->maj_faults + p->child_maj_faults;
		u64 peak = MAX(p->peak_rss_pages, p->child_peak_rss_pages);
		parent->child_peak_rss_pages = MAX(parent->child_peak_rss_pages, peak);
	}
	list_remove(&p->sibling);
	process_set_group(p, NULL);
	process_set_session(p, NULL);
	task_unlink(leader);
	p->leader = NULL;
	pid_put(p->pid);
	if (leader == task_current())
		leader->state = TASK_DEAD; /* freed after its last switch; process as well */
	else
		task_free(leader);
	process_put(p);
}
