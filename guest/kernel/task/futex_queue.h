/* Sleepers on futexes: between futex.c and futex_pi.c. */
#ifndef KERNEL_TASK_FUTEX_QUEUE_H
#define KERNEL_TASK_FUTEX_QUEUE_H

#include "kernel/lib/list.h"
#include "kernel/task/futex.h"

struct task;

struct futex_waiter {
	struct list link; /* in its bucket while not woken */
	struct futex_key key;
	struct task *task;
	u32 bits; /* FUTEX_WAIT_BITSET; 0: waits for a PI lock */
	bool woken;
};

void futex_queue(struct futex_waiter *w, const struct futex_key *key);
/* Take w off its queue and make its task runnable. */
void futex_wake_waiter(struct futex_waiter *w);
/* The longest waiting one, NULL. */
struct futex_waiter *futex_first(const struct futex_key *key);
/* Sleep until woken (0), the deadline (-ETIMEDOUT) or a signal (-ERESTARTSYS); off the queue
 * afterwards. */
int futex_sleep(struct futex_waiter *w, u64 deadline_ns);

#endif
