/*
 * PI futexes: the word holds the owner's tid, FUTEX_WAITERS when the kernel must be asked to
 * unlock. The lock is handed to the longest waiter; with one run queue priorities need no lending,
 * so there is none.
 */
#include <linux/futex.h>
#include "kernel/mm/uaccess.h"
#include "kernel/task/futex_queue.h"
#include "kernel/task/task.h"

#define PI_BITS 0 /* no FUTEX_WAKE reaches these waiters */

static struct futex_waiter *first_waiter(const struct futex_key *key)
{
	return futex_first(key, PI_BITS);
}

/*
 * One try at the word: 0 taken, 1 somebody else owns it and FUTEX_WAITERS is set now, 2 the word
 * changed meanwhile; or -EDEADLK, -ESRCH (the owner is gone), -EFAULT, -EAGAIN (try only).
 */
static int try_take(u32 __user *addr, u32 tid, bool try, const struct futex_key *key)
{
	u32 value, seen, want;
	if (get_user(value, addr))
		return -EFAULT;
	u32 owner = value & FUTEX_TID_MASK;
	if (owner == tid)
		return -EDEADLK;
	if (!owner)
		want = tid | (value & FUTEX_OWNER_DIED) | (first_waiter(key) ? FUTEX_WAITERS : 0);
	else if (!task_find((int)owner))
		return -ESRCH;
	else if (try)
		return -EAGAIN;
	else
		want = value | FUTEX_WAITERS;
	if (want != value && arch_user_cmpxchg32(addr, value, want, &seen))
		return -EFAULT;
	if (want != value && seen != value)
		return 2;
	return owner ? 1 : 0;
}

int futex_lock_pi(u32 __user *addr, bool private, bool try, u64 deadline_ns)
{
	struct futex_waiter w = {.task = task_current(), .bits = PI_BITS};
	struct futex_key key;
	int err = futex_key_of(addr, private, &key);
	if (err)
		return err;
	do {
		err = try_take(addr, (u32)task_tid(w.task), try, &key);
	} while (err == 2);
	if (err <= 0)
		return err;
	futex_queue(&w, &key);
	err = futex_sleep(&w, deadline_ns); /* woken means that the word is ours already */
	return err == -ERESTARTSYS ? -ERESTARTNOINTR : err;
}

int futex_unlock_pi(u32 __user *addr, bool private)
{
	u32 value, seen, next, tid = (u32)task_tid(task_current());
	struct futex_key key;
	int err = futex_key_of(addr, private, &key);
	if (err)
		return err;
	do {
		if (get_user(value, addr))
			return -EFAULT;
		if ((value & FUTEX_TID_MASK) != tid)
			return -EPERM;
		struct futex_waiter *w = first_waiter(&key);
		next = w ? (u32)task_tid(w->task) | FUTEX_WAITERS : 0;
		if (arch_user_cmpxchg32(addr, value, next, &seen))
			return -EFAULT;
	} while (seen != value);
	if (next)
		futex_wake_waiter(first_waiter(&key));
	return 0;
}
