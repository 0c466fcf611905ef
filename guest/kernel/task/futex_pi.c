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

/* The one whose turn it is, NULL: 0, or -EINVAL when somebody waits there for something else. */
static int next_owner(const struct futex_key *key, struct futex_waiter **out)
{
	*out = futex_first(key);
	return *out && (*out)->bits != PI_BITS ? -EINVAL : 0;
}

/*
 * One try at the word: 0 taken, 1 somebody else owns it and FUTEX_WAITERS is set now, 2 the word
 * changed meanwhile; or -EDEADLK, -ESRCH (the owner is gone), -EFAULT, -EINVAL.
 */
static int try_take(u32 __user *addr, u32 tid, const struct futex_key *key)
{
	struct futex_waiter *w;
	u32 value, seen, want;
	if (get_user(value, addr))
		return -EFAULT;
	u32 owner = value & FUTEX_TID_MASK;
	if (owner == tid)
		return -EDEADLK;
	if (next_owner(key, &w))
		return -EINVAL;
	if (!owner)
		want = tid | (value & FUTEX_OWNER_DIED) | (w ? FUTEX_WAITERS : 0);
	else
		want = value | FUTEX_WAITERS;
	if (want != value && arch_user_cmpxchg32(addr, value, want, &seen))
		return -EFAULT;
	if (want != value && seen != value)
		return 2;
	if (!owner)
		return 0;
	return task_find((int)owner) ? 1 : -ESRCH;
}

int futex_lock_pi(u32 __user *addr, bool private, bool try, u64 deadline_ns)
{
	struct futex_waiter w = {.task = task_current(), .bits = PI_BITS};
	struct futex_key key;
	int err = futex_key_of(addr, private, true, &key);
	if (err)
		return err;
	do {
		err = try_take(addr, (u32)task_tid(w.task), &key);
	} while (err == 2);
	if (err <= 0)
		return err;
	if (try)
		return -EAGAIN;
	futex_queue(&w, &key);
	err = futex_sleep(&w, deadline_ns); /* woken means that the word is ours already */
	return err == -ERESTARTSYS ? -ERESTARTNOINTR : err;
}

int futex_unlock_pi(u32 __user *addr, bool private)
{
	u32 value, seen, next, tid = (u32)task_tid(task_current());
	struct futex_waiter *w;
	struct futex_key key;
	/* Who does not own it is told so first. */
	if (get_user(value, addr))
		return -EFAULT;
	if ((value & FUTEX_TID_MASK) != tid)
		return -EPERM;
	int err = futex_key_of(addr, private, true, &key);
	if (err)
		return err;
	do {
		/* A store of what is there brings the page in: from here to the waking nothing sleeps. */
		if (get_user(value, addr) || arch_user_cmpxchg32(addr, value, value, &seen))
			return -EFAULT;
		if ((value & FUTEX_TID_MASK) != tid)
			return -EPERM;
		if (next_owner(&key, &w))
			return -EINVAL;
		next = w ? (u32)task_tid(w->task) | FUTEX_WAITERS : 0;
		if (arch_user_cmpxchg32(addr, value, next, &seen))
			return -EFAULT;
	} while (seen != value);
	if (next)
		futex_wake_waiter(w);
	return 0;
}
