/* Sending signals: who may, who ignores, which thread takes them. */
#include <linux/capability.h>
#include "kernel/task/sched.h"
#include "kernel/task/signal_internal.h"

/*
 * POSIX kill(): "the real or effective user ID of the sender shall match the real or saved
 * set-user-ID of the receiver".
 */
int signal_permitted(struct process *p, int sig)
{
	struct task *target = p->leader;
	const struct cred *own = current_cred(), *its;

	if (p == task_current()->process || capable(CAP_KILL))
		return 0;
	its = target ? target->cred : NULL;
	if (its && (own->euid == its->uid || own->euid == its->suid || own->uid == its->uid ||
		    own->uid == its->suid))
		return 0;
	if (sig == SIGCONT && p->session == task_current()->process->session)
		return 0;
	return -EPERM;
}

void signal_wake(struct task *t, bool fatal)
{
	task_info(t)->work |= WORK_SIGNAL;
	if (t->state == TASK_INTERRUPTIBLE ||
	    (fatal && (t->state == TASK_KILLABLE || t->state == TASK_STOPPED)))
		task_wake(t);
	else
		task_kick(t);
}

/* A blocked signal is kept: its action may change until it is taken. */
static bool signal_ignored(struct task *t, int sig)
{
	vaddr handler = t->sighand->action[sig - 1].handler;

	if (signal_in(t->blocked | t->real_blocked, sig))
		return false;
	return handler == SIGNAL_IGN || (handler == SIGNAL_DFL && signal_in(SIGNALS_IGNORED, sig));
}

/*
 * True when sig is to be queued. The kernel's own process takes nothing. Stop signals and SIGCONT
 * cancel each other, and SIGCONT continues even when it is blocked or ignored (POSIX 2.4.1).
 */
static bool signal_prepare(struct task *t, int sig)
{
	struct process *p = t->process;

	if (p->group_exit || p == &init_process)
		return false;
	if (signal_in(SIGNALS_STOP, sig)) {
		signal_cancel(p, SIGNAL_BIT(SIGCONT));
	} else if (sig == SIGCONT) {
		signal_cancel(p, SIGNALS_STOP);
		stop_continue(p);
	}
	return !signal_ignored(t, sig);
}

/* All threads leave, the sender's own too. */
static void signal_kill(struct process *p)
{
	struct task *self = task_current();

	process_begin_exit(p, SIGKILL);
	if (self->process == p) {
		self->killed = true;
		task_info(self)->work |= WORK_SIGNAL;
	}
}

static bool signal_wanted(struct task *t, int sig)
{
	if (!task_living(t) || signal_in(t->blocked, sig) || t->state == TASK_STOPPED)
		return false;
	return t == task_current() || !task_work_signal(t);
}

/*
 * Bring a thread that will take sig to the kernel's exit; when all are busy or block it, they find
 * it later by themselves.
 */
static void signal_choose(struct task *t, int sig, bool whole)
{
	struct task *other;

	if (sig == SIGKILL) {
		signal_kill(t->process);
		return;
	}
	if (signal_wanted(t, sig)) {
		signal_wake(t, false);
		return;
	}
	if (!whole)
		return;
	list_for_each(other, &t->process->threads, thread_link) {
		if (signal_wanted(other, sig)) {
			signal_wake(other, false);
			return;
		}
	}
}

static void signal_arrived(struct task *t, int sig, bool whole)
{
	if (unlikely(!list_empty(&t->sighand->signalfd_wait.waiters)))
		waitq_wake_all(&t->sighand->signalfd_wait, 0);
	signal_choose(t, sig, whole);
}

static int signal_send(struct task *t, bool whole, int sig, const siginfo_t *info)
{
	int err;

	if (!signal_prepare(t, sig))
		return 0;
	err = sigpending_add(t, whole ? &t->process->pending : &t->pending, sig, info);
	if (!err)
		signal_arrived(t, sig, whole);
	return err;
}

int signal_send_task(struct task *t, int sig, const siginfo_t *info)
{
	return task_living(t) ? signal_send(t, false, sig, info) : 0;
}

int signal_send_process(struct process *p, int sig, const siginfo_t *info)
{
	struct task *t = process_main_thread(p);

	return t ? signal_send(t, true, sig, info) : 0;
}

int signal_send_through(struct task *t, int sig, const siginfo_t *info)
{
	return task_living(t) ? signal_send(t, true, sig, info)
			      : signal_send_process(t->process, sig, info);
}

int signal_send_group(int pgid, int sig, const siginfo_t *info)
{
	struct pid *group = pid_find(pgid);
	struct process *p;
	int err = -ESRCH;

	if (!group)
		return -ESRCH;
	list_for_each(p, &group->group, group_link) {
		int one = signal_send_process(p, sig, info);

		if (err)
			err = one;
	}
	return err;
}

int signal_send_queued(struct task *t, bool whole, struct sigqueue *q)
{
	struct sigpending *pending = whole ? &t->process->pending : &t->pending;
	int sig = q->info.si_signo;

	if (!task_living(t) || !signal_prepare(t, sig))
		return 1;
	if (sig != SIGKILL) {
		list_push_back(&pending->queue, &q->link);
		pending->set |= SIGNAL_BIT(sig);
	}
	signal_arrived(t, sig, whole);
	return 0;
}

/*
 * Ignored or blocked, the fault would come again at once: the default action, which ends the
 * process, is forced.
 */
static void signal_force(struct task *t, int sig, const siginfo_t *info, bool fatal)
{
	struct sigaction_k *a = &t->sighand->action[sig - 1];

	if (fatal || a->handler == SIGNAL_IGN || signal_in(t->blocked, sig)) {
		a->handler = SIGNAL_DFL;
		t->blocked &= ~SIGNAL_BIT(sig);
	}
	sigpending_add(t, &t->pending, sig, info);
	signal_wake(t, fatal);
}

void signal_fault(int sig, int code, vaddr addr)
{
	siginfo_t info = {.si_signo = sig, .si_code = code};

	info.si_addr = (void *)addr;
	signal_force(task_current(), sig, &info, false);
}

void signal_force_kill(struct task *t, int sig)
{
	if (sig == SIGKILL)
		signal_kill(t->process);
	else
		signal_force(t, sig, NULL, true);
}
