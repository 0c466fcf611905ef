#include "kernel/tty/pty.h"

#include <asm/ioctls.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/major.h>

#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"
#include "kernel/tty/tty.h"

#define PTY_RING   8192u
#define COPY_CHUNK 256u

struct pty {
	struct tty slave;
	unsigned int index;
	bool locked; /* TIOCSPTLCK: the slave cannot be opened */
	bool master_open;
	bool slave_opened; /* since the master last had one: EIO for the master when all are closed
			    */
	bool packet_mode;
	u8 packet_status; /* TIOCPKT_* to be told */
	u32 head, tail;	  /* of out, run freely */
	struct waitq master_wait;
	u8 out[PTY_RING]; /* slave to master */
};

static struct pty *table[PTY_MAX];

static u32 ring_used(const struct pty *p)
{
	return p->head - p->tail;
}

/* ---- the slave's line ---- */

static void slave_write(struct tty *t, const u8 *bytes, size_t n)
{
	struct pty *p = t->driver_data;

	if (n > PTY_RING - ring_used(p))
		n = PTY_RING - ring_used(p);
	for (size_t i = 0; i < n; i++)
		p->out[p->head++ % PTY_RING] = bytes[i];
	if (n)
		waitq_wake_all(&p->master_wait, EPOLLIN | EPOLLRDNORM);
}

static size_t slave_room(struct tty *t)
{
	return PTY_RING - ring_used(t->driver_data);
}

/* What has been written is with the master at once: tcdrain(3) does not wait for it to read. */
static u32 slave_queued(struct tty *t __unused)
{
	return 0;
}

static void slave_flush_output(struct tty *t)
{
	struct pty *p = t->driver_data;

	p->tail = p->head;
	waitq_wake_all(&t->write_wait, EPOLLOUT | EPOLLWRNORM);
}

static void slave_unthrottle(struct tty *t)
{
	struct pty *p = t->driver_data;

	waitq_wake_all(&p->master_wait, EPOLLOUT | EPOLLWRNORM);
}

static void slave_packet(struct tty *t, u8 status)
{
	struct pty *p = t->driver_data;

	if (!p->packet_mode)
		return;
	if (status & (TIOCPKT_STOP | TIOCPKT_START))
		p->packet_status &= ~(TIOCPKT_STOP | TIOCPKT_START);
	p->packet_status |= status;
	waitq_wake_all(&p->master_wait, EPOLLPRI | EPOLLIN);
}

static void pty_free(struct pty *p)
{
	tty_forget_session(&p->slave);
	table[p->index] = NULL;
	kfree(p);
}

static void slave_last_close(struct tty *t)
{
	struct pty *p = t->driver_data;

	if (p->master_open)
		waitq_wake_all(&p->master_wait, EPOLLIN | EPOLLHUP);
	else
		pty_free(p);
}

static const struct tty_driver slave_driver = {
	.write = slave_write,
	.room = slave_room,
	.queued = slave_queued,
	.flush_output = slave_flush_output,
	.unthrottle = slave_unthrottle,
	.packet = slave_packet,
	.last_close = slave_last_close,
};

static int slave_open(struct inode *i, struct file *f)
{
	unsigned int n = DEV_MINOR(i->rdev);
	struct pty *p = n < PTY_MAX ? table[n] : NULL;

	if (!p || !p->master_open || p->locked)
		return -EIO;
	int err = tty_open_file(&p->slave, f, f->flags & O_NOCTTY);
	if (!err)
		p->slave_opened = true;
	return err;
}

/* ---- the master ---- */

static bool slave_gone(const struct pty *p)
{
	return p->slave_opened && p->slave.open_count == 0;
}

static bool master_readable(const struct pty *p)
{
	return ring_used(p) || (p->packet_mode && p->packet_status);
}

static isize read_packet_status(struct pty *p, struct uio *to)
{
	u8 status = p->packet_status;

	p->packet_status = 0;
	return uio_write(to, &status, 1) ? 1 : -EFAULT;
}

static isize take_output(struct pty *p, struct uio *to)
{
	u8 buf[COPY_CHUNK], data = TIOCPKT_DATA;
	isize done = 0;

	if (p->packet_mode && !(done = uio_write(to, &data, 1)))
		return -EFAULT;
	while (to->left && ring_used(p)) {
		u32 n = MIN(to->left, MIN(sizeof(buf), (size_t)ring_used(p)));
		for (u32 i = 0; i < n; i++)
			buf[i] = p->out[p->tail++ % PTY_RING];
		u32 moved = uio_write(to, buf, n);
		done += moved;
		if (moved < n)
			return done ? done : -EFAULT;
	}
	waitq_wake_all(&p->slave.write_wait, EPOLLOUT | EPOLLWRNORM);
	return done;
}

static isize master_read(struct file *f, struct uio *to, file_off *pos __unused)
{
	struct pty *p = f->private;

	if (to->left == 0)
		return 0;
	if (!master_readable(p) && !slave_gone(p)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		int err = WAIT_EVENT(&p->master_wait, master_readable(p) || slave_gone(p),
				     TASK_INTERRUPTIBLE, NO_DEADLINE);
		if (err)
			return err;
	}
	if (!master_readable(p))
		return -EIO;
	if (p->packet_mode && p->packet_status)
		return read_packet_status(p, to);
	return take_output(p, to);
}

