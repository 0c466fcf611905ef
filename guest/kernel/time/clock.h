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
/*
 * Set the real-time clock; tells the vDSO. 0, or -EINVAL: less than the uptime, or too late to be
 * represented for long.
 */
int clock_set_realtime(u64 ns);
/*
 * Test control: monotonic and real time jump ns ahead, CPU time does not. What is due by then happens
 * before this returns. 0, or -EINVAL: the clock would stand more than 30 years after boot.
 */
int clock_advance(u64 ns);
/* Of any clockid_t: 0 or -EINVAL. */
int clock_read(int clockid, u64 *ns);
/*
 * clock_nanosleep(2) for a clock that can be slept on: for ns, or until the clock reads ns. rem
 * (may be NULL) gets what is left of a relative sleep that a signal cut short. 0, -EFAULT,
 * -ERESTARTNOHAND (absolute) or -ERESTART_RESTARTBLOCK.
 */
long clock_sleep(int clockid, bool absolute, u64 ns, struct __kernel_timespec __user *rem);
/* Smallest step of a clock: 0 or -EINVAL. */
int clock_resolution(int clockid, u64 *ns);
/*
 * The monotonic time at which the real-time clock will read `realtime`; 0 when that is past beyond
 * boot.
 */
u64 clock_realtime_to_monotonic(u64 realtime);

/*
 * CPU-time clocks (clock_getcpuclockid(3), pthread_getcpuclockid(3)): a negative clockid_t holds
 * ~id << 3, bit 2 for one thread, and what is counted.
 */
enum cpu_clock { CPU_CLOCK_PROF = 0, CPU_CLOCK_VIRT = 1, CPU_CLOCK_SCHED = 2 };
static inline int cpu_clock_id(int id, bool thread, enum cpu_clock what)
{
	return (int)((u32)~id << 3 | (thread ? 4 : 0) | what);
}
/* The clock of a device, by a descriptor: there are none. */
static inline bool clock_is_device(int clockid)
{
	return clockid < 0 && (clockid & 7) == 3;
}
/*
 * Names the current process's or thread's CPU clock explicitly, so that it means the same in any
 * context; other ids come back unchanged.
 */
int cpu_clock_resolve(int clockid);
/* A thread's clock may be read only from within its process. */
bool cpu_clock_permitted(int clockid);
/* Of a resolved id, in any context: 0 or -EINVAL: no such process or thread. */
int cpu_clock_read(int clockid, u64 *ns);
/* How many threads may advance the clock at once (>= 1). */
u32 cpu_clock_rate(int clockid);
struct task;
struct process;
/* CPU time used so far in user mode and in the kernel. */
void task_cpu_time(const struct task *t, u64 *user, u64 *kernel);
void process_cpu_time(const struct process *p, u64 *user, u64 *kernel);

/* -EINVAL unless 0 <= tv_nsec < 10^9 and tv_sec >= 0; saturates. */
int timespec_to_ns(const struct __kernel_timespec *ts, u64 *ns);
struct __kernel_timespec ns_to_timespec(u64 ns);
struct __kernel_old_timeval ns_to_timeval(u64 ns); /* rounds down */
/* -EINVAL unless 0 <= tv_usec < 10^6 and tv_sec >= 0; saturates. */
int timeval_to_ns(const struct __kernel_old_timeval *tv, u64 *ns);
/* a + b, saturating at NO_DEADLINE - 1 ("never" is another value). */
u64 time_add(u64 a, u64 b);

#endif
