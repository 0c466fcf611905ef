#include "kernel/fs/eventfd.h"
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include "kernel/fs/file.h"
#include "kernel/lib/log.h"
#include "kernel/fs/event_file.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

#define EVENTFD_MAX (~0ull - 1)

struct eventfd {
	u64 count;
	bool semaphore;
	struct waitq wait; /* readers and writers */
};

static SLAB_CACHE(eventfd_cache, "eventfd", struct eventfd);

static isize eventfd_read(struct file *f, struct uio *to, file_off *pos __unused)
{
	struct eventfd *e = f->private;
	u64 value;
	int err;

	if (to->left < sizeof(value))
		return -EINVAL;
	if (!e->count && (f->flags & O_NONBLOCK))
		return -EAGAIN;
	err = WAIT_EVENT(&e->wait, e->count, TASK_INTERRUPTIBLE, NO_DEADLINE);
	if (err)
		return err;
	value = e->semaphore ? 1 : e->count;
	e->count -= value;
	waitq_wake_all(&e->wait, EPOLLOUT);
	if (uio_write(to, &value, sizeof(value)) != sizeof(value))
		return -EFAULT;
	return sizeof(value);
}

static isize eventfd_write(struct file *f, struct uio *from, file_off *pos __unused)
{
	struct eventfd *e = f->private;
	u64 value;
	int err;

	if (from->left < sizeof(value))
		return -EINVAL;
	if (uio_read(from, &value, sizeof(value)) != sizeof(value))
		return -EFAULT;
	if (value == ~0ull)
		return -EINVAL;
	if (value > EVENTFD_MAX - e->count && (f->flags & O_NONBLOCK))
		return -EAGAIN;
	err = WAIT_EVENT(&e->wait, value <= EVENTFD_MAX - e->count, TASK_INTERRUPTIBLE,
			 NO_DEADLINE);
	if (err)
		return err;
	e->count += value;
	waitq_wake_all(&e->wait, EPOLLIN);
	return sizeof(value);
}

static u32 eventfd_poll(struct file *f, struct poll_table *table)
{
	struct eventfd *e = f->private;
	u32 events = 0;

	poll_wait(table, &e->wait);
	if (e->count)
		events |= EPOLLIN;
	if (e->count < EVENTFD_MAX)
		events |= EPOLLOUT;
	return events;
}

static void eventfd_release(struct file *f)
{
	slab_free(&eventfd_cache, f->private);
}

static void eventfd_show(struct file *f, char *buf, size_t size)
{
	struct eventfd *e = f->private;

	ksnprintf(buf, size, "eventfd-count: %16llx\n", (unsigned long long)e->count);
}

static const struct file_ops eventfd_ops = {
	.read = eventfd_read,
	.write = eventfd_write,
	.segments_apart = true,
	.poll = eventfd_poll,
	.seek = event_file_seek,
	.release = eventfd_release,
	.show_fdinfo = eventfd_show,
};

int eventfd_create(u64 initial, bool semaphore, u32 flags, struct file **out)
{
	struct eventfd *e = slab_alloc(&eventfd_cache);
	int err;

	if (!e)
		return -ENOMEM;
	e->count = initial;
	e->semaphore = semaphore;
	waitq_init(&e->wait);
	err = file_create_anon("[eventfd]", &eventfd_ops, e, flags, out);
	if (err)
		slab_free(&eventfd_cache, e);
	return err;
}