/* Some of `from` into the slave's input queue: bytes, -EFAULT, -EAGAIN, -ERESTARTSYS. */
static isize feed_slave(struct pty *p, struct uio *from, bool nonblock)
{
	u8 buf[COPY_CHUNK];
	struct uio before = *from;
	size_t n = uio_read(from, buf, MIN(from->left, sizeof(buf)));

	if (n == 0)
		return -EFAULT;
	if (!ldisc_room(&p->slave.ldisc)) {
		if (nonblock)
			return -EAGAIN;
		int err = WAIT_EVENT(&p->master_wait, ldisc_room(&p->slave.ldisc),
				     TASK_INTERRUPTIBLE, NO_DEADLINE);
		if (err)
			return err;
	}
	size_t taken = tty_receive(&p->slave, buf, n);
	*from = before;
	uio_skip(from, taken);
	return taken;
}

static isize master_write(struct file *f, struct uio *from, file_off *pos __unused)
{
	struct pty *p = f->private;
	isize done = 0;

	while (from->left) {
		isize r = feed_slave(p, from, f->flags & O_NONBLOCK);
		if (r < 0)
			return done ? done : r;
		done += r;
	}
	return done;
}

static u32 master_poll(struct file *f, struct poll_table *pt)
{
	struct pty *p = f->private;
	u32 events = 0;

	poll_wait(pt, &p->master_wait);
	if (master_readable(p))
		events |= EPOLLIN | EPOLLRDNORM;
	if (p->packet_mode && p->packet_status)
		events |= EPOLLPRI;
	if (slave_gone(p))
		events |= EPOLLHUP;
	if (ldisc_room(&p->slave.ldisc))
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

/* The slave goes with its last user; its files are dead at once. */
static void master_release(struct file *f)
{
	struct pty *p = f->private;

	devpts_remove(p->index);
	p->master_open = false;
	p->slave.other_closed = true;
	tty_hangup(&p->slave);
	if (p->slave.open_count == 0)
		pty_free(p);
}

/* ---- ioctl(2) of the master: ioctl_tty(2) ---- */

static long set_packet_mode(struct pty *p, const int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	if (on && !p->packet_mode)
		p->packet_status = 0;
	p->packet_mode = on;
	return 0;
}

static long set_lock(struct pty *p, const int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	p->locked = on;
	return 0;
}

static long open_peer(struct pty *p, unsigned long flags)
{
	char name[32];
	struct file *f;

	ksnprintf(name, sizeof(name), "/dev/pts/%u", p->index);
	int fd = fd_reserve(0, flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	int err = file_open(AT_FDCWD, name, flags, 0, &f);
	if (err) {
		fd_unreserve(fd);
		return err;
	}
	fd_install(fd, f);
	return fd;
}

static long send_signal(struct pty *p, unsigned long sig)
{
	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	if (p->slave.pgrp)
		signal_send_group(p->slave.pgrp->nr, sig, NULL);
	return 0;
}

static long master_flush(struct pty *p, unsigned long which)
{
	if (which != TCIFLUSH && which != TCOFLUSH && which != TCIOFLUSH)
		return -EINVAL;
	if (which != TCOFLUSH)
		slave_flush_output(&p->slave);
	if (which != TCIFLUSH)
		ldisc_flush_input(&p->slave.ldisc);
	return 0;
}

static long master_own_ioctl(struct pty *p, unsigned int cmd, unsigned long arg)
{
	int __user *u = (int __user *)arg;

	switch (cmd) {
	case TIOCGPTN:
		return put_user(p->index, (unsigned int __user *)u);
	case TIOCSPTLCK:
		return set_lock(p, u);
	case TIOCGPTLCK:
		return put_user(p->locked ? 1 : 0, u);
	case TIOCPKT:
		return set_packet_mode(p, u);
	case TIOCGPKT:
		return put_user(p->packet_mode ? 1 : 0, u);
	case TIOCGPTPEER:
		return open_peer(p, arg);
	case TIOCSIG:
		return send_signal(p, arg);
	case FIONREAD:
		return put_user((int)ring_used(p), u);
	case TIOCOUTQ:
		return put_user((int)ldisc_count(&p->slave.ldisc), u);
	case TCFLSH:
		return master_flush(p, arg);
	case TCSBRK:
	case TCSBRKP:
		return 0; /* the slave has taken everything already */
	default:
		return -ENOTTY;
	}
}

static long master_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pty *p = f->private;
	long r = tty_ioctl_common(&p->slave, f, cmd, arg, true);

	return r == -ENOIOCTLCMD ? master_own_ioctl(p, cmd, arg) : r;
}

static const struct file_ops master_ops = {
	.read = master_read,
	.write = master_write,
	.poll = master_poll,
	.ioctl = master_ioctl,
	.release = master_release,
};

bool pty_is_master(const struct file *f)
{
	return f->ops == &master_ops;
}

static int ptmx_open(struct inode *i __unused, struct file *f)
{
	unsigned int n = 0;
	struct pty *p;

	while (n < PTY_MAX && table[n])
		n++;
	if (n == PTY_MAX)
		return -ENOSPC;
	p = kzalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	int err = devpts_add(n);
	if (err) {
		kfree(p);
		return err;
	}
	tty_init(&p->slave, &slave_driver, p, DEV(UNIX98_PTY_SLAVE_MAJOR, n));
	p->slave.ldisc.termios.c_cflag &= ~HUPCL;
	waitq_init(&p->master_wait);
	p->index = n;
	p->locked = p->master_open = true;
	table[n] = p;
	f->ops = &master_ops;
	f->private = p;
	return 0;
}

void pty_register_devices(void)
{
	if (!chrdev_register(DEV(TTYAUX_MAJOR, 2), "ptmx", &master_ops, ptmx_open))
		devtmpfs_add("ptmx", 0666, DEV(TTYAUX_MAJOR, 2));
	chrdev_register(DEV(UNIX98_PTY_SLAVE_MAJOR, DEV_ANY_MINOR), "pts", &tty_file_ops,
			slave_open);
	devpts_register();
}
