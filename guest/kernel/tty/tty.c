#include "kernel/tty/tty.h"

#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/capability.h>

#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"

#define TTY_CHUNK 256u /* bytes of a write copied and post-processed at a time */

/* ---- what the line discipline asks for ---- */

static struct tty *tty_of(struct ldisc *l)
{
	return container_of(l, struct tty, ldisc);
}

/* Echo that the line has no room for is lost: an echo must not wait. */
static void env_echo(struct ldisc *l, const u8 *bytes, size_t n)
{
	struct tty *t = tty_of(l);

	t->driver->write(t, bytes, n);
}

static void packet(struct tty *t, u8 status)
{
	if (t->driver->packet)
		t->driver->packet(t, status);
}

static void env_signal(struct ldisc *l, int sig, bool flush)
{
	struct tty *t = tty_of(l);

	if (flush) {
		if (t->driver->flush_output)
			t->driver->flush_output(t);
		packet(t, TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE);
	}
	if (t->pgrp)
		signal_send_group(t->pgrp->nr, sig, NULL);
}

static void env_flow(struct ldisc *l, bool stop)
{
	struct tty *t = tty_of(l);

	t->stopped = stop;
	packet(t, stop ? TIOCPKT_STOP : TIOCPKT_START);
	if (!stop)
		waitq_wake_all(&t->write_wait, EPOLLOUT | EPOLLWRNORM);
}

static const struct ldisc_env tty_env = {.echo = env_echo, .signal = env_signal, .flow = env_flow};

void tty_init(struct tty *t, const struct tty_driver *driver, void *driver_data, u32 dev)
{
	memset(t, 0, sizeof(*t));
	ldisc_init(&t->ldisc, &tty_env);
	t->driver = driver;
	t->driver_data = driver_data;
	t->dev = dev;
	waitq_init(&t->read_wait);
	waitq_init(&t->write_wait);
}

size_t tty_receive(struct tty *t, const u8 *bytes, size_t n)
{
	size_t taken = ldisc_receive(&t->ldisc, bytes, n);

	if (ldisc_available(&t->ldisc))
		waitq_wake_all(&t->read_wait, EPOLLIN | EPOLLRDNORM);
	return taken;
}

void tty_resize(struct tty *t, const struct winsize *w)
{
	if (!memcmp(&t->size, w, sizeof(*w)))
		return;
	t->size = *w;
	if (t->pgrp)
		signal_send_group(t->pgrp->nr, SIGWINCH, NULL);
}

/* ---- reading ---- */

static bool hung_up(const struct tty *t, const struct file *f)
{
	return t->generation != (u32)f->pos;
}

static bool canonical(const struct tty *t)
{
	return t->ldisc.termios.c_lflag & ICANON;
}

/* How many bytes make a read of `want` bytes return (termios(3), VMIN and VTIME), and how long to
 * wait for the first: *first_ns and between bytes: *next_ns (0 = for ever). */
static size_t read_need(const struct tty *t, size_t want, u64 *first_ns, u64 *next_ns)
{
	u64 tenths = t->ldisc.termios.c_cc[VTIME] * (NSEC_PER_SEC / 10);
	size_t min = t->ldisc.termios.c_cc[VMIN];

	*first_ns = *next_ns = 0;
	if (canonical(t))
		return 1;
	if (min == 0)
		*first_ns = tenths;
	else
		*next_ns = tenths;
	return min ? MIN(min, want) : tenths ? 1 : 0;
}

/* Wait for enough input for a read: 0 when the read may go on (with whatever is there), or -errno.
 */
static int wait_input(struct tty *t, struct file *f, size_t want)
{
	u64 first_ns, next_ns;
	size_t need = read_need(t, want, &first_ns, &next_ns);
	size_t have = ldisc_available(&t->ldisc);
	u64 deadline = first_ns ? clock_monotonic_ns() + first_ns : NO_DEADLINE;

	while (have < need && !hung_up(t, f) && !t->other_closed) {
		if (f->flags & O_NONBLOCK)
			return have ? 0 : -EAGAIN;
		if (have && next_ns)
			deadline = clock_monotonic_ns() + next_ns;
		int err = waitq_sleep(&t->read_wait, TASK_INTERRUPTIBLE, deadline);
		have = ldisc_available(&t->ldisc);
		if (err == -ETIMEDOUT || (err && have))
			return 0;
		if (err)
			return err;
		need = read_need(t, want, &first_ns, &next_ns); /* tcsetattr may have happened */
	}
	if (!have && need && t->other_closed && !hung_up(t, f))
		return -EIO;
	return 0;
}

/* Job control for a reader: 0, -EIO, or -ERESTARTSYS after SIGTTIN. */
static int check_read(struct tty *t)
{
	struct process *p = task_current()->process;
	u64 bit = SIGNAL_BIT(SIGTTIN);

	if (p->tty != t || !t->pgrp || p->pgrp == t->pgrp)
		return 0;
	if ((task_current()->blocked & bit) ||
	    task_current()->sighand->action[SIGTTIN - 1].handler == (vaddr)SIG_IGN ||
	    signal_pgrp_orphaned(p->pgrp))
		return -EIO;
	signal_send_group(p->pgrp->nr, SIGTTIN, NULL);
	return -ERESTARTSYS;
}

