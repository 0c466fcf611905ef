/* Signals: kill(2), sigaction(2), sigprocmask(2) and theirs. */
#include "syscall.h"
#include "kernel/lib/string.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"

#define SIGSET_BYTES sizeof(u64)

/* ---- sending ---- */

static bool signal_number_ok(int sig)
{
	return sig >= 0 && sig <= SIGNAL_COUNT;
}

static void info_from_self(siginfo_t *info, int sig, int code)
{
	*info = (siginfo_t){.si_signo = sig, .si_code = code};
	info->si_pid = task_tgid(task_current());
	info->si_uid = current_cred()->uid;
}

/* Signal 0 only asks for permission. */
static int send_permitted(struct process *p, int sig, const siginfo_t *info)
{
	int err = signal_number_ok(sig) ? signal_permitted(p, sig) : -EINVAL;

	return err || !sig ? err : signal_send_process(p, sig, info);
}

/* One success is success; else the error of the member tried last. */
static int kill_group(struct pid *group, int sig, const siginfo_t *info)
{
	struct process *p, *next;
	bool success = false;
	int err = -ESRCH;

	if (!group)
		return -ESRCH;
	list_for_each_safe(p, next, &group->group, group_link) {
		err = send_permitted(p, sig, info);
		success |= !err;
	}
	return success ? 0 : err;
}

/*
 * Everybody but pid 1 and the caller's own process; who may not be signalled is passed over in
 * silence.
 */
static int kill_all(int sig, const siginfo_t *info)
{
	struct process *p;
	int nr = 2, err = -ESRCH;

	while ((p = process_next(nr))) {
		int one;

		nr = p->pid->nr + 1;
		if (p == task_current()->process)
			continue;
		one = send_permitted(p, sig, info);
		if (one != -EPERM || err == -ESRCH)
			err = one == -EPERM ? 0 : one;
	}
	return err;
}

/* Any thread's id names its process here, and that thread comes first. */
static int send_id(int id, int sig, const siginfo_t *info)
{
	struct task *t = id > 0 ? task_find(id) : NULL;
	struct process *p = t ? t->process : process_find(id);
	int err;

	if (!p)
		return -ESRCH;
	if (!t || !sig || !signal_number_ok(sig))
		return send_permitted(p, sig, info);
	err = signal_permitted(p, sig);
	return err ? err : signal_send_through(t, sig, info);
}

long sys_kill(int pid, int sig)
{
	siginfo_t info;

	info_from_self(&info, sig, SI_USER);
	if (pid > 0)
		return send_id(pid, sig, &info);
	if (pid == -1)
		return signal_number_ok(sig) ? kill_all(sig, &info) : -EINVAL;
	if (pid == 0)
		return kill_group(task_current()->process->pgrp, sig, &info);
	return pid == INT32_MIN ? -ESRCH : kill_group(pid_find(-pid), sig, &info);
}

/* tgid <= 0: any process. */
static int send_thread(int tgid, int tid, int sig, const siginfo_t *info)
{
	struct task *t = task_find(tid);
	int err;

	if (!t || (tgid > 0 && task_tgid(t) != tgid))
		return -ESRCH;
	if (!signal_number_ok(sig))
		return -EINVAL;
	err = signal_permitted(t->process, sig);
	return err || !sig ? err : signal_send_task(t, sig, info);
}

long sys_tkill(int tid, int sig)
{
	siginfo_t info;

	if (tid <= 0)
		return -EINVAL;
	info_from_self(&info, sig, SI_TKILL);
	return send_thread(0, tid, sig, &info);
}

long sys_tgkill(int tgid, int tid, int sig)
{
	siginfo_t info;

	if (tid <= 0 || tgid <= 0)
		return -EINVAL;
	info_from_self(&info, sig, SI_TKILL);
	return send_thread(tgid, tid, sig, &info);
}

