/* A process has lost its last thread: orphans, job control, SIGCHLD, zombie or not, and the end of
 * the machine with pid 2. */
#include "kernel/lib/log.h"
#include "kernel/task/first.h"
#include "kernel/task/life.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"

#define CLOCK_TICK_NS 10000000ull /* si_utime and si_stime count in 1/100 s */

static struct process *adopter(struct process *p)
{
	struct process *up = p->parent;
	while (up != &init_process && (!up->child_subreaper || up->zombie))
		up = up->parent;
	return up;
}

/* prctl(2) PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER. Zombies are reaped by their new parent, at
 * once by init. */
static void give_away_children(struct process *p)
{
	struct process *child, *next, *heir = adopter(p);
	list_for_each_safe(child, next, &p->children, sibling) {
		process_adopt(heir, child);
		jobs_child_moved(child, p);
		if (child->death_signal && !child->zombie)
			signal_send_process(child, child->death_signal, NULL);
		if (!child->zombie)
			continue;
		if (heir == &init_process)
			process_reap(child, true);
		else
			waitq_wake_all(&heir->child_wait, 0);
	}
}

/* wait(2) status word -> the pair of siginfo. */
static void decode_status(int status, int *code, int *value)
{
	if (status & 0x7f) {
		*code = status & 0x80 ? CLD_DUMPED : CLD_KILLED;
		*value = status & 0x7f;
	} else {
		*code = CLD_EXITED;
		*value = status >> 8 & 0xff;
	}
}

static void signal_parent(struct process *p)
{
	siginfo_t info = {.si_signo = p->exit_signal};
	decode_status(p->exit_code, &info.si_code, &info.si_status);
	info.si_pid = p->pid->nr;
	info.si_uid = p->leader->cred->uid;
	info.si_utime = p->cpu_user_ns / CLOCK_TICK_NS;
	info.si_stime = p->cpu_kernel_ns / CLOCK_TICK_NS;
	signal_send_process(p->parent, p->exit_signal, &info);
}

/* wait(2), NOTES: a parent that ignores SIGCHLD or set SA_NOCLDWAIT leaves no zombies. */
static bool nobody_waits(const struct process *p)
{
	if (p->parent == &init_process)
		return true;
	if (p->exit_signal != SIGCHLD)
		return false;
	const struct sigaction_k *a = &p->parent->leader->sighand->action[SIGCHLD - 1];
	return a->handler == SIGNAL_IGN || (a->flags & SA_NOCLDWAIT);
}

void process_end(struct process *p)
{
	if (!p->group_exit) /* every thread left by itself: the last one's status counts */
		p->exit_code = task_current()->exit_code;
	p->zombie = true;
	if (p->pid->nr == FIRST_PID)
		machine_end(p->exit_code);
	jobs_process_exits(p);
	give_away_children(p);
	bool silent = nobody_waits(p);
	if (p->exit_signal > 0 && p->exit_signal <= SIGNAL_COUNT && p->parent != &init_process)
		signal_parent(p);
	waitq_wake_all(&p->pid->exit_wait, 0);
	waitq_wake_all(&p->parent->child_wait, 0);
	if (silent)
		process_reap(p, false);
}
