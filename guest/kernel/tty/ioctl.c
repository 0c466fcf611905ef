/* tty_ioctl(4) */
#include <asm/ioctls.h>
#include <linux/capability.h>
#include <linux/eventpoll.h>
#include <linux/tty.h>

#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"
#include "kernel/tty/tty.h"

/* ---- settings ---- */

static int get_termios(struct tty *t, unsigned int cmd, void __user *arg)
{
	const struct ktermios *k = &t->ldisc.termios;

	if (cmd == TCGETA) {
		struct termio old = {.c_iflag = k->c_iflag,
				     .c_oflag = k->c_oflag,
				     .c_cflag = k->c_cflag,
				     .c_lflag = k->c_lflag,
				     .c_line = k->c_line};
		memcpy(old.c_cc, k->c_cc, NCC);
		return copy_to_user(arg, &old, sizeof(old));
	}
	/* struct termios is the beginning of struct ktermios; struct termios2 is the same as it */
	return copy_to_user(arg, k,
			    cmd == TCGETS2 ? sizeof(struct termios2) : sizeof(struct termios));
}

static int read_termios(struct tty *t, unsigned int cmd, const void __user *arg, struct ktermios *k)
{
	struct termio old;

	*k = t->ldisc.termios;
	switch (cmd) {
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		if (copy_from_user(&old, arg, sizeof(old)))
			return -EFAULT;
		k->c_iflag = (k->c_iflag & ~0xffffu) | old.c_iflag;
		k->c_oflag = (k->c_oflag & ~0xffffu) | old.c_oflag;
		k->c_cflag = (k->c_cflag & ~0xffffu) | old.c_cflag;
		k->c_lflag = (k->c_lflag & ~0xffffu) | old.c_lflag;
		k->c_line = old.c_line;
		memcpy(k->c_cc, old.c_cc, NCC);
		return 0;
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return copy_from_user(k, arg, sizeof(struct termios2));
	default:
		return copy_from_user(k, arg, sizeof(struct termios));
	}
}

/* The speed that a field of c_cflag stands for; BOTHER: as given. */
static speed_t baud_rate(tcflag_t field, speed_t given)
{
	static const speed_t rates[] = {0,	50,	 75,	  110,	   134,	    150,     200,     300,
					600,	1200,	 1800,	  2400,	   4800,    9600,    19200,   38400,
					57600,	115200,	 230400,  460800,  500000,  576000,  921600,  1000000,
					1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000};

	if (field == BOTHER)
		return given;
	return rates[field & CBAUDEX ? (field & ~CBAUDEX) + 15 : field];
}

static void adjust_cflag(const struct tty *t, struct ktermios *k)
{
	tcflag_t in = k->c_cflag >> IBSHIFT & CBAUD;

	k->c_ospeed = baud_rate(k->c_cflag & CBAUD, k->c_ospeed);
	k->c_ispeed = in == B0 ? k->c_ospeed : baud_rate(in, k->c_ispeed);
	k->c_cflag = (k->c_cflag & ~t->driver->cflag_off) | t->driver->cflag_on;
}

int tty_drain(struct tty *t)
{
	return WAIT_EVENT(&t->write_wait, t->driver->queued(t) == 0 || t->other_closed,
			  TASK_INTERRUPTIBLE, NO_DEADLINE);
}

static void flush_input(struct tty *t)
{
	ldisc_flush_input(&t->ldisc);
	if (t->driver->unthrottle)
		t->driver->unthrottle(t);
}

static int set_termios(struct tty *t, unsigned int cmd, const void __user *arg, bool wait,
		       bool flush)
{
	struct ktermios k;
	int err = tty_check_change(t);

	if (!err)
		err = read_termios(t, cmd, arg, &k);
	if (!err && wait)
		err = tty_drain(t);
	if (err)
		return err;
	if (flush)
		flush_input(t);
	adjust_cflag(t, &k);
	ldisc_set_termios(&t->ldisc, &k);
	if (t->driver->unthrottle)
		t->driver->unthrottle(t);
	/* A reader may be waiting for what is a whole line, or enough, only now. */
	waitq_wake_all(&t->read_wait, 0);
	return 0;
}

