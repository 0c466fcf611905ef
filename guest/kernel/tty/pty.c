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

/*
 * What is under way in one direction. On Linux the first LDISC_READ bytes of it are in the reader's line discipline, what follows in the
 * buffers before: that shows in how much one read of the master gives, and what a flush leaves.
 */
#define PTY_OUT	   16384u
#define PTY_IN	   8192u /* beside what the slave's line discipline has taken */
#define COPY_CHUNK 256u

struct pty {
	struct tty slave;
	unsigned int index;
	bool locked; /* TIOCSPTLCK: the slave cannot be opened */
	bool master_open;
	bool slave_opened; /* since the master last had one: EIO for the master when all are closed
			    */
	bool master_stopped; /* TCXONC of the master */
	bool packet_mode;
	u8 packet_status; /* TIOCPKT_* to be told */
	u32 head, tail;	  /* of out, run freely */
	u32 echo_from;	  /* where the echo of the input at hand begins */
	bool receiving;	  /* there is input at hand */
	u32 in_head, in_tail;
	u8 *in; /* master to slave, for which the line discipline has no room yet; made when first needed */
	struct waitq master_wait;
	u8 *out; /* slave to master */
};

static struct pty *table[PTY_MAX];

static u32 ring_used(const struct pty *p)
{
	return p->head - p->tail;
}

/* Bytes that the master may read at once. */
static u32 ring_delivered(const struct pty *p)
{
	return MIN(ring_used(p), LDISC_READ);
}

/* ---- the slave's line ---- */

static void slave_write(struct tty *t, const u8 *bytes, size_t n)
{
	struct pty *p = t->driver_data;

	if (n > PTY_OUT - ring_used(p))
		n = PTY_OUT - ring_used(p);
	for (size_t i = 0; i < n; i++)
		p->out[p->head++ % PTY_OUT] = bytes[i];
	if (n)
		waitq_wake_all(&p->master_wait, EPOLLIN | EPOLLRDNORM);
}

static size_t slave_room(struct tty *t)
{
	return PTY_OUT - ring_used(t->driver_data);
}

/* What has been written is with the master at once: tcdrain(3) does not wait for it to read. */
static u32 slave_queued(struct tty *t __unused)
{
	return 0;
}

static void slave_flush_output(struct tty *t)
{
	struct pty *p = t->driver_data;

	u32 keep = ring_delivered(p);

	if (p->receiving)
		keep = MIN(keep, p->echo_from - p->tail);
	p->head = p->tail + keep;
	waitq_wake_all(&t->write_wait, EPOLLOUT | EPOLLWRNORM);
}

/* A character that sends a signal takes back the echo of what came with it, which Linux has not sent yet. */
static size_t deliver_input(struct pty *p, const u8 *bytes, size_t n)
{
	p->echo_from = p->head;
	p->receiving = true;
	size_t taken = tty_receive(&p->slave, bytes, n);
	p->receiving = false;
	return taken;
}

