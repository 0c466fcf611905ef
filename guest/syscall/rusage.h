/* struct rusage, from the kernel's numbers. */
#ifndef GUEST_SYSCALL_RUSAGE_H
#define GUEST_SYSCALL_RUSAGE_H

#include "kernel/lib/types.h"

struct usage {
	u64 user_ns, kernel_ns;
	u64 min_faults, maj_faults, switches_voluntary, switches_forced, peak_rss_pages;
};
/* 0 or -EFAULT */
int usage_to_user(const struct usage *u, void __user *to);

#endif
