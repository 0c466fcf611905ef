/* Structures that may grow: clone3(2), openat2(2), sched_setattr(2) "Extensibility". */
#ifndef GUEST_SYSCALL_COPY_STRUCT_H
#define GUEST_SYSCALL_COPY_STRUCT_H

#include "kernel/lib/types.h"

/*
 * Copy a program's structure of user_size bytes into ours of size bytes (zeroed by the caller). 0;
 * -EINVAL when it is shorter than min; -E2BIG when it is longer than a page, or than ours with
 * anything but zeros in the rest; -EFAULT.
 */
int copy_struct_from_user(void *dst, size_t size, const void __user *src, size_t user_size,
			  size_t min);

#endif