/* The highest si_code that is the signal's own: <asm-generic/siginfo.h>. */
static int last_code(int sig)
{
	switch (sig) {
	case SIGILL:
		return NSIGILL;
	case SIGFPE:
		return NSIGFPE;
	case SIGSEGV:
		return NSIGSEGV;
	case SIGBUS:
		return NSIGBUS;
	case SIGTRAP:
		return NSIGTRAP;
	case SIGCHLD:
		return NSIGCHLD;
	case SIGSYS:
		return NSIGSYS;
	default:
		return NSIGPOLL;
	}
}

/* Is it known which fields go with that code? */
static bool layout_known(int sig, int code)
{
	if (code > SI_USER)
		return code == SI_KERNEL || code <= last_code(sig);
	return code >= SI_DETHREAD || code == SI_ASYNCNL;
}

#define INFO_FIELDS 48 /* bytes that any layout uses */

/* 0, -EFAULT, or -E2BIG: an unknown code whose fields may lie where no known one has any. */
static int info_from_user(siginfo_t *info, int sig, const void __user *p)
{
	const char *rest = (const char *)info + INFO_FIELDS;

	if (copy_from_user(info, p, sizeof(*info)))
		return -EFAULT;
	info->si_signo = sig;
	if (layout_known(sig, info->si_code))
		return 0;
	for (size_t i = 0; i < sizeof(*info) - INFO_FIELDS; i++)
		if (rest[i])
			return -E2BIG;
	return 0;
}

/* No thread may pretend that the kernel or kill(2) spoke, except to itself. */
static bool info_credible(const siginfo_t *info, int target)
{
	return (info->si_code < 0 && info->si_code != SI_TKILL) ||
	       target == task_tid(task_current());
}

long sys_rt_sigqueueinfo(int pid, int sig, void __user *user_info)
{
	siginfo_t info;
	int err = info_from_user(&info, sig, user_info);

	if (err)
		return err;
	if (!info_credible(&info, pid))
		return -EPERM;
	return send_id(pid, sig, &info);
}

long sys_rt_tgsigqueueinfo(int tgid, int tid, int sig, void __user *user_info)
{
	siginfo_t info;
	int err = info_from_user(&info, sig, user_info);

	if (err)
		return err;
	if (tid <= 0 || tgid <= 0)
		return -EINVAL;
	if (!info_credible(&info, tid))
		return -EPERM;
	return send_thread(tgid, tid, sig, &info);
}

/* ---- actions and masks ---- */

static void action_to_user(struct sigaction *out, const struct sigaction_k *k)
{
	*out = (struct sigaction){.sa_handler = (__sighandler_t)k->handler, .sa_flags = k->flags};
	out->sa_restorer = (__sigrestore_t)k->restorer;
	memcpy(&out->sa_mask, &k->mask, sizeof(k->mask));
}

static void action_from_user(struct sigaction_k *k, const struct sigaction *in)
{
	*k = (struct sigaction_k){.handler = (vaddr)in->sa_handler, .flags = in->sa_flags};
	k->restorer = (vaddr)in->sa_restorer;
	memcpy(&k->mask, &in->sa_mask, sizeof(k->mask));
}

long sys_rt_sigaction(int sig, const void __user *act, void __user *old, size_t size)
{
	struct sigaction_k new_k, old_k;
	struct sigaction a;
	int err;

	if (size != SIGSET_BYTES)
		return -EINVAL;
	if (act) {
		if (copy_from_user(&a, act, sizeof(a)))
			return -EFAULT;
		action_from_user(&new_k, &a);
	}
	err = signal_action(sig, act ? &new_k : NULL, &old_k);
	if (err || !old)
		return err;
	action_to_user(&a, &old_k);
	return copy_to_user(old, &a, sizeof(a));
}

long sys_rt_sigprocmask(int how, const u64 __user *set, u64 __user *old, size_t size)
{
	u64 was = task_current()->blocked, mask;

	if (size != SIGSET_BYTES)
		return -EINVAL;
	if (set) {
		if (get_user(mask, set))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			mask |= was;
			break;
		case SIG_UNBLOCK:
			mask = was & ~mask;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		signal_set_mask(mask);
	}
	return old ? put_user(was, old) : 0;
}

