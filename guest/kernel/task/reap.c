#include "kernel/task/reap.h"

#include <linux/wait.h>
#include "kernel/task/life.h"
#include "kernel/task/task.h"

static bool named(const struct wait_request *req, const struct process *p)
{
	if (req->which == WAIT_PID)
		return p->pid->nr == req->id;
	return req->which == WAIT_ANY || (p->pgrp && p->pgrp->nr == req->id);
}

/* wait(2): a "clone" child is one that sends another signal than SIGCHLD, or none, when it ends. */
static bool eligible(const struct wait_request *req, const struct process *p)
{
	if (!named(req, p))
		return false;
	return (req->options & __WALL) ||
	       (p->exit_signal != SIGCHLD) == ((req->options & __WCLONE) != 0);
}

static void fill_usage(const struct process *p, struct wait_result *out)
{
	out->pid = p->pid->nr;
	out->uid = p->leader->cred->uid;
	out->user_ns = p->cpu_user_ns + p->child_user_ns;
	out->kernel_ns = p->cpu_kernel_ns + p->child_kernel_ns;
	out->min_faults = p->min_faults + p->child_min_faults;
	out->maj_faults = p->maj_faults + p->child_maj_faults;
	out->switches_voluntary = p->switches_voluntary;
	out->switches_forced = p->switches_forced;
	out->peak_rss_pages = MAX(p->peak_rss_pages, p->child_peak_rss_pages);
}

static void fill(const struct process *p, int status, int code, int value, struct wait_result *out)
{
	fill_usage(p, out);
	out->status = status;
	out->code = code;
	out->value = value;
}

static bool take_exit(struct process *p, int options, struct wait_result *out)
{
	int sig = p->exit_code & 0x7f;
	if (!p->zombie || !(options & WEXITED))
		return false;
	fill(p, p->exit_code, sig ? CLD_KILLED : CLD_EXITED, sig ? sig : p->exit_code >> 8 & 0xff,
	     out);
	if (!(options & WNOWAIT))
		process_reap(p, true);
	return true;
}

static bool all_stopped(const struct process *p)
{
	struct task *t;
	list_for_each(t, &p->threads, thread_link) {
		if (t->state < TASK_STOPPED)
			return false;
	}
	return true;
}

static bool take_stop(struct process *p, int options, struct wait_result *out)
{
	if (p->zombie || !(options & WUNTRACED) || !p->stopped || p->stop_reported ||
	    !all_stopped(p))
		return false;
	fill(p, p->stop_signal << 8 | 0x7f, CLD_STOPPED, p->stop_signal, out);
	if (!(options & WNOWAIT))
		p->stop_reported = true;
	return true;
}

static bool take_continue(struct process *p, int options, struct wait_result *out)
{
	if (p->zombie || !(options & WCONTINUED) || !p->continued)
		return false;
	fill(p, 0xffff, CLD_CONTINUED, SIGCONT, out);
	if (!(options & WNOWAIT))
		p->continued = false;
	return true;
}

/* 1: *out is filled; 0: nothing yet; -ECHILD: nobody to wait for. */
static int scan(const struct wait_request *req, struct wait_result *out)
{
	struct process *p, *self = task_current()->process;
	int found = -ECHILD;
	list_for_each(p, &self->children, sibling) {
		if (!eligible(req, p))
			continue;
		if (take_exit(p, req->options, out) || take_stop(p, req->options, out) ||
		    take_continue(p, req->options, out))
			return 1;
		found = 0;
	}
	return found;
}

int process_wait(const struct wait_request *req, struct wait_result *out)
{
	struct process *self = task_current()->process;
	int err = 0;
	for (;;) {
		int found = scan(req, out);
		if (found)
			return found > 0 ? 0 : found;
		out->pid = 0;
		if (err || (req->options & WNOHANG))
			return err;
		/* SIGCHLD comes with the child's end: look again before giving up for a signal. */
		err = waitq_sleep(&self->child_wait, TASK_INTERRUPTIBLE, NO_DEADLINE);
	}
}