/* TCSETS* in all widths: true when cmd was one, *r its result. */
static bool termios_ioctl(struct tty *t, unsigned int cmd, unsigned long arg, long *r)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case TCGETS:
	case TCGETS2:
	case TCGETA:
		*r = get_termios(t, cmd, p);
		return true;
	case TCSETS:
	case TCSETS2:
	case TCSETA:
		*r = set_termios(t, cmd, p, false, false);
		return true;
	case TCSETSW:
	case TCSETSW2:
	case TCSETAW:
		*r = set_termios(t, cmd, p, true, false);
		return true;
	case TCSETSF:
	case TCSETSF2:
	case TCSETAF:
		*r = set_termios(t, cmd, p, true, true);
		return true;
	default:
		return false;
	}
}

/* ---- queues and flow ---- */

static long flush_queues(struct tty *t, unsigned long which)
{
	int err = tty_check_change(t);

	if (err)
		return err;
	if (which != TCIFLUSH && which != TCOFLUSH && which != TCIOFLUSH)
		return -EINVAL;
	if (which != TCOFLUSH)
		flush_input(t);
	if (which != TCIFLUSH && t->driver->flush_output)
		t->driver->flush_output(t);
	if (t->driver->packet)
		t->driver->packet(t, (which != TCOFLUSH ? TIOCPKT_FLUSHREAD : 0) |
					     (which != TCIFLUSH ? TIOCPKT_FLUSHWRITE : 0));
	return 0;
}

static void set_stopped(struct tty *t, bool stop)
{
	if (t->stopped == stop)
		return;
	t->stopped = t->ldisc.stopped = stop;
	if (t->driver->packet)
		t->driver->packet(t, stop ? TIOCPKT_STOP : TIOCPKT_START);
	if (!stop)
		waitq_wake_all(&t->write_wait, EPOLLOUT | EPOLLWRNORM);
}

static long flow(struct tty *t, unsigned long action)
{
	u8 c;
	int err = tty_check_change(t);

	if (err)
		return err;
	switch (action) {
	case TCOOFF:
	case TCOON:
		set_stopped(t, action == TCOOFF);
		return 0;
	case TCIOFF:
	case TCION:
		c = t->ldisc.termios.c_cc[action == TCIOFF ? VSTOP : VSTART];
		if (c)
			t->driver->write(t, &c, 1);
		return 0;
	default:
		return -EINVAL;
	}
}

static long send_break(struct tty *t)
{
	int err = tty_check_change(t);

	return err ? err : tty_drain(t); /* our lines have no break condition to show */
}

/* ---- sessions ---- */

