/* Processes that begin in the kernel with an exec: LevitateOS spawn, and the first program. */
#include <linux/fcntl.h>
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/task/exec.h"
#include "kernel/task/life.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"

static int give_resources(struct task *t, const struct task *like)
{
	t->cred = cred_get(like->cred);
	t->pid = pid_alloc();
	t->sighand = sighand_copy(like->sighand);
	t->files = like->files ? fd_table_copy(like->files) : fd_table_create();
	t->fs = fs_context_copy(like->fs);
	return t->pid && t->sighand && t->files && t->fs ? 0 : -ENOMEM;
}

struct task *process_create(struct process *parent, const struct task *like, void (*fn)(void *),
			    void *arg)
{
	struct task *t = task_alloc();
	if (!t)
		return NULL;
	struct process *p = process_fork(parent);
	if (!p || give_resources(t, like)) {
		if (p)
			process_put(p);
		task_drop(t);
		return NULL;
	}
	memcpy(t->comm, like->comm, sizeof(t->comm));
	t->affinity = like->affinity;
	t->nice = like->nice;
	t->timer_slack_ns = like->timer_slack_ns;
	t->memory_failure = like->memory_failure;
	t->io_flusher = like->io_flusher;
	t->blocked = like->blocked;
	t->start_ns = clock_monotonic_ns();
	arch_thread_kernel(t, fn, arg);
	p->exit_signal = SIGCHLD;
	process_link(p, t, parent, parent);
	task_link(t, p);
	return t;
}

struct spawn {
	struct exec_args *args;
	struct waitq done;
	bool finished;
	int err;
};

/* In the child. The spawner waits, so *s lives until it is told. */
static void spawn_child(void *arg)
{
	struct spawn *s = arg;
	int err = task_exec(AT_FDCWD, s->args, 0);
	s->err = err;
	s->finished = true;
	waitq_wake_all(&s->done, 0);
	if (!err)
		return;
	/* It never was a process to anybody: no zombie, no SIGCHLD. */
	struct process *p = task_current()->process;
	process_adopt(&init_process, p);
	process_exit_group(127 << 8);
}

long task_spawn(struct exec_args *args)
{
	struct task *self = task_current();
	struct spawn s = {.args = args};
	waitq_init(&s.done);
	struct task *t = process_create(self->process, self, spawn_child, &s);
	if (!t)
		return -ENOMEM;
	int pid = task_tid(t);
	task_start(t);
	while (!s.finished)
		waitq_sleep(&s.done, TASK_UNINTERRUPTIBLE, NO_DEADLINE);
	return s.err ? s.err : pid;
}
