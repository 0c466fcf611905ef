/* futex(2), get_robust_list(2). */
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/time_types.h>
#include "kernel/mm/uaccess.h"
#include "kernel/task/futex.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "syscall/syscall.h"

static bool takes_timeout(int cmd)
{
	return cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_LOCK_PI ||
	       cmd == FUTEX_LOCK_PI2 || cmd == FUTEX_WAIT_REQUEUE_PI;
}

/* The absolute times: on the real-time clock when asked for (FUTEX_LOCK_PI: always). */
static u64 absolute_deadline(u64 ns, bool realtime)
{
	if (!realtime)
		return ns;
	u64 now = clock_realtime_ns();
	return clock_monotonic_ns() + (ns > now ? ns - now : 0);
}

static int deadline_of(int op, int cmd, const void __user *timeout, u64 *deadline)
{
	struct __kernel_timespec ts;
	u64 ns;
	*deadline = FUTEX_NO_DEADLINE;
	if (!takes_timeout(cmd) || !timeout)
		return 0;
	if (copy_from_user(&ts, timeout, sizeof(ts)))
		return -EFAULT;
	int err = timespec_to_ns(&ts, &ns);
	if (err)
		return err;
	if (cmd == FUTEX_WAIT)
		*deadline = clock_monotonic_ns() + ns;
	else
		*deadline =
			absolute_deadline(ns, cmd == FUTEX_LOCK_PI || (op & FUTEX_CLOCK_REALTIME));
	if (*deadline < ns && cmd == FUTEX_WAIT)
		*deadline = FUTEX_NO_DEADLINE - 1;
	return 0;
}

/* ---- waiting, and waiting on after a stop signal ---- */

static long wait_restart(struct task *t)
{
	u32 __user *addr = (u32 __user *)t->restart_arg[0];
	int err = futex_wait(addr, t->restart_arg[3], (u32)t->restart_arg[1],
			     (u32)t->restart_arg[4], t->restart_arg[2]);
	return err == -ERESTARTSYS ? -ERESTART_RESTARTBLOCK : err;
}

static long wait(u32 __user *addr, bool private, u32 val, u32 bits, u64 deadline)
{
	struct task *t = task_current();
	int err = futex_wait(addr, private, val, bits, deadline);
	if (err != -ERESTARTSYS || deadline == FUTEX_NO_DEADLINE)
		return err;
	t->restart_fn = wait_restart;
	t->restart_arg[0] = (vaddr)addr;
	t->restart_arg[1] = val;
	t->restart_arg[2] = deadline;
	t->restart_arg[3] = private;
	t->restart_arg[4] = bits;
	return -ERESTART_RESTARTBLOCK;
}

struct futex_call {
	u32 __user *addr, *addr2;
	u32 val, val2, val3;
	bool private;
	u64 deadline;
};

static long dispatch(int cmd, const struct futex_call *c)
{
	switch (cmd) {
	case FUTEX_WAIT:
		return wait(c->addr, c->private, c->val, FUTEX_BITSET_MATCH_ANY, c->deadline);
	case FUTEX_WAIT_BITSET: return wait(c->addr, c->private, c->val, c->val3, c->deadline);
	case FUTEX_WAKE: return futex_wake(c->addr, c->private, c->val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET: return futex_wake(c->addr, c->private, c->val, c->val3);
	case FUTEX_REQUEUE:
		return futex_requeue(c->addr, c->addr2, c->private, c->val, c->val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(c->addr, c->addr2, c->private, c->val, c->val2, &c->val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(c->addr, c->addr2, c->private, c->val, c->val2, c->val3);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2: return futex_lock_pi(c->addr, c->private, false, c->deadline);
	case FUTEX_TRYLOCK_PI: return futex_lock_pi(c->addr, c->private, true, 0);
	case FUTEX_UNLOCK_PI: return futex_unlock_pi(c->addr, c->private);
	default: return -ENOSYS;
	}
}

static bool may_use_realtime(int cmd)
{
	return cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_WAIT_REQUEUE_PI || cmd == FUTEX_LOCK_PI2;
}

long sys_futex(void __user *addr, int op, unsigned int val, void __user *timeout,
	       void __user *addr2, unsigned int val3)
{
	int cmd = op & FUTEX_CMD_MASK;
	struct futex_call c = {
		.addr = addr,
		.addr2 = addr2,
		.val = val,
		.val2 = (u32)(vaddr)timeout, /* the operations without a timeout */
		.val3 = val3,
		.private = op & FUTEX_PRIVATE_FLAG,
	};
	int err = deadline_of(op, cmd, timeout, &c.deadline);
	if (err)
		return err;
	if ((op & FUTEX_CLOCK_REALTIME) && !may_use_realtime(cmd))
		return -ENOSYS;
	return dispatch(cmd, &c);
}

long sys_set_robust_list(void __user *head, size_t len)
{
	if (len != sizeof(struct robust_list_head))
		return -EINVAL;
	task_current()->robust_list = head;
	return 0;
}

long sys_get_robust_list(int tid, void __user *head, void __user *len)
{
	struct task *t = tid ? task_find(tid) : task_current();
	if (!t)
		return -ESRCH;
	if (t->process != task_current()->process && current_cred()->euid != t->cred->uid &&
	    !capable(CAP_SYS_PTRACE))
		return -EPERM;
	size_t size = sizeof(struct robust_list_head);
	vaddr list = (vaddr)t->robust_list;
	if (copy_to_user(len, &size, sizeof(size)) || copy_to_user(head, &list, sizeof(list)))
		return -EFAULT;
	return 0;
}