static long set_controlling(struct tty *t, struct file *f, unsigned long arg)
{
	struct process *p = task_current()->process;

	if (p->session == p->pid && p->tty == t && t->session == p->session)
		return 0;
	if (p->session != p->pid || p->tty)
		return -EPERM;
	if (t->session) {
		if (arg != 1 || !capable(CAP_SYS_ADMIN))
			return -EPERM;
		tty_forget_session(t);
	}
	if (!FILE_READABLE(f) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	tty_set_controlling(t);
	return 0;
}

static long give_up_controlling(struct tty *t)
{
	struct process *p = task_current()->process;

	if (p->tty != t)
		return -ENOTTY;
	if (p->session == p->pid && t->session == p->session)
		tty_session_leader_exit(p);
	p->tty = NULL;
	return 0;
}

static long get_foreground(struct tty *t, int __user *p, bool master)
{
	if (!master && task_current()->process->tty != t)
		return -ENOTTY;
	return put_user(t->pgrp ? t->pgrp->nr : 0, p);
}

static long get_session(struct tty *t, int __user *p, bool master)
{
	if (!master && task_current()->process->tty != t)
		return -ENOTTY;
	if (!t->session)
		return -ENOTTY;
	return put_user(t->session->nr, p);
}

static long set_foreground(struct tty *t, const int __user *p)
{
	int pgid;
	int err = tty_check_change(t);

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (get_user(pgid, p))
		return -EFAULT;
	return tty_set_foreground(t, pgid);
}

/* ---- the rest ---- */

static long set_size(struct tty *t, const void __user *arg)
{
	struct winsize w;

	if (copy_from_user(&w, arg, sizeof(w)))
		return -EFAULT;
	tty_resize(t, &w);
	return 0;
}

static long set_discipline(const int __user *arg)
{
	int n;

	if (get_user(n, arg))
		return -EFAULT;
	return n == N_TTY ? 0 : -EINVAL;
}

static long soft_carrier(struct tty *t, unsigned int cmd, int __user *arg)
{
	int on;

	if (cmd == TIOCGSOFTCAR)
		return put_user(t->ldisc.termios.c_cflag & CLOCAL ? 1 : 0, arg);
	if (get_user(on, arg))
		return -EFAULT;
	t->ldisc.termios.c_cflag = (t->ldisc.termios.c_cflag & ~CLOCAL) | (on ? CLOCAL : 0);
	return 0;
}

static long exclusive(struct tty *t, unsigned int cmd, int __user *arg)
{
	if (cmd == TIOCGEXCL)
		return put_user(t->exclusive ? 1 : 0, arg);
	t->exclusive = cmd == TIOCEXCL;
	return 0;
}

long tty_ioctl_common(struct tty *t, struct file *f, unsigned int cmd, unsigned long arg,
		      bool master)
{
	int __user *p = (int __user *)arg;
	long r;

	if (termios_ioctl(t, cmd, arg, &r))
		return r;
	switch (cmd) {
	case TIOCGWINSZ:
		return copy_to_user(p, &t->size, sizeof(t->size));
	case TIOCSWINSZ:
		return set_size(t, p);
	case TIOCGPGRP:
		return get_foreground(t, p, master);
	case TIOCSPGRP:
		return set_foreground(t, p);
	case TIOCGSID:
		return get_session(t, p, master);
	case TIOCSCTTY:
		return set_controlling(t, f, arg);
	case TIOCEXCL:
	case TIOCNXCL:
	case TIOCGEXCL:
		return exclusive(t, cmd, p);
	case TIOCGETD:
		return put_user(N_TTY, p);
	case TIOCSETD:
		return set_discipline(p);
	case TIOCGSOFTCAR:
	case TIOCSSOFTCAR:
		return soft_carrier(t, cmd, p);
	case TIOCGDEV:
		return put_user((unsigned int)dev_encode(t->dev), (unsigned int __user *)p);
	case TIOCSBRK: /* no break condition to show */
	case TIOCCBRK:
		return tty_check_change(t);
	case TIOCSTI: /* faked input: refused, as Linux with dev.tty.legacy_tiocsti = 0 */
		return -EIO;
	default:
		return -ENOIOCTLCMD;
	}
}

static long queue_ioctl(struct tty *t, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case FIONREAD:
		return put_user((int)ldisc_count(&t->ldisc), (int __user *)arg);
	case TIOCOUTQ:
		return put_user((int)t->driver->queued(t), (int __user *)arg);
	case TCFLSH:
		return flush_queues(t, arg);
	case TCXONC:
		return flow(t, arg);
	case TCSBRK:
	case TCSBRKP:
		return send_break(t);
	case TIOCNOTTY:
		return give_up_controlling(t);
	case TIOCVHANGUP:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		tty_hangup(t);
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}

long tty_ioctl(struct tty *t, struct file *f, unsigned int cmd, unsigned long arg)
{
	long r = tty_ioctl_common(t, f, cmd, arg, false);

	if (r == -ENOIOCTLCMD)
		r = queue_ioctl(t, cmd, arg);
	if (r == -ENOIOCTLCMD && t->driver->ioctl)
		r = t->driver->ioctl(t, cmd, arg);
	return r == -ENOIOCTLCMD ? -ENOTTY : r;
}
