/* Sleeping on a clock: nanosleep(2), clock_nanosleep(2). */
#include <linux/time.h>
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "kernel/time/clock_timer.h"

/* restart_arg of an interrupted sleep */
enum { RESTART_CLOCK, RESTART_TARGET, RESTART_REM };

/* A sleep on a CPU clock. */
struct cpu_sleep {
	struct clock_timer timer;
	struct waitq q;
	bool over;
};

static void cpu_sleep_over(struct clock_timer *t)
{
	struct cpu_sleep *s = container_of(t, struct cpu_sleep, timer);

	s->over = true;
	waitq_wake_all(&s->q, 0);
}

static int sleep_until_cpu_time(int clock, u64 target)
{
	struct cpu_sleep s;
	int err;

	waitq_init(&s.q);
	s.over = false;
	clock_timer_init(&s.timer, cpu_sleep_over);
	clock_timer_start(&s.timer, clock, true, target, 0);
	err = WAIT_EVENT(&s.q, s.over, TASK_INTERRUPTIBLE, NO_DEADLINE);
	clock_timer_stop(&s.timer);
	return err;
}

/* 0 or -ERESTARTSYS. A set real-time clock wakes its sleepers, who look again. */
static int sleep_until(int clock, u64 target)
{
	struct waitq own;
	u64 now;

	waitq_init(&own);
	while (clock_read(clock, &now) == 0 && now < target) {
		bool real = clock == CLOCK_REALTIME;

		if (clock < 0)
			return sleep_until_cpu_time(clock, target);
		if (waitq_sleep(real ? &clock_set_wait : &own, TASK_INTERRUPTIBLE,
				real ? clock_realtime_to_monotonic(target) : target) == -ERESTARTSYS)
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
