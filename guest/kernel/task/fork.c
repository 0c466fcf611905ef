/* clone(2), fork(2), vfork(2): everything is allocated first, then linked; nothing is seen of a
 * child that could not be made. */
#include <asm/fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/life.h"
#include "kernel/task/pidfd.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"

#define CLONE_NAMESPACES                                                                         \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |          \
	 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)

/* clone(2), "EINVAL": combinations that make no sense. */
static int check_flags(const struct clone_request *req)
{
	u64 f = req->flags;
	if ((f & CLONE_FS) && (f & (CLONE_NEWNS | CLONE_NEWUSER)))
		return -EINVAL;
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && (f & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && (f & (CLONE_DETACHED | CLONE_THREAD)))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && (f & CLONE_PARENT_SETTID) && req->pidfd == req->parent_tid)
		return -EINVAL;
	if (f & CLONE_NAMESPACES) /* there are none to be had: as a Linux built without them */
		return capable(CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
	return 0;
}

struct uid_count {
	u32 uid;
	u64 count;
};

static void count_uid(void *ctx, struct task *t)
{
	struct uid_count *c = ctx;
	c->count += t->cred->uid == c->uid && t->state < TASK_ZOMBIE;
}

/*
 * RLIMIT_NPROC (not for the privileged), and what memory allows: an eighth of it in kernel stacks.
 */
static int check_limits(void)
{
	if (task_count() >= page_total() / (8 * (KERNEL_STACK_SIZE / PAGE_SIZE)))
		return -EAGAIN;
	u64 limit = rlimit_current(RLIMIT_NPROC);
	if (limit == RLIM64_INFINITY || capable(CAP_SYS_RESOURCE) || capable(CAP_SYS_ADMIN) ||
	    !current_cred()->uid)
		return 0;
	struct uid_count c = {.uid = current_cred()->uid};
	task_for_each(count_uid, &c);
	return c.count >= limit ? -EAGAIN : 0;
}

static int copy_sighand(struct task *t, const struct task *parent, u64 flags)
{
	if (flags & CLONE_SIGHAND) {
		t->sighand = sighand_get(parent->sighand);
		return 0;
	}
	t->sighand = sighand_copy(parent->sighand);
	if (!t->sighand)
		return -ENOMEM;
	if (flags & CLONE_CLEAR_SIGHAND)
		sighand_reset_for_exec(t->sighand);
	return 0;
}

/* What is shared or copied. On failure task_drop undoes as much as was done. */
static int copy_resources(struct task *t, const struct task *parent, u64 flags)
{
	t->files = flags & CLONE_FILES ? fd_table_get(parent->files) : fd_table_copy(parent->files);
	if (!t->files)
		return -ENOMEM;
	t->fs = flags & CLONE_FS ? fs_context_get(parent->fs) : fs_context_copy(parent->fs);
	if (!t->fs)
		return -ENOMEM;
	int err = copy_sighand(t, parent, flags);
	if (err)
		return err;
	t->mm = flags & CLONE_VM ? mm_get(parent->mm) : mm_fork(parent->mm);
	return t->mm ? 0 : -ENOMEM;
}

void task_drop(struct task *t)
{
	if (t->mm)
		mm_put(t->mm);
	if (t->fs)
		fs_context_put(t->fs);
	if (t->files)
		fd_table_put(t->files);
	task_free(t);
}

static void copy_scheduling(struct task *t, const struct task *parent)
{
	t->nice = parent->nice;
	t->policy = parent->policy;
	t->rt_priority = parent->rt_priority;
	t->affinity = parent->affinity;
	if (unlikely(parent->reset_on_fork)) {
		t->policy = SCHED_NORMAL;
		t->rt_priority = 0;
		t->nice = MAX(t->nice, 0);
	}
	t->timer_slack_ns = parent->timer_slack_ns;
	t->memory_failure = parent->memory_failure;
	t->io_flusher = parent->io_flusher;
}

static void copy_signals(struct task *t, const struct task *parent, u64 flags)
{
	t->blocked = parent->blocked;
	/* sigaltstack(2): a thread starts without; a vfork child borrows its parent's. */
	if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM) {
		t->altstack_flags = SS_DISABLE;
		return;
	}
	t->altstack = parent->altstack;
	t->altstack_size = parent->altstack_size;
	t->altstack_flags = parent->altstack_flags;
}

