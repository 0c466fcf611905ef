/* Waiting for events on several files at once: poll(2), select(2). */
#ifndef KERNEL_FS_POLL_H
#define KERNEL_FS_POLL_H

#include <linux/eventpoll.h>
#include "kernel/fs/file.h"
#include "kernel/task/wait.h"

/* A sleeper's place on one wait queue of one file. */
struct poll_entry {
	struct waiter waiter;
	struct poll_set *set;
	struct file *file; /* referenced: its queue must stay */
	u32 events;
};

#define POLL_INLINE 8 /* enough for most calls without an allocation */
struct poll_chunk;

/* One call's places on all queues. Lives on the caller's kernel stack. */
struct poll_set {
	struct poll_table table;
	struct waitq wait;
	bool woken;
	bool registering;
	int error;	   /* -ENOMEM: a place could not be had */
	struct file *file; /* being asked now, and for what */
	u32 events;
	unsigned int used;
	struct poll_entry entry[POLL_INLINE];
	struct poll_chunk *more;
};

/*
 * The events of f among `events`, EPOLLERR and EPOLLHUP; for the use of scan. EPOLLRDNORM and
 * EPOLLWRNORM are told wherever EPOLLIN and EPOLLOUT are.
 */
u32 poll_ask(struct poll_set *s, struct file *f, u32 events);
/*
 * Call scan(ctx, s) until it finds events or the monotonic deadline (0: do not wait, NO_DEADLINE)
 * has passed. scan asks each file with poll_ask and answers how many are ready, or -errno. Answers
 * that, 0 at the deadline, -ERESTARTNOHAND, -ENOMEM.
 */
int poll_run(int (*scan)(void *ctx, struct poll_set *s), void *ctx, u64 deadline);

#endif
