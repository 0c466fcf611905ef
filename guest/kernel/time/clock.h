/* Clocks: clock_gettime(2). */
#ifndef KERNEL_TIME_CLOCK_H
#define KERNEL_TIME_CLOCK_H

#include <linux/time_types.h>
#include "kernel/lib/types.h"

#define NSEC_PER_SEC 1000000000ull

struct boot_info;
void clock_init(const struct boot_info *info);
u64 clock_monotonic_ns(void); /* since boot */
u64 clock_realtime_ns(void);
/* Set the real-time clock; tells the vDSO. */
void clock_set_realtime(u64 ns);
/* Of any clockid_t: 0 or -EINVAL. */
int clock_read(int clockid, u64 *ns);

/* -EINVAL unless 0 <= tv_nsec < 10^9 and tv_sec >= 0; saturates. */
int timespec_to_ns(const struct __kernel_timespec *ts, u64 *ns);
struct __kernel_timespec ns_to_timespec(u64 ns);

#endif
