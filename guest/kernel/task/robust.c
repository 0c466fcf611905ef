/*
 * Robust futexes, get_robust_list(2): a thread that ends marks the locks on its list
 * FUTEX_OWNER_DIED and wakes a waiter each. The list is user memory: every pointer is checked by
 * the copy, and its length is bounded.
 */
#include <linux/futex.h>
#include "kernel/mm/uaccess.h"
#include "kernel/task/futex.h"
#include "kernel/task/life.h"
#include "kernel/task/task.h"

/* Of one lock held by t. pi: no wake needed unless somebody waits in the kernel, which
 * FUTEX_WAITERS says. */
static int release_lock(u32 __user *word, u32 tid)
{
	u32 value, seen;
	if ((__force vaddr)word % sizeof(u32) || get_user(value, word))
		return -EFAULT;
	while ((value & FUTEX_TID_MASK) == tid) {
		u32 new = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		if (arch_user_cmpxchg32(word, value, new, &seen))
			return -EFAULT;
		if (seen == value) {
			if (value & FUTEX_WAITERS)
				futex_wake_user(word, 1);
			return 0;
		}
		value = seen;
	}
	return 0;
}

static int handle_entry(const struct robust_list_head *head, vaddr entry, u32 tid)
{
	return release_lock((u32 __user *)((entry & ~1ul) + (vaddr)head->futex_offset), tid);
}

void robust_list_exit(struct task *t)
{
	struct robust_list_head __user *user = t->robust_list;
	struct robust_list_head head;
	struct robust_list node;
	t->robust_list = NULL;
	if (!user || copy_from_user(&head, user, sizeof(head)))
		return;
	vaddr entry = (vaddr)head.list.next, pending = (vaddr)head.list_op_pending;
	for (int i = 0; i < ROBUST_LIST_LIMIT && (entry & ~1ul) != (__force vaddr)user; i++) {
		bool more = !copy_from_user(&node, (void __user *)(entry & ~1ul), sizeof(node));
		/* the lock that was being taken or given back comes last */
		if (entry != pending && handle_entry(&head, entry, (u32)task_tid(t)))
			return;
		if (!more)
			return;
		entry = (vaddr)node.next;
	}
	if (pending & ~1ul)
		handle_entry(&head, pending, (u32)task_tid(t));
}
