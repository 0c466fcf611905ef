#include "kernel/fs/timerfd.h"
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include "kernel/fs/file.h"
#include "kernel/fs/event_file.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"
#include "kernel/time/clock_timer.h"

/*
 * A periodic timer is armed again only when its expiries are read: nobody who does not look pays
 * for interrupts.
 */
struct timerfd {
	struct clock_timer timer;
	int clockid;
	u64 expirations; /* not read yet, as far as counted */
	struct waitq wait;
	struct waiter clock_watch; /* TFD_TIMER_CANCEL_ON_SET: on clock_set_wait */
	bool cancelled;
};

static SLAB_CACHE(timerfd_cache, "timerfd", struct timerfd);

static void timerfd_expired(struct clock_timer *ct)
{
	struct timerfd *t = container_of(ct, struct timerfd, timer);

	t->expirations++;
	waitq_wake_all(&t->wait, EPOLLIN);
}

static void timerfd_clock_set(struct waiter *w, u32 key __unused)
{
	struct timerfd *t = container_of(w, struct timerfd, clock_watch);

	t->cancelled = true;
	waitq_wake_all(&t->wait, EPOLLIN);
}

/* Has the expiry been counted whose successor is not armed yet? */
static bool timerfd_due(const struct timerfd *t)
{
	return t->expirations && t->timer.target && !t->timer.timer.armed;
}

static void timerfd_continue(struct timerfd *t)
{
	if (!timerfd_due(t))
		return;
	if (t->timer.interval)
		t->expirations += clock_timer_forward(&t->timer) - 1;
	else
		clock_timer_stop(&t->timer);
}

static isize timerfd_read(struct file *f, struct uio *to, file_off *pos __unused)
{
	struct timerfd *t = f->private;
	u64 count;
	int err;

	if (to->left < sizeof(count))
		return -EINVAL;
	if (!t->expirations && !t->cancelled && (f->flags & O_NONBLOCK))
		return -EAGAIN;
	err = WAIT_EVENT(&t->wait, t->expirations || t->cancelled, TASK_INTERRUPTIBLE, NO_DEADLINE);
	if (err)
		return err;
	if (t->cancelled) {
		t->cancelled = false;
		t->expirations = 0;
		return -ECANCELED;
	}
	timerfd_continue(t);
	count = t->expirations;
	t->expirations = 0;
	if (uio_write(to, &count, sizeof(count)) != sizeof(count))
		return -EFAULT;
	return sizeof(count);
}

static u32 timerfd_poll(struct file *f, struct poll_table *table)
{
	struct timerfd *t = f->private;

	poll_wait(table, &t->wait);
	return t->expirations || t->cancelled ? EPOLLIN : 0;
}

static void timerfd_release(struct file *f)
{
	struct timerfd *t = f->private;

	clock_timer_stop(&t->timer);
	waitq_remove(&t->clock_watch);
	slab_free(&timerfd_cache, t);
}

static const struct file_ops timerfd_ops = {
	.read = timerfd_read,
	.poll = timerfd_poll,
	.seek = event_file_seek,
	.release = timerfd_release,
};

bool file_is_timerfd(const struct file *f)
{
	return f->ops == &timerfd_ops;
}

int timerfd_create_file(int clockid, u32 flags, struct file **out)
{
	struct timerfd *t = slab_zalloc(&timerfd_cache);
	int err;

	if (!t)
		return -ENOMEM;
	clock_timer_init(&t->timer, timerfd_expired);
	t->clockid = clockid;
	waitq_init(&t->wait);
	list_init(&t->clock_watch.link);
	t->clock_watch.wake = timerfd_clock_set;
	err = file_create_anon("[timerfd]", &timerfd_ops, t, flags, out);
	if (err)
		slab_free(&timerfd_cache, t);
	return err;
}

void timerfd_get(struct file *f, struct timerfd_setting *out)
{
	struct timerfd *t = f->private;

	timerfd_continue(t);
	out->value = clock_timer_left(&t->timer);
	out->interval = t->timer.interval;
}

void timerfd_set(struct file *f, bool absolute, bool cancel_on_set,
		 const struct timerfd_setting *new, struct timerfd_setting *was)
{
	struct timerfd *t = f->private;
	bool real = t->clockid == CLOCK_REALTIME || t->clockid == CLOCK_REALTIME_ALARM;

	timerfd_get(f, was);
	waitq_remove(&t->clock_watch);
	if (cancel_on_set && absolute && real)
		waitq_add(&clock_set_wait, &t->clock_watch);
	t->cancelled = false;
	t->expirations = 0;
	clock_timer_start(&t->timer, t->clockid, absolute, new->value, new->interval);
}
