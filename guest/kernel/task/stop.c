/*
 * Job control: stopping and continuing a process, and telling its parent (wait(2), SIGCHLD in
 * sigaction(2)).
 */
#include "kernel/task/sched.h"
#include "kernel/task/signal_internal.h"
#include "kernel/time/clock.h"

#define CLOCK_TICK_NS 10000000ull /* si_utime, si_stime count in 1/100 s */

static void stop_notify(struct process *p, int code, int status)
{
	struct process *parent = p->parent;
	struct task *receiver = parent ? process_main_thread(parent) : NULL;
	siginfo_t info = {.si_signo = SIGCHLD, .si_code = code};
	u64 user, kernel;

	if (!receiver || parent == &init_process)
		return;
	if (!(receiver->sighand->action[SIGCHLD - 1].flags & SA_NOCLDSTOP)) {
		process_cpu_time(p, &user, &kernel);
		info.si_pid = p->pid->nr;
		info.si_uid = p->leader && p->leader->cred ? p->leader->cred->uid : 0;
		info.si_status = status;
		info.si_utime = user / CLOCK_TICK_NS;
		info.si_stime = kernel / CLOCK_TICK_NS;
		signal_send_process(parent, SIGCHLD, &info);
	}
	waitq_wake_all(&parent->child_wait, 0);
}

/* The process counts as stopped when its last thread is. */
static void stop_check_complete(struct process *p)
{
	struct task *t;

	list_for_each(t, &p->threads, thread_link)
		if (task_living(t) && t->state != TASK_STOPPED)
			return;
	stop_notify(p, CLD_STOPPED, p->stop_signal);
}

void stop_begin(int sig)
{
	struct process *p = task_current()->process;
	struct task *t;

	if (p->stopped)
		return;
	p->stopped = true;
	p->stop_signal = sig;
	p->stop_reported = false;
	p->continued = false;
	list_for_each(t, &p->threads, thread_link)
		if (task_living(t))
			signal_wake(t, false);
}

void stop_wait(void)
{
	struct task *t = task_current();

	t->state = TASK_STOPPED;
	stop_check_complete(t->process);
	schedule();
	signal_recalc(t);
}

/* A thread left a process that is to stop: the others may all have stopped already. */
void stop_thread_left(struct process *p)
{
	struct task *t = process_main_thread(p);

	if (t && !p->group_exit)
		stop_check_complete(p);
}

void stop_continue(struct process *p)
{
	struct task *t;

	if (!p->stopped)
		return;
	p->stopped = false;
	p->stop_reported = false;
	p->continued = true;
	list_for_each(t, &p->threads, thread_link)
		if (t->state == TASK_STOPPED)
			task_wake(t);
	stop_notify(p, CLD_CONTINUED, SIGCONT);
}

bool signal_pgrp_orphaned_without(struct pid *pgrp, struct process *leaving, bool *stopped)
{
	struct process *p;

	*stopped = false;
	list_for_each(p, &pgrp->group, group_link) {
		if (p == leaving || !process_main_thread(p))
			continue;
		*stopped |= p->stopped;
		if (p->parent && p->parent->pgrp != pgrp && p->parent->session == p->session)
			return false;
	}
	return true;
}

bool signal_pgrp_orphaned(struct pid *pgrp)
{
	bool stopped;

	return signal_pgrp_orphaned_without(pgrp, NULL, &stopped);
}
