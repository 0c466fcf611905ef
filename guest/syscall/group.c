/* Process groups and sessions: setpgid(2), setsid(2), getsid(2). */
#include "kernel/task/life.h"
#include "kernel/task/task.h"
#include "syscall/syscall.h"

/* 0 and the process that pid (0: the caller) names among the caller and its children. */
static int setpgid_target(int pid, struct process **out)
{
	struct process *self = task_current()->process;
	struct process *p = pid ? process_find(pid) : self;
	if (!p && task_find(pid))
		return -EINVAL; /* a thread */
	if (!p || (p != self && p->parent != self))
		return -ESRCH;
	if (p != self && p->session != self->session)
		return -EPERM;
	if (p != self && p->did_exec)
		return -EACCES;
	if (p->session == p->pid)
		return -EPERM;
	*out = p;
	return 0;
}

/* Joining another group: it must exist in the same session. */
static bool may_join(const struct pid *group, const struct process *p)
{
	if (!group || list_empty(&group->group))
		return false;
	return list_first(&group->group, struct process, group_link)->session == p->session;
}

long sys_setpgid(int pid, int pgid)
{
	struct process *p;
	if (!pgid)
		pgid = pid ? pid : task_tgid(task_current());
	if (pgid < 0)
		return -EINVAL;
	int err = setpgid_target(pid, &p);
	if (err)
		return err;
	struct pid *group = pid_find(pgid);
	if (group != p->pid && !may_join(group, p))
		return -EPERM;
	if (group != p->pgrp)
		process_set_group(p, group);
	return 0;
}

/* By the id of any thread of it. */
static struct process *named(int pid)
{
	struct task *t = pid ? task_find(pid) : task_current();
	return t ? t->process : NULL;
}

long sys_getpgid(int pid)
{
	struct process *p = named(pid);
	return p && p->pgrp ? p->pgrp->nr : -ESRCH;
}

long sys_getpgrp(void)
{
	return task_current()->process->pgrp->nr;
}

long sys_getsid(int pid)
{
	struct process *p = named(pid);
	return p && p->session ? p->session->nr : -ESRCH;
}

long sys_setsid(void)
{
	struct process *p = task_current()->process;
	if (!list_empty(&p->pid->group) || p->session == p->pid)
		return -EPERM;
	process_set_session(p, p->pid);
	process_set_group(p, p->pid);
	p->tty = NULL;
	return p->pid->nr;
}
