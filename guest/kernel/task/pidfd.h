/* Process descriptors: pidfd_open(2). */
#ifndef KERNEL_TASK_PIDFD_H
#define KERNEL_TASK_PIDFD_H

#include "kernel/lib/types.h"

struct file;
struct pid;

/* A file that stands for the process of that id; readable (EPOLLIN) once it has ended. flags: 0 or
 * O_NONBLOCK. 0, -ENOMEM, -ENFILE. */
int pidfd_create(struct pid *pid, u32 flags, struct file **out);
/* The id behind descriptor fd, with a reference, or NULL when it is no pidfd. */
struct pid *pidfd_get_pid(int fd);
/* The same and whether the descriptor is non-blocking (waitid(2), P_PIDFD). */
bool pidfd_nonblocking(int fd);

#endif