static void slave_unthrottle(struct tty *t)
{
	struct pty *p = t->driver_data;

	while (p->in_head != p->in_tail && ldisc_room(&t->ldisc)) {
		u32 at = p->in_tail % PTY_IN;
		p->in_tail += deliver_input(p, p->in + at, MIN(p->in_head - p->in_tail, PTY_IN - at));
	}
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
	kfree(p->in);
	kfree(p->out);
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
	.cflag_off = CSIZE | PARENB,
	.cflag_on = CS8 | CREAD,
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
	for (u32 left = ring_delivered(p); to->left && left;) {
		u32 n = MIN(to->left, MIN(sizeof(buf), (size_t)left));
		left -= n;
		for (u32 i = 0; i < n; i++)
			buf[i] = p->out[p->tail++ % PTY_OUT];
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

/* How much of n bytes goes in behind what waits for the line discipline. */
static size_t queue_input(struct pty *p, const u8 *bytes, size_t n)
{
	if (!p->in && !(p->in = kmalloc(PTY_IN)))
		return 0;
	n = MIN(n, (size_t)(PTY_IN - (p->in_head - p->in_tail)));
	for (size_t i = 0; i < n; i++)
		p->in[p->in_head++ % PTY_IN] = bytes[i];
	return n;
}

static size_t send_input(struct pty *p, const u8 *bytes, size_t n)
{
	size_t taken = p->in_head == p->in_tail ? deliver_input(p, bytes, n) : 0;

	return taken < n ? taken + queue_input(p, bytes + taken, n - taken) : n;
}

static bool input_room(const struct pty *p)
{
	if (p->master_stopped)
		return false;
	if (p->in_head == p->in_tail && ldisc_room(&p->slave.ldisc))
		return true;
	return p->in && p->in_head - p->in_tail < PTY_IN;
}

/* Some of `from` into the slave's input queue: bytes, -EFAULT, -EAGAIN, -ERESTARTSYS. */
static isize feed_slave(struct pty *p, struct uio *from, bool nonblock)
{
	u8 buf[COPY_CHUNK];
	struct uio before = *from;
	size_t n = uio_read(from, buf, MIN(from->left, sizeof(buf)));

	if (n == 0)
		return -EFAULT;
	size_t taken = p->master_stopped ? 0 : send_input(p, buf, n);
	while (!taken) {
		if (nonblock)
			return -EAGAIN;
		int err = WAIT_EVENT(&p->master_wait, input_room(p), TASK_INTERRUPTIBLE, NO_DEADLINE);
		if (err)
			return err;
		taken = send_input(p, buf, n);
	}
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
	if (input_room(p))
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

/* Whoever has the master may have the slave: neither its permissions matter nor what flags say of a name. */
static int open_peer_file(struct pty *p, u32 flags, struct file **out)
{
	char name[32];
	struct path path;

	ksnprintf(name, sizeof(name), "/dev/pts/%u", p->index);
	int err = path_walk(AT_FDCWD, name, 0, &path);
	if (err)
		return err;
	err = file_open_unchecked(&path, flags & ~OPEN_EXEC, out);
	path_put(&path);
	if (!err)
		(*out)->flags = flags & ~(u32)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	return err;
}

static long open_peer(struct pty *p, unsigned long flags)
{
	struct file *f;
	int fd = fd_reserve(0, flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	int err = open_peer_file(p, (u32)flags, &f);
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
	if (which != TCOFLUSH) {
		p->tail += ring_delivered(p);
		waitq_wake_all(&p->slave.write_wait, EPOLLOUT | EPOLLWRNORM);
	}
	if (which != TCIFLUSH) {
		p->in_tail = p->in_head;
		waitq_wake_all(&p->master_wait, EPOLLOUT | EPOLLWRNORM);
	}
	return 0;
}

/* TCXONC: the master's own output, and what its terminal settings, which nobody can change, have for the slave. */
static long master_flow(struct pty *p, unsigned long action)
{
	switch (action) {
	case TCOOFF:
	case TCOON:
		p->master_stopped = action == TCOOFF;
		waitq_wake_all(&p->master_wait, EPOLLOUT | EPOLLWRNORM);
		return 0;
	case TCIOFF:
	case TCION:
		send_input(p, &ldisc_default_termios.c_cc[action == TCIOFF ? VSTOP : VSTART], 1);
		return 0;
	default:
		return -EINVAL;
	}
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
		return put_user((int)ring_delivered(p), u);
	case TIOCOUTQ:
		return put_user(0, u);
	case TCFLSH:
		return master_flush(p, arg);
	case TCXONC:
		return master_flow(p, arg);
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
	.sends_sigio = true,
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
	p->out = kmalloc(PTY_OUT);
	int err = p->out ? devpts_add(n) : -ENOMEM;
	if (err) {
		kfree(p->out);
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