static isize take_input(struct tty *t, struct uio *to)
{
	u8 buf[TTY_CHUNK];
	isize done = 0;
	bool end = false;

	/* In canonical mode a read ends with its line; a line longer than buf comes in several
	 * turns. */
	while (to->left && !end && ldisc_available(&t->ldisc)) {
		size_t n = ldisc_read(&t->ldisc, buf, MIN(to->left, sizeof(buf)), &end);
		size_t moved = uio_write(to, buf, n);
		done += moved;
		if (moved < n)
			return done ? done : -EFAULT;
	}
	if (t->driver->unthrottle)
		t->driver->unthrottle(t);
	return done;
}

static isize tty_file_read(struct file *f, struct uio *to, file_off *pos __unused)
{
	struct tty *t = f->private;

	if (hung_up(t, f))
		return 0;
	int err = check_read(t);
	if (err)
		return err;
	if (to->left == 0)
		return 0;
	err = wait_input(t, f, to->left);
	if (err || hung_up(t, f))
		return err;
	return take_input(t, to);
}

/* ---- writing ---- */

/* How much may be written now; 0 when a writer should rather wait. */
static size_t room(struct tty *t)
{
	size_t n = t->stopped ? 0 : t->driver->room(t);

	return n >= TTY_ROOM_MIN ? n : 0;
}

/* Wait until something may be written: *bytes = how much, or -EIO, -EAGAIN, -ERESTARTSYS. */
static int wait_room(struct tty *t, struct file *f, size_t *bytes)
{
	int err = 0;

	if (hung_up(t, f) || t->other_closed)
		return -EIO;
	*bytes = room(t);
	if (*bytes)
		return 0;
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	err = WAIT_EVENT(&t->write_wait, (*bytes = room(t)) || hung_up(t, f) || t->other_closed,
			 TASK_INTERRUPTIBLE, NO_DEADLINE);
	return hung_up(t, f) || t->other_closed ? -EIO : err;
}

/* One chunk: copied in, post-processed and sent as far as there is room. Bytes of `from` used, or
 * -errno. */
static isize write_chunk(struct tty *t, struct file *f, struct uio *from)
{
	u8 in[TTY_CHUNK], out[TTY_CHUNK];
	struct uio before = *from;
	size_t n = uio_read(from, in, MIN(from->left, sizeof(in)));
	size_t used, bytes;

	if (n == 0)
		return -EFAULT;
	int err = wait_room(t, f, &bytes); /* after the copy, which may sleep, too */
	if (err)
		return err;
	t->driver->write(t, out,
			 ldisc_output(&t->ldisc, in, n, out, MIN(sizeof(out), bytes), &used));
	if (used < n) {
		*from = before;
		uio_skip(from, used);
	}
	return used;
}

static int check_write(struct tty *t)
{
	return t->ldisc.termios.c_lflag & TOSTOP ? tty_check_change(t) : 0;
}

static isize tty_file_write(struct file *f, struct uio *from, file_off *pos __unused)
{
	struct tty *t = f->private;
	isize done = 0;

	if (hung_up(t, f))
		return -EIO;
	int err = check_write(t);
	if (err)
		return err;
	while (from->left) {
		isize r = write_chunk(t, f, from);
		if (r < 0)
			return done ? done : r;
		done += r;
	}
	return done;
}

/* ---- the rest of the file ---- */

static u32 tty_file_poll(struct file *f, struct poll_table *pt)
{
	struct tty *t = f->private;
	size_t need = 1;
	u32 events = 0;

	poll_wait(pt, &t->read_wait);
	poll_wait(pt, &t->write_wait);
	if (hung_up(t, f))
		return EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM | EPOLLERR | EPOLLHUP;
	if (!canonical(t) && !t->ldisc.termios.c_cc[VTIME] && t->ldisc.termios.c_cc[VMIN])
		need = t->ldisc.termios.c_cc[VMIN];
	if (ldisc_available(&t->ldisc) >= need)
		events |= EPOLLIN | EPOLLRDNORM;
	if (t->other_closed)
		events |= EPOLLHUP;
	if (room(t))
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

static long tty_file_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct tty *t = f->private;

	if (hung_up(t, f))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	return tty_ioctl(t, f, cmd, arg);
}

static void tty_file_release(struct file *f)
{
	struct tty *t = f->private;

	if (--t->open_count == 0) {
		t->exclusive = false;
		if (t->driver->last_close)
			t->driver->last_close(t);
	}
}

const struct file_ops tty_file_ops = {
	.read = tty_file_read,
	.write = tty_file_write,
	.poll = tty_file_poll,
	.ioctl = tty_file_ioctl,
	.release = tty_file_release,
	.sends_sigio = true,
};

int tty_open_file(struct tty *t, struct file *f, bool noctty)
{
	if (t->exclusive && t->open_count && !capable(CAP_SYS_ADMIN))
		return -EBUSY;
	f->ops = &tty_file_ops;
	f->private = t;
	f->pos = t->generation;
	t->open_count++;
	if (!noctty && FILE_READABLE(f))
		tty_set_controlling(t);
	return 0;
}
