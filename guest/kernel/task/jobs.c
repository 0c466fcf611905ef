/*
 * Job control when processes end: POSIX 3.264 "orphaned process group", _exit() "Consequences of
 * Process Termination". A group whose last link to the rest of its session goes away, and that has
 * stopped members, gets SIGHUP and then SIGCONT.
 */
#include "kernel/task/life.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"

/* leaving: a member that does not count any more. */
static void check_group(struct pid *group, struct process *leaving, bool was_linked)
{
	bool stopped;
	if (!group || !was_linked || !signal_pgrp_orphaned_without(group, leaving, &stopped) ||
	    !stopped)
		return;
	signal_send_group(group->nr, SIGHUP, NULL);
	signal_send_group(group->nr, SIGCONT, NULL);
}

/* Does child link its group to parent's: another group of the same session? */
static bool links(const struct process *parent, const struct process *child)
{
	return parent && child->pgrp != parent->pgrp && child->session == parent->session;
}

void jobs_process_exits(struct process *p)
{
	check_group(p->pgrp, p, links(p->parent, p));
}

void jobs_child_moved(struct process *child, const struct process *from)
{
	check_group(child->pgrp, NULL, links(from, child));
}
