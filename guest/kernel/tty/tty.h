/*
 * Terminals: a line discipline, waiters, a window size, and the job control of one session
 * (credentials(7), termios(3), tty_ioctl(4)).
 *
 * A tty is reached through open files (f->private) and as the controlling terminal of a session's
 * processes (process.tty, no reference: tty_forget_session() clears those before a tty goes). A
 * file opened before a hang-up is dead from then on: f->pos holds the tty's generation at its
 * opening.
 */
#ifndef KERNEL_TTY_TTY_H
#define KERNEL_TTY_TTY_H

#include <asm/termios.h>
#include "kernel/fs/file.h"
#include "kernel/task/wait.h"
#include "kernel/tty/ldisc.h"

struct pid;
struct process;
struct tty;

struct tty_driver {
	/* Put bytes on the line; what has no room is lost. Must not sleep. */
	void (*write)(struct tty *t, const u8 *bytes, size_t n);
	/* How many bytes write() takes now; when that is less than TTY_ROOM_MIN, write_wait is
	 * woken when it changes. */
	size_t (*room)(struct tty *t);
	/* TIOCOUTQ: bytes on the way. */
	u32 (*queued)(struct tty *t);
	/* Throw away output on the way, as far as possible. NULL: nothing can be. */
	void (*flush_output)(struct tty *t);
	/* Flags of c_cflag that cannot be changed: always off, always on. */
	tcflag_t cflag_off, cflag_on;
	/* Readers or new settings made room in the input queue. NULL: fine. */
	void (*unthrottle)(struct tty *t);
	/* Output was stopped or started, settings changed, queues flushed: TIOCPKT_* for packet
	 * mode. NULL: fine. */
	void (*packet)(struct tty *t, u8 status);
	/* The last file is closed. NULL: fine. */
	void (*last_close)(struct tty *t);
	/* ioctl particular to this kind; -ENOIOCTLCMD (515): not known here. NULL: none. */
	long (*ioctl)(struct tty *t, unsigned int cmd, unsigned long arg);
};
#define ENOIOCTLCMD  515
#define TTY_ROOM_MIN 16u /* writers wait for this much */

struct tty {
	struct ldisc ldisc;
	const struct tty_driver *driver;
	void *driver_data;
	u32 dev;
	u32 open_count;
	u32 generation;	   /* hang-ups so far */
	bool exclusive;	   /* TIOCEXCL */
	bool stopped;	   /* by VSTOP or TCXONC: nothing is written */
	bool other_closed; /* pty: the master is gone */
	struct winsize size;
	struct pid *session, *pgrp; /* counted references or NULL */
	struct waitq read_wait, write_wait;
};

void tty_init(struct tty *t, const struct tty_driver *driver, void *driver_data, u32 dev);

/* ---- for drivers ---- */
/* Input from the line: how much was taken. */
size_t tty_receive(struct tty *t, const u8 *bytes, size_t n);
/* The line is gone: SIGHUP and SIGCONT to the session, all files opened so far are dead. */
void tty_hangup(struct tty *t);
/* A new window size: SIGWINCH to the foreground group when it differs. */
void tty_resize(struct tty *t, const struct winsize *w);

/* ---- opening: f (its inode a device node) becomes a file of t ---- */
extern const struct file_ops tty_file_ops;
/* -EBUSY (TIOCEXCL). Becomes the caller's controlling terminal as open(2) says unless noctty. */
int tty_open_file(struct tty *t, struct file *f, bool noctty);
/* /dev/tty, /dev/console, /dev/ptmx, devpts. */
void tty_register_devices(void);

/* ---- job control ---- */
/* The session leader p ends: SIGHUP to the foreground group, the terminal is free for others. */
void tty_session_leader_exit(struct process *p);
/* Make t the controlling terminal of the current process, a session leader without one, and its
 * group the foreground. */
void tty_set_controlling(struct tty *t);
/* No process has t for its controlling terminal any more. */
void tty_forget_session(struct tty *t);
/* 0 when the current process may change t or write to it now; -ERESTARTSYS after it was sent
 * SIGTTOU, -EIO in an orphaned group. */
int tty_check_change(struct tty *t);
/* For /proc/PID/stat: device number (0: none) and foreground group (-1: none). */
u32 tty_device(const struct tty *t);
int tty_foreground(const struct tty *t);
/* Set the foreground group as TIOCSPGRP: -ENOTTY -EPERM -ESRCH -EINVAL, or as tty_check_change. */
int tty_set_foreground(struct tty *t, int pgid);

/* ---- ioctl.c ---- */
long tty_ioctl(struct tty *t, struct file *f, unsigned int cmd, unsigned long arg);
/* What master and slave of a pty have in common: acts on the slave t. */
long tty_ioctl_common(struct tty *t, struct file *f, unsigned int cmd, unsigned long arg,
		      bool master);
/* Wait until output has left: 0 or -ERESTARTSYS. */
int tty_drain(struct tty *t);

/* Is f a terminal (or the master of one)? isatty(3). */
bool file_is_tty(const struct file *f);

/* The console terminal (drivers/virtio/hvc.c). */
struct tty *console_tty(void);

#endif
