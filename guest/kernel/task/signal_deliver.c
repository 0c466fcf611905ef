/*
 * Taking signals on the way to user mode: handlers, default actions, restart of interrupted calls,
 * the alternate stack.
 */
#include "kernel/task/signal_internal.h"
#include "kernel/task/trace.h"

/* ---- the alternate stack: sigaltstack(2) ---- */

/* With SS_AUTODISARM a handler runs with the stack disarmed, so it is never "in use". */
static bool altstack_in_use(const struct task *t, vaddr sp)
{
	if ((unsigned int)t->altstack_flags & SS_AUTODISARM)
		return false;
	return sp > t->altstack && sp - t->altstack <= t->altstack_size;
}

void signal_altstack_get(stack_t *out, vaddr sp)
{
	const struct task *t = task_current();

	*out = (stack_t){.ss_sp = (void *)t->altstack, .ss_size = t->altstack_size};
	if (!t->altstack_size)
		out->ss_flags = SS_DISABLE;
	else if (altstack_in_use(t, sp))
		out->ss_flags = SS_ONSTACK;
	out->ss_flags |= t->altstack_flags & (int)SS_AUTODISARM;
}

int signal_altstack_set(const stack_t *new, vaddr sp)
{
	struct task *t = task_current();
	int mode = new->ss_flags & ~(int)SS_AUTODISARM;

	if (altstack_in_use(t, sp))
		return -EPERM;
	if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK)
		return -EINVAL;
	/* What is set already is not looked at again, not even when it is nothing. */
	if (t->altstack == (vaddr)new->ss_sp && t->altstack_size == new->ss_size && t->altstack_flags == new->ss_flags)
		return 0;
	if (mode != SS_DISABLE && new->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	t->altstack = mode == SS_DISABLE ? 0 : (vaddr)new->ss_sp;
	t->altstack_size = mode == SS_DISABLE ? 0 : new->ss_size;
	t->altstack_flags = new->ss_flags;
	return 0;
}

/* ---- interrupted calls: signal(7), "Interruption of system calls and library functions" ---- */

static void restart_before_handler(struct arch_regs *r, u64 action_flags)
{
	if (arch_regs_syscall(r) < 0)
		return;
	switch (arch_regs_result(r)) {
	case -ERESTARTSYS:
		if (action_flags & SA_RESTART)
			arch_regs_restart(r, false);
		else
			arch_regs_set_result(r, -EINTR);
		break;
	case -ERESTARTNOINTR:
		arch_regs_restart(r, false);
		break;
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		arch_regs_set_result(r, -EINTR);
		break;
	}
}

static void restart_without_handler(struct arch_regs *r)
{
	if (arch_regs_syscall(r) < 0)
		return;
	switch (arch_regs_result(r)) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		arch_regs_restart(r, false);
		break;
	case -ERESTART_RESTARTBLOCK:
		arch_regs_restart(r, true);
		break;
	}
}

/* ---- taking a signal ---- */

/*
 * SIGTSTP, SIGTTIN and SIGTTOU have no effect where no shell could continue the process (POSIX
 * 2.4.3).
 */
static void default_action(struct task *t, int sig)
{
	if (signal_in(SIGNALS_IGNORED, sig))
		return;
	if (!signal_in(SIGNALS_STOP, sig))
		process_exit_group(sig);
	if (sig == SIGSTOP || !signal_pgrp_orphaned(t->process->pgrp))
		stop_begin(sig);
}

/* The next signal that has a handler; what has none acts here, and may not return. */
static bool take_handled(struct task *t, struct ksignal *k)
{
	for (;;) {
		struct sigaction_k *a;
		int sig;

		if (t->killed) /* by SIGKILL, exit_group(2), or by another thread's execve(2) */
			task_exit(t->process->exit_code);
		if (t->process->stopped) {
			stop_wait();
			continue;
		}
		sig = signal_dequeue(~t->blocked, &k->info);
		if (!sig)
			return false;
		trace_signal(&k->info);
		a = &t->sighand->action[sig - 1];
		if (a->handler == SIGNAL_IGN)
			continue;
		if (a->handler == SIGNAL_DFL) {
			default_action(t, sig);
			continue;
		}
		k->action = *a;
		if (a->flags & SA_RESETHAND)
			a->handler = SIGNAL_DFL;
		return true;
	}
}

static void handler_mask(struct task *t, const struct ksignal *k)
{
	u64 mask = t->blocked | k->action.mask;

	if (!(k->action.flags & SA_NODEFER))
		mask |= SIGNAL_BIT(k->info.si_signo);
	signal_set_mask(mask);
}

/* The stack cannot hold the frame: SIGSEGV, and death when it was SIGSEGV's own handler. */
static void frame_failed(struct task *t, int sig)
{
	if (sig == SIGSEGV)
		t->sighand->action[SIGSEGV - 1].handler = SIGNAL_DFL;
	signal_fault(SIGSEGV, SI_KERNEL, 0);
}

static bool run_handler(struct task *t, struct arch_regs *r, struct ksignal *k)
{
	struct thread_info *info = task_info(t);
	u64 saved = info->work & WORK_RESTORE_MASK ? t->saved_mask : t->blocked;

	restart_before_handler(r, k->action.flags);
	k->on_altstack = (k->action.flags & SA_ONSTACK) && t->altstack_size &&
			 !altstack_in_use(t, arch_regs_sp(r));
	if (arch_signal_deliver(r, k, saved)) {
		frame_failed(t, k->info.si_signo);
		return false;
	}
	info->work &= ~WORK_RESTORE_MASK;
	if ((unsigned int)t->altstack_flags & SS_AUTODISARM) {
		t->altstack = 0;
		t->altstack_size = 0;
		t->altstack_flags = 0;
	}
	handler_mask(t, k);
	return true;
}

void signal_deliver_pending(struct arch_regs *r)
{
	struct task *t = task_current();
	struct thread_info *info = task_info(t);
	struct ksignal k;
	bool delivered = false;

	memset(&k.info, 0, sizeof(k.info)); /* all of it goes to the program */
	while ((info->work & WORK_SIGNAL) && take_handled(t, &k))
		delivered |= run_handler(t, r, &k);
	if (delivered)
		return;
	restart_without_handler(r);
	signal_restore_mask();
}
