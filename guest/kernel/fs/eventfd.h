/* eventfd(2). */
#ifndef KERNEL_FS_EVENTFD_H
#define KERNEL_FS_EVENTFD_H

#include "kernel/lib/types.h"

struct file;

/* flags: file status flags (O_RDWR, O_NONBLOCK). 0, -ENOMEM, -ENFILE. */
int eventfd_create(u64 initial, bool semaphore, u32 flags, struct file **out);

#endif
