/*
 * Clocks, sleeping and timers: clock_gettime(2), nanosleep(2), setitimer(2), timer_create(2) and
 * theirs.
 */
#include "syscall.h"
#include <linux/capability.h>
#include <linux/time.h>
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "kernel/time/itimer.h"
#include "kernel/time/posix_timer.h"

static struct timezone zone; /* kept for settimeofday(2), used by nobody */

static int timespec_from_user(const void __user *p, u64 *ns)
{
	struct __kernel_timespec ts;

	if (copy_from_user(&ts, p, sizeof(ts)))
		return -EFAULT;
	return timespec_to_ns(&ts, ns);
}

static int timespec_to_user(void __user *p, u64 ns)
{
	struct __kernel_timespec ts = ns_to_timespec(ns);

	return copy_to_user(p, &ts, sizeof(ts));
}

/* ---- reading and setting ---- */

long sys_time(void __user *time)
{
	long now = clock_realtime_ns() / NSEC_PER_SEC;

	if (time && copy_to_user(time, &now, sizeof(now)))
		return -EFAULT;
	return now;
}

long sys_gettimeofday(void __user *tv, void __user *tz)
{
	struct __kernel_old_timeval now;

	if (tv) {
		now = ns_to_timeval(clock_realtime_ns());
		if (copy_to_user(tv, &now, sizeof(now)))
			return -EFAULT;
	}
	if (tz && copy_to_user(tz, &zone, sizeof(zone)))
		return -EFAULT;
	return 0;
}

long sys_settimeofday(const void __user *tv, void __user *tz)
{
	struct __kernel_old_timeval time;
	struct timezone new_zone;
	u64 ns = 0;

	if (tv && copy_from_user(&time, tv, sizeof(time)))
		return -EFAULT;
	if (tz && copy_from_user(&new_zone, tz, sizeof(new_zone)))
		return -EFAULT;
	if (tv && timeval_to_ns(&time, &ns))
		return -EINVAL;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (tz && (new_zone.tz_minuteswest > 15 * 60 || new_zone.tz_minuteswest < -15 * 60))
		return -EINVAL;
	if (tz)
		zone = new_zone;
	return tv ? clock_set_realtime(ns) : 0;
}

long sys_clock_gettime(int clock, void __user *time)
{
	u64 ns;
	int err = clock_read(clock, &ns);

	return err ? err : timespec_to_user(time, ns);
}

long sys_clock_getres(int clock, void __user *res)
{
	u64 ns;
	int err = clock_resolution(clock, &ns);

	if (err || !res)
		return err;
	return timespec_to_user(res, ns);
}

long sys_clock_settime(int clock, const void __user *time)
{
	struct __kernel_timespec ts;
	u64 ns, now;

	if (clock > CLOCK_REALTIME)
		return -EINVAL;
	if (copy_from_user(&ts, time, sizeof(ts)))
		return -EFAULT;
	if (clock < 0) /* CPU time */
		return clock_read(clock, &now) ? -EINVAL : -EPERM;
	if (timespec_to_ns(&ts, &ns))
		return -EINVAL;
	return capable(CAP_SYS_TIME) ? clock_set_realtime(ns) : -EPERM;
}

/* ---- sleeping ---- */

long sys_nanosleep(const void __user *req, void __user *rem)
{
	u64 ns;
	int err = timespec_from_user(req, &ns);

	return err ? err : clock_sleep(CLOCK_MONOTONIC, false, ns, rem);
}

/* Which clocks can be slept on: 0, -EINVAL or -EOPNOTSUPP. */
static int sleepable(int clock)
{
	u64 unused;

	switch (clock) {
	case CLOCK_THREAD_CPUTIME_ID: /* the C library says EINVAL */
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	default:
		if (clock < 0) /* whose it is matters later */
			return clock_is_device(clock) ? -EOPNOTSUPP : 0;
		return clock_read(clock, &unused);
	}
}

long sys_clock_nanosleep(int clock, int flags, const void __user *req, void __user *rem)
{
	u64 ns, now;
	int err = sleepable(clock);

	if (!err)
		err = timespec_from_user(req, &ns);
	if (!err)
		err = clock_read(clock, &now);
	if (err)
		return err;
	if (cpu_clock_resolve(clock) ==
	    cpu_clock_id(task_tid(task_current()), true, CPU_CLOCK_SCHED))
		return -EINVAL; /* one's own time stands still in the sleep */
	return clock_sleep(clock, flags & TIMER_ABSTIME, ns, rem);
}

