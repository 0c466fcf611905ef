/* futex(2): wait queues keyed by a word of user memory. */
#ifndef KERNEL_TASK_FUTEX_H
#define KERNEL_TASK_FUTEX_H

#include "kernel/lib/types.h"

/* What identifies a futex: memory shared between processes by what backs it, else the address in
 * its mm. */
struct futex_key {
	const void *object;
	u64 offset;
};

/* write: the operation changes the word. 0; -EINVAL unaligned; -EFAULT. May sleep. */
int futex_key_of(u32 __user *addr, bool private, bool write, struct futex_key *out);
#define FUTEX_NO_DEADLINE (~0ull)
/*
 * Sleep while *addr == val until woken with a bit of `bits`. 0; -EAGAIN the value differs;
 * -ETIMEDOUT; -ERESTARTSYS; -EFAULT; -EINVAL. deadline_ns is monotonic.
 */
int futex_wait(u32 __user *addr, bool private, u32 val, u32 bits, u64 deadline_ns);
/* How many were woken, or -EFAULT -EINVAL. */
int futex_wake(u32 __user *addr, bool private, u32 count, u32 bits);
/* Wake up to `wake`, move up to `move` of the rest to addr2; with expected, only while *addr ==
 * *expected (-EAGAIN). Answers how many were woken or moved. */
int futex_requeue(u32 __user *addr, u32 __user *addr2, bool private, u32 wake, u32 move,
		  const u32 *expected);
/* FUTEX_WAKE_OP: change *addr2, wake at addr, and at addr2 when the comparison holds. */
int futex_wake_op(u32 __user *addr, u32 __user *addr2, bool private, u32 count, u32 count2, u32 op);
/* For the kernel's own wakes (thread exit, robust lists): by what backs the memory, which in
 * private memory is the private key too. */
void futex_wake_user(u32 __user *addr, u32 count);

/* Priority-inheriting locks (without the inheritance of priorities): futex(2) FUTEX_LOCK_PI ... */
int futex_lock_pi(u32 __user *addr, bool private, bool try, u64 deadline_ns);
int futex_unlock_pi(u32 __user *addr, bool private);

#endif