static struct task *copy_task(const struct clone_request *req)
{
	struct task *parent = task_current();
	struct task *t = task_alloc();
	if (!t)
		return NULL;
	t->cred = cred_get(parent->cred);
	t->pid = pid_alloc();
	if (!t->pid || copy_resources(t, parent, req->flags)) {
		task_drop(t);
		return NULL;
	}
	memcpy(t->comm, parent->comm, sizeof(t->comm));
	copy_scheduling(t, parent);
	copy_signals(t, parent, req->flags);
	t->start_ns = clock_monotonic_ns();
	if (req->flags & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = req->child_tid;
	arch_thread_fork(t, arch_task_regs(parent), req->stack, req->flags & CLONE_SETTLS,
			 req->tls);
	return t;
}

struct process *process_fork(struct process *parent)
{
	struct process *p = process_alloc();
	if (!p)
		return NULL;
	memcpy(p->rlimit, parent->rlimit, sizeof(p->rlimit));
	p->dumpable = parent->dumpable;
	p->oom_score_adj = parent->oom_score_adj;
	p->no_new_privs = parent->no_new_privs;
	p->thp_disabled = parent->thp_disabled;
	p->personality = parent->personality;
	p->tty = parent->tty;
	return p;
}

/* A new process takes its place in the family, its parent's group and session. */
void process_link(struct process *p, struct task *leader, struct process *parent,
		  const struct process *like)
{
	p->leader = leader;
	p->pid = pid_get(leader->pid);
	process_adopt(parent, p);
	process_set_group(p, like->pgrp);
	process_set_session(p, like->session);
	if (p->rlimit[RLIMIT_CPU].rlim_cur != RLIM64_INFINITY)
		process_watch_cpu(p);
}

/* Ids where the flags want them. A bad address is the caller's own loss (clone(2) does not report
 * it). */
static void store_ids(const struct clone_request *req, struct task *t)
{
	int nr = t->pid->nr;
	if (req->flags & CLONE_PARENT_SETTID)
		put_user(nr, req->parent_tid);
	if (req->flags & CLONE_CHILD_SETTID)
		mm_write(t->mm, (__force vaddr)req->child_tid, &nr, sizeof(nr));
}

struct vfork_state {
	struct waitq queue;
	struct task *child; /* NULL: it has its own memory now, or is gone */
};

void vfork_done(struct task *t)
{
	if (!t->vfork_wait)
		return;
	struct vfork_state *v = container_of(t->vfork_wait, struct vfork_state, queue);
	t->vfork_wait = NULL;
	v->child = NULL;
	waitq_wake_all(&v->queue, 0);
}

static void vfork_wait(struct vfork_state *v)
{
	WAIT_EVENT(&v->queue, !v->child, TASK_KILLABLE, NO_DEADLINE);
	if (v->child)
		v->child->vfork_wait = NULL; /* we were killed first */
}

/* The second half of task_clone: nothing can fail any more. */
static long launch(const struct clone_request *req, struct task *t, struct process *p)
{
	struct process *self = task_current()->process;
	struct vfork_state v = {.child = t};
	long nr = t->pid->nr;
	if (p) {
		bool sibling = req->flags & CLONE_PARENT;
		p->exit_signal = sibling ? self->exit_signal : req->exit_signal;
		process_link(p, t, sibling ? self->parent : self, self);
		task_link(t, p);
	} else {
		task_link(t, self);
	}
	store_ids(req, t);
	if (req->flags & CLONE_VFORK) {
		waitq_init(&v.queue);
		t->vfork_wait = &v.queue;
	}
	task_start(t);
	sched_charge_kernel();
	if (req->flags & CLONE_VFORK)
		vfork_wait(&v);
	return nr;
}

/* Reserve and fill a pidfd; the number goes to *req->pidfd. */
static int open_pidfd(const struct clone_request *req, struct task *t, int *fd, struct file **file)
{
	*fd = fd_reserve(0, true);
	if (*fd < 0)
		return *fd;
	int err = pidfd_create(t->pid, 0, file);
	if (!err && (err = put_user(*fd, req->pidfd)))
		file_put(*file);
	if (err)
		fd_unreserve(*fd);
	return err;
}

static long clone_checked(const struct clone_request *req)
{
	struct process *p = NULL;
	struct file *pidfd = NULL;
	int fd = -1, err = -ENOMEM;
	sched_charge_current();
	struct task *t = copy_task(req);
	if (!t)
		return -ENOMEM;
	if (!(req->flags & CLONE_THREAD) && !(p = process_fork(task_current()->process)))
		goto no_process;
	if ((req->flags & CLONE_PIDFD) && (err = open_pidfd(req, t, &fd, &pidfd)))
		goto no_pidfd;
	if (pidfd)
		fd_install(fd, pidfd);
	return launch(req, t, p);
no_pidfd:
	if (p)
		process_put(p);
no_process:
	task_drop(t);
	return err;
}

long task_clone(const struct clone_request *req)
{
	int err = check_flags(req);
	if (!err)
		err = check_limits();
	if (err)
		return err;
	if (req->flags & CLONE_SETTLS && !arch_tls_valid(req->tls))
		return -EPERM;
	/* A process that is to die or stop must not run ahead of it by forking. */
	if (task_signal_pending())
		return -ERESTARTNOINTR;
	return clone_checked(req);
}
