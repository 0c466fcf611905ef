/* epoll(7). */
#ifndef KERNEL_FS_EPOLL_H
#define KERNEL_FS_EPOLL_H

#include <linux/eventpoll.h>
#include "kernel/fs/file.h"

/* A new instance: 0 or -ENOMEM, -ENFILE. *out has one reference. */
int epoll_create_file(u32 flags, struct file **out);
bool file_is_epoll(const struct file *f);
/*
 * epoll_ctl(2) of an epoll file: op on target, known as fd. Errors: -EEXIST -ENOENT -EINVAL -EPERM
 * (target cannot be polled) -ELOOP -ENOMEM.
 */
int epoll_control(struct file *epoll, int op, struct file *target, int fd,
		  const struct epoll_event *event);
/*
 * Up to max (> 0) events into user memory; waits for the first until the monotonic deadline (0: not
 * at all). The number, 0 at the deadline, -EINTR, -EFAULT.
 */
int epoll_wait_events(struct file *epoll, struct epoll_event __user *events, int max, u64 deadline);
/* The last reference to a watched file goes: forget its watches. */
void epoll_file_release(struct file *f);

#endif
