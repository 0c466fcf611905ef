#include "kernel/time/clock.h"
#include <linux/time.h>
#include "arch/arch.h"
#include "kernel/task/sched.h"
#include "kernel/task/wait.h"
#include "kernel/time/clock_timer.h"
#include "kernel/time/virtual.h"
#include "shared/abi/boot.h"
#include "shared/abi/clock.h"

#define COARSE_STEP_NS 4000000ull /* what the *_COARSE clocks promise; they are exact here */

/*
 * Times reach to 2^63 - 1 ns (the year 2262), as on Linux; beyond that they are "for ever". A clock
 * that was set must have 30 years to run before it gets there.
 */
#define TIME_MAX_NS ((u64)INT64_MAX)
#define TIME_SETTABLE_NS (TIME_MAX_NS - 30ull * 365 * 24 * 3600 * NSEC_PER_SEC)

struct waitq clock_set_wait = WAITQ_INIT(clock_set_wait);

#define TIME_ADVANCE_MAX_NS (30ull * 365 * 24 * 3600 * NSEC_PER_SEC) /* as far as timers reach: timer.c */

/* Programs may be reading the clock on other CPUs while it is written. */
static struct clock_data *begin_change(void)
{
	struct clock_data *d = arch_clock_data();

	__atomic_store_n(&d->sequence, d->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return d;
}

static void end_change(struct clock_data *d)
{
	__atomic_store_n(&d->sequence, d->sequence + 1, __ATOMIC_RELEASE);
}

static void set_offset(u64 ns)
{
	struct clock_data *d = begin_change();

	d->realtime_offset_ns = ns;
	end_change(d);
}

void clock_init(const struct boot_info *info)
{
	set_offset(info->realtime_ns);
}

u64 clock_monotonic_ns(void)
{
	return arch_counter_ns();
}

u64 clock_realtime_ns(void)
{
	return arch_clock_data()->realtime_offset_ns + arch_counter_ns();
}

int clock_set_realtime(u64 ns)
{
	u64 uptime = arch_counter_ns();

	if (ns < uptime || ns >= TIME_SETTABLE_NS)
		return -EINVAL;
	set_offset(ns - uptime);
	waitq_wake_all(&clock_set_wait, 0);
	return 0;
}

/* The clock as programs see it; timers and the scheduler are told afterwards. */
static void jump(u64 ns)
{
	struct clock_data *d;

	if (virtual_time_on) {
		virtual_advance(ns);
		return;
	}
	d = begin_change();
	d->counter_start -= (u64)((unsigned __int128)ns * arch_counter_hz() / NSEC_PER_SEC) + 1;
	end_change(d);
}

int clock_advance(u64 ns)
{
	if (ns > TIME_ADVANCE_MAX_NS || clock_monotonic_ns() + ns > TIME_ADVANCE_MAX_NS ||
	    clock_realtime_ns() + ns >= TIME_SETTABLE_NS)
		return -EINVAL;
	jump(ns);
	sched_clock_advanced(ns);
	return 0;
}

u64 clock_realtime_to_monotonic(u64 realtime)
{
	u64 offset = arch_clock_data()->realtime_offset_ns;

	return realtime > offset ? realtime - offset : 0;
}

int clock_read(int clockid, u64 *ns)
{
	switch (clockid) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns = clock_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = clock_monotonic_ns();
		return 0;
	default:
		clockid = cpu_clock_resolve(clockid);
		return cpu_clock_permitted(clockid) ? cpu_clock_read(clockid, ns) : -EINVAL;
	}
}

int clock_resolution(int clockid, u64 *ns)
{
	u64 now;

	if (clock_read(clockid, &now))
		return -EINVAL;
	*ns = 1;
	if (clockid == CLOCK_REALTIME_COARSE || clockid == CLOCK_MONOTONIC_COARSE)
		*ns = COARSE_STEP_NS;
	return 0;
}

u64 time_add(u64 a, u64 b)
{
	u64 sum = a + b;

	return sum < a || sum == NO_DEADLINE ? NO_DEADLINE - 1 : sum;
}

static u64 seconds_to_ns(u64 seconds, u64 ns)
{
	return seconds >= TIME_MAX_NS / NSEC_PER_SEC ? TIME_MAX_NS : seconds * NSEC_PER_SEC + ns;
}

int timespec_to_ns(const struct __kernel_timespec *ts, u64 *ns)
{
	if (ts->tv_sec < 0 || (u64)ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*ns = seconds_to_ns(ts->tv_sec, ts->tv_nsec);
	return 0;
}

int timeval_to_ns(const struct __kernel_old_timeval *tv, u64 *ns)
{
	if (tv->tv_sec < 0 || (u64)tv->tv_usec >= 1000000)
		return -EINVAL;
	*ns = seconds_to_ns(tv->tv_sec, (u64)tv->tv_usec * 1000);
	return 0;
}

struct __kernel_timespec ns_to_timespec(u64 ns)
{
	return (struct __kernel_timespec){.tv_sec = ns / NSEC_PER_SEC,
					  .tv_nsec = ns % NSEC_PER_SEC};
}

struct __kernel_old_timeval ns_to_timeval(u64 ns)
{
	return (struct __kernel_old_timeval){.tv_sec = ns / NSEC_PER_SEC,
					     .tv_usec = ns % NSEC_PER_SEC / 1000};
}