/* ---- interval timers ---- */

static int itimer_to_user(void __user *p, u64 left, u64 interval)
{
	struct __kernel_old_itimerval v = {.it_interval = ns_to_timeval(interval)};

	/* what is left is never shown as 0: that would mean "disarmed" */
	v.it_value = ns_to_timeval(left && left < 1000 ? 1000 : left);
	return copy_to_user(p, &v, sizeof(v));
}

long sys_getitimer(int which, void __user *value)
{
	u64 left, interval;
	int err = itimer_get(which, &left, &interval);

	return err ? err : itimer_to_user(value, left, interval);
}

long sys_setitimer(int which, const void __user *value, void __user *old)
{
	struct __kernel_old_itimerval v = {0};
	u64 left, old_left, interval, old_interval;
	int err;

	if (value && copy_from_user(&v, value, sizeof(v)))
		return -EFAULT;
	if (timeval_to_ns(&v.it_value, &left) || timeval_to_ns(&v.it_interval, &interval))
		return -EINVAL;
	err = itimer_get(which, &old_left, &old_interval);
	if (!err)
		err = itimer_set(which, left, interval);
	if (err || !old)
		return err;
	return itimer_to_user(old, old_left, old_interval);
}

/* Whole seconds, half up, but never 0 for an alarm that is set. */
long sys_alarm(unsigned int seconds)
{
	u64 left, interval, s;

	itimer_get(ITIMER_REAL, &left, &interval);
	itimer_set(ITIMER_REAL, (u64)seconds * NSEC_PER_SEC, 0);
	s = left / NSEC_PER_SEC + (left % NSEC_PER_SEC >= NSEC_PER_SEC / 2);
	return left && !s ? 1 : s;
}

/* ---- timer_create(2) ---- */

long sys_timer_create(int clock, void __user *event, void __user *id)
{
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	struct posix_timer *made;
	long timer;
	int nr;

	if (event && copy_from_user(&e, event, sizeof(e)))
		return -EFAULT;
	if ((clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) &&
	    !capable(CAP_WAKE_ALARM))
		return -EPERM;
	timer = posix_timer_create(clock, e.sigev_notify, e.sigev_signo, e._sigev_un._tid,
				   e.sigev_value, !event);
	if (timer < 0)
		return timer;
	nr = timer;
	if (!copy_to_user(id, &nr, sizeof(nr)))
		return 0;
	made = posix_timer_find(nr); /* unless another thread was quicker */
	if (made)
		posix_timer_delete(made);
	return -EFAULT;
}

static int setting_to_user(void __user *p, const struct posix_timer_setting *s)
{
	struct __kernel_itimerspec v = {
		.it_interval = ns_to_timespec(s->interval),
		.it_value = ns_to_timespec(s->value),
	};

	return copy_to_user(p, &v, sizeof(v));
}

long sys_timer_settime(int id, int flags, void __user *value, void __user *old)
{
	struct posix_timer_setting new, was;
	struct __kernel_itimerspec v;
	struct posix_timer *t;

	if (!value)
		return -EINVAL;
	if (copy_from_user(&v, value, sizeof(v)))
		return -EFAULT;
	if (timespec_to_ns(&v.it_value, &new.value) ||
	    timespec_to_ns(&v.it_interval, &new.interval))
		return -EINVAL;
	t = posix_timer_find(id);
	if (!t)
		return -EINVAL;
	posix_timer_get(t, &was);
	posix_timer_set(t, flags & TIMER_ABSTIME, &new);
	return old ? setting_to_user(old, &was) : 0;
}

long sys_timer_gettime(int id, void __user *value)
{
	struct posix_timer *t = posix_timer_find(id);
	struct posix_timer_setting now;

	if (!t)
		return -EINVAL;
	posix_timer_get(t, &now);
	return setting_to_user(value, &now);
}

long sys_timer_getoverrun(int id)
{
	struct posix_timer *t = posix_timer_find(id);

	return t ? posix_timer_overrun(t) : -EINVAL;
}

long sys_timer_delete(int id)
{
	struct posix_timer *t = posix_timer_find(id);

	if (!t)
		return -EINVAL;
	posix_timer_delete(t);
	return 0;
}
