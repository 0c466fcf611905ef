/* Timeouts and temporary signal masks, as poll, select and epoll take them. */
#ifndef GUEST_SYSCALL_TIMEOUT_H
#define GUEST_SYSCALL_TIMEOUT_H

#include "kernel/lib/types.h"

/* Monotonic deadlines: 0 = do not wait, NO_DEADLINE = for ever. */
u64 timeout_deadline(u64 ns);
/* ms < 0: for ever. */
u64 timeout_from_ms(int ms);
/* NULL: for ever. 0, -EFAULT or -EINVAL. */
int timeout_from_timespec(const void __user *p, u64 *deadline);
/* signal_swap_mask with a mask from user memory; NULL: none. 0, -EINVAL (size) or -EFAULT. */
int swap_user_mask(const u64 __user *mask, size_t size);

#endif
