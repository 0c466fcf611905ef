/* Sessions, process groups and their terminal: setsid(2), tcsetpgrp(3), POSIX "General Terminal
 * Interface". */
#include <linux/eventpoll.h>

#include "kernel/task/signal.h"
#include "kernel/task/task.h"
#include "kernel/tty/tty.h"

static void replace(struct pid **slot, struct pid *p)
{
	struct pid *old = *slot;

	*slot = p ? pid_get(p) : NULL;
	if (old)
		pid_put(old);
}

u32 tty_device(const struct tty *t)
{
	return t->dev;
}

int tty_foreground(const struct tty *t)
{
	return t->pgrp ? t->pgrp->nr : -1;
}

void tty_set_controlling(struct tty *t)
{
	struct process *p = task_current()->process;

	if (p->tty || p->session != p->pid || t->session)
		return;
	replace(&t->session, p->session);
	replace(&t->pgrp, p->pgrp);
	p->tty = t;
}

void tty_forget_session(struct tty *t)
{
	struct process *p;

	if (t->session)
		list_for_each (p, &t->session->session, session_link) {
			if (p->tty == t)
				p->tty = NULL;
		}
	replace(&t->session, NULL);
	replace(&t->pgrp, NULL);
}

void tty_session_leader_exit(struct process *p)
{
	struct tty *t = p->tty;

	if (!t || t->session != p->session)
		return;
	if (t->pgrp)
		signal_send_group(t->pgrp->nr, SIGHUP, NULL);
	if (t->pgrp)
		signal_send_group(t->pgrp->nr, SIGCONT, NULL);
	tty_forget_session(t);
}

void tty_hangup(struct tty *t)
{
	struct process *leader = t->session ? process_find(t->session->nr) : NULL;

	t->generation++;
	if (leader) {
		signal_send_process(leader, SIGHUP, NULL);
		signal_send_process(leader, SIGCONT, NULL);
	}
	if (t->pgrp) {
		signal_send_group(t->pgrp->nr, SIGHUP, NULL);
		signal_send_group(t->pgrp->nr, SIGCONT, NULL);
	}
	tty_forget_session(t);
	ldisc_flush_input(&t->ldisc);
	waitq_wake_all(&t->read_wait, EPOLLIN | EPOLLHUP);
	waitq_wake_all(&t->write_wait, EPOLLOUT | EPOLLHUP);
}

int tty_check_change(struct tty *t)
{
	struct task *me = task_current();
	struct process *p = me->process;

	if (p->tty != t || !t->pgrp || p->pgrp == t->pgrp)
		return 0;
	if ((me->blocked & SIGNAL_BIT(SIGTTOU)) ||
	    me->sighand->action[SIGTTOU - 1].handler == (vaddr)SIG_IGN)
		return 0;
	if (signal_pgrp_orphaned(p->pgrp))
		return -EIO;
	signal_send_group(p->pgrp->nr, SIGTTOU, NULL);
	return -ERESTARTSYS;
}

int tty_set_foreground(struct tty *t, int pgid)
{
	struct process *me = task_current()->process;
	int err = tty_check_change(t);

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (pgid < 0)
		return -EINVAL;
	if (me->tty != t || t->session != me->session)
		return -ENOTTY;
	struct pid *group = pid_find(pgid);
	if (!group || list_empty(&group->group))
		return -ESRCH;
	if (list_first(&group->group, struct process, group_link)->session != me->session)
		return -EPERM;
	replace(&t->pgrp, group);
	return 0;
}
