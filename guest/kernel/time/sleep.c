/* Sleeping on a clock: nanosleep(2), clock_nanosleep(2). */
#include <linux/time.h>
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "kernel/time/clock_timer.h"

#define CPU_LOOK_NS 1000000ull /* how often a sleeper looks at a CPU clock at most */

/* restart_arg of an interrupted sleep */
enum { RESTART_CLOCK, RESTART_TARGET, RESTART_REM };

/* The monotonic time at which the clock may have reached target. */
static u64 sleep_deadline(int clock, u64 now, u64 target)
{
	if (clock == CLOCK_MONOTONIC)
		return target;
	if (clock == CLOCK_REALTIME)
		return clock_realtime_to_monotonic(target);
	return time_add(clock_monotonic_ns(),
			MAX((target - now) / cpu_clock_rate(clock), CPU_LOOK_NS));
}

/* 0 or -ERESTARTSYS. A set real-time clock wakes its sleepers, who look again. */
static int sleep_until(int clock, u64 target)
{
	struct waitq own;
	u64 now;

	waitq_init(&own);
	while (clock_read(clock, &now) == 0 && now < target) {
		struct waitq *q = clock == CLOCK_REALTIME ? &clock_set_wait : &own;

		if (waitq_sleep(q, TASK_INTERRUPTIBLE, sleep_deadline(clock, now, target)) ==
		    -ERESTARTSYS)
			return -ERESTARTSYS;
	}
	return 0;
}

static long sleep_interrupted(int clock, u64 target, struct __kernel_timespec __user *rem);

static long sleep_restart(struct task *t)
{
	int clock = (int)t->restart_arg[RESTART_CLOCK];
	u64 target = t->restart_arg[RESTART_TARGET];

	if (!sleep_until(clock, target))
		return 0;
	return sleep_interrupted(clock, target,
				 (struct __kernel_timespec __user *)t->restart_arg[RESTART_REM]);
}

/* What is left is counted now: between a stop and the continuation time goes on. */
static long sleep_interrupted(int clock, u64 target, struct __kernel_timespec __user *rem)
{
	struct task *t = task_current();
	u64 now = 0;

	if (clock_read(clock, &now) || now >= target)
		return 0;
	if (rem && put_user(ns_to_timespec(target - now), rem))
		return -EFAULT;
	t->restart_fn = sleep_restart;
	t->restart_arg[RESTART_CLOCK] = (u64)clock;
	t->restart_arg[RESTART_TARGET] = target;
	t->restart_arg[RESTART_REM] = (u64)rem;
	return -ERESTART_RESTARTBLOCK;
}

static int sleep_clock(int clockid, bool absolute)
{
	if (clockid < 0 || clockid == CLOCK_PROCESS_CPUTIME_ID)
		return cpu_clock_resolve(clockid);
	if (absolute &&
	    (clockid == CLOCK_REALTIME || clockid == CLOCK_REALTIME_ALARM || clockid == CLOCK_TAI))
		return CLOCK_REALTIME;
	return CLOCK_MONOTONIC;
}

long clock_sleep(int clockid, bool absolute, u64 ns, struct __kernel_timespec __user *rem)
{
	int clock = sleep_clock(clockid, absolute);
	u64 now, target = ns;

	if (!absolute) {
		if (clock_read(clock, &now))
			return -EINVAL;
		target = time_add(now, ns);
	}
	if (!sleep_until(clock, target))
		return 0;
	return absolute ? -ERESTARTNOHAND : sleep_interrupted(clock, target, rem);
}
