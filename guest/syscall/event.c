/* Files that stand for events: epoll(7), eventfd(2), timerfd_create(2), signalfd(2). */
#include "syscall.h"
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/signalfd.h>
#include <linux/time.h>
#include <linux/timerfd.h>
#include "kernel/fs/epoll.h"
#include "kernel/fs/eventfd.h"
#include "kernel/fs/file.h"
#include "kernel/fs/signalfd.h"
#include "kernel/fs/timerfd.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "timeout.h"

/* A descriptor for f; f is dropped when there is none. */
static long install(struct file *f, bool cloexec)
{
	long fd = fd_add(f, cloexec);

	if (fd < 0)
		file_put(f);
	return fd;
}

/* ---- epoll ---- */

long sys_epoll_create1(int flags)
{
	struct file *f;
	int err;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	err = epoll_create_file(O_RDWR, &f);
	return err ? err : install(f, flags & EPOLL_CLOEXEC);
}

long sys_epoll_create(int size)
{
	return size <= 0 ? -EINVAL : sys_epoll_create1(0);
}

long sys_epoll_ctl(int epfd, int op, int fd, void __user *event)
{
	struct epoll_event e = {0};
	struct file *epoll, *target;
	long err = -EBADF;

	if (op != EPOLL_CTL_DEL && copy_from_user(&e, event, sizeof(e)))
		return -EFAULT;
	epoll = fd_get(epfd);
	if (!epoll)
		return -EBADF;
	target = fd_get(fd);
	if (target) {
		err = epoll_control(epoll, op, target, fd, &e);
		file_put(target);
	}
	file_put(epoll);
	return err;
}

static long wait_events(int epfd, void __user *events, int max, u64 deadline)
{
	struct file *f;
	long ret;

	if (max <= 0 || (size_t)max > INT32_MAX / sizeof(struct epoll_event))
		return -EINVAL;
	if (!user_range_ok(events, max * sizeof(struct epoll_event)))
		return -EFAULT;
	f = fd_get(epfd);
	if (!f)
		return -EBADF;
	ret = file_is_epoll(f) ? epoll_wait_events(f, events, max, deadline) : -EINVAL;
	file_put(f);
	return ret;
}

static long wait_events_masked(int epfd, void __user *events, int max, u64 deadline,
			       const u64 __user *mask, size_t size)
{
	long ret = swap_user_mask(mask, size);

	if (ret)
		return ret;
	ret = wait_events(epfd, events, max, deadline);
	if (ret != -EINTR)
		signal_restore_mask();
	return ret;
}

long sys_epoll_wait(int epfd, void __user *events, int max, int timeout)
{
	return wait_events(epfd, events, max, timeout_from_ms(timeout));
}

long sys_epoll_pwait(int epfd, void __user *events, int max, int timeout, const u64 __user *mask,
		     size_t size)
{
	return wait_events_masked(epfd, events, max, timeout_from_ms(timeout), mask, size);
}

long sys_epoll_pwait2(int epfd, void __user *events, int max, const void __user *timeout,
		      const u64 __user *mask, size_t size)
{
	u64 deadline;
	int err = timeout_from_timespec(timeout, &deadline);

	return err ? err : wait_events_masked(epfd, events, max, deadline, mask, size);
}

/* ---- eventfd ---- */

/* <sys/eventfd.h>; not in every version of the kernel's own headers */
#define EFD_SEMAPHORE 1
#define EFD_CLOEXEC O_CLOEXEC
#define EFD_NONBLOCK O_NONBLOCK

long sys_eventfd2(unsigned int initial, int flags)
{
	struct file *f;
	int err;

	if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
		return -EINVAL;
	err = eventfd_create(initial, flags & EFD_SEMAPHORE, O_RDWR | (flags & EFD_NONBLOCK), &f);
	return err ? err : install(f, flags & EFD_CLOEXEC);
}

long sys_eventfd(unsigned int initial)
{
	return sys_eventfd2(initial, 0);
}

/* ---- timerfd ---- */

static bool alarm_clock(int clock)
{
	return clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

static bool timerfd_clock(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
	       alarm_clock(clock);
}

long sys_timerfd_create(int clock, int flags)
{
	struct file *f;
	int err;

	if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) || !timerfd_clock(clock))
		return -EINVAL;
	if (alarm_clock(clock) && !capable(CAP_WAKE_ALARM))
		return -EPERM;
	err = timerfd_create_file(clock, O_RDWR | (flags & TFD_NONBLOCK), &f);
	return err ? err : install(f, flags & TFD_CLOEXEC);
}

/* The timer at fd with a reference: 0, -EBADF or -EINVAL. */
static int timerfd_from_fd(int fd, struct file **out)
{
	*out = fd_get(fd);
	if (!*out)
		return -EBADF;
	if (file_is_timerfd(*out))
		return 0;
	file_put(*out);
	return -EINVAL;
}

static int timerfd_to_user(void __user *p, const struct timerfd_setting *s)
{
	struct __kernel_itimerspec v = {
		.it_interval = ns_to_timespec(s->interval),
		.it_value = ns_to_timespec(s->value),
	};

	return copy_to_user(p, &v, sizeof(v));
}

long sys_timerfd_settime(int fd, int flags, void __user *value, void __user *old)
{
	struct timerfd_setting new, was;
	struct __kernel_itimerspec v;
	struct file *f;
	int err;

	if (copy_from_user(&v, value, sizeof(v)))
		return -EFAULT;
	if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return -EINVAL;
	if (timespec_to_ns(&v.it_value, &new.value) ||
	    timespec_to_ns(&v.it_interval, &new.interval))
		return -EINVAL;
	err = timerfd_from_fd(fd, &f);
	if (err)
		return err;
	timerfd_set(f, flags & TFD_TIMER_ABSTIME, flags & TFD_TIMER_CANCEL_ON_SET, &new, &was);
	file_put(f);
	return old ? timerfd_to_user(old, &was) : 0;
}

long sys_timerfd_gettime(int fd, void __user *value)
{
	struct timerfd_setting now;
	struct file *f;
	int err = timerfd_from_fd(fd, &f);

	if (err)
		return err;
	timerfd_get(f, &now);
	file_put(f);
	return timerfd_to_user(value, &now);
}

/* ---- signalfd ---- */

static long signalfd_new(u64 mask, int flags)
{
	struct file *f;
	int err = signalfd_create(mask, O_RDWR | (flags & SFD_NONBLOCK), &f);

	return err ? err : install(f, flags & SFD_CLOEXEC);
}

static long signalfd_change(int fd, u64 mask)
{
	struct file *f = fd_get(fd);
	bool ours;

	if (!f)
		return -EBADF;
	ours = file_is_signalfd(f);
	if (ours)
		signalfd_set_mask(f, mask);
	file_put(f);
	return ours ? fd : -EINVAL;
}

long sys_signalfd4(int fd, const u64 __user *mask, size_t size, int flags)
{
	u64 m;

	if (size != sizeof(m))
		return -EINVAL;
	if (get_user(m, mask))
		return -EFAULT;
	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	return fd == -1 ? signalfd_new(m, flags) : signalfd_change(fd, m);
}

long sys_signalfd(int fd, const u64 __user *mask, size_t size)
{
	return sys_signalfd4(fd, mask, size, 0);
}