long sys_rt_sigpending(u64 __user *set, size_t size)
{
	u64 pending = signal_pending_set() & task_current()->blocked;

	if (size > SIGSET_BYTES)
		return -EINVAL;
	return copy_to_user(set, &pending, size);
}

long sys_sigaltstack(void __user *new, void __user *old)
{
	vaddr sp = arch_regs_sp(arch_task_regs(task_current()));
	stack_t stack, was;
	int err;

	if (new && copy_from_user(&stack, new, sizeof(stack)))
		return -EFAULT;
	signal_altstack_get(&was, sp);
	if (new) {
		err = signal_altstack_set(&stack, sp);
		if (err)
			return err;
	}
	return old ? copy_to_user(old, &was, sizeof(was)) : 0;
}

long sys_rt_sigreturn(void)
{
	struct task *t = task_current();
	struct arch_regs *r = arch_task_regs(t);
	u64 mask;

	t->restart_fn = NULL; /* a handler ran: what was interrupted is over */
	if (arch_signal_return(r, &mask)) {
		signal_fault(SIGSEGV, SI_KERNEL, 0);
		return 0;
	}
	signal_set_mask(mask);
	return arch_regs_result(r);
}

/* ---- waiting ---- */

/* Until a signal is to be delivered. */
static void wait_for_signal(void)
{
	struct waitq q;

	waitq_init(&q);
	while (!task_signal_pending())
		waitq_sleep(&q, TASK_INTERRUPTIBLE, NO_DEADLINE);
}

long sys_pause(void)
{
	wait_for_signal();
	return -ERESTARTNOHAND;
}

long sys_rt_sigsuspend(const u64 __user *set, size_t size)
{
	u64 mask;

	if (size != SIGSET_BYTES)
		return -EINVAL;
	if (get_user(mask, set))
		return -EFAULT;
	signal_swap_mask(mask);
	wait_for_signal();
	return -ERESTARTNOHAND;
}

/*
 * The signals waited for count as unblocked in the sleep, so that a sender wakes it, but not as
 * free to be ignored.
 */
static int wait_in_set(u64 set, u64 deadline, siginfo_t *info)
{
	struct task *t = task_current();
	u64 blocked = t->blocked;
	struct waitq q;
	int sig, err;

	waitq_init(&q);
	t->real_blocked = blocked;
	t->blocked = blocked & ~set;
	signal_recalc(t);
	err = waitq_sleep(&q, TASK_INTERRUPTIBLE, deadline);
	t->real_blocked = 0;
	t->blocked = blocked;
	sig = signal_dequeue(set, info);
	if (sig)
		return sig;
	return err == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

long sys_rt_sigtimedwait(const u64 __user *set, void __user *user_info, const void __user *timeout,
			 size_t size)
{
	u64 mask, ns = 0, deadline = NO_DEADLINE;
	siginfo_t info = {0};
	struct __kernel_timespec ts;
	int sig;

	if (size != SIGSET_BYTES)
		return -EINVAL;
	if (get_user(mask, set) || (timeout && copy_from_user(&ts, timeout, sizeof(ts))))
		return -EFAULT;
	if (timeout) {
		if (timespec_to_ns(&ts, &ns))
			return -EINVAL;
		deadline = time_add(clock_monotonic_ns(), ns);
	}
	mask &= ~SIGNAL_UNBLOCKABLE;
	sig = signal_dequeue(mask, &info);
	if (!sig)
		sig = timeout && !ns ? -EAGAIN : wait_in_set(mask, deadline, &info);
	if (sig > 0 && user_info && copy_to_user(user_info, &info, sizeof(info)))
		return -EFAULT;
	return sig;
}

long sys_restart_syscall(void)
{
	struct task *t = task_current();

	return t->restart_fn ? t->restart_fn(t) : -EINTR;
}
