#include "kernel/fs/signalfd.h"
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/signalfd.h>
#include "kernel/fs/file.h"
#include "kernel/lib/log.h"
#include "kernel/fs/event_file.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

struct signalfd {
	u64 mask;
};

static SLAB_CACHE(signalfd_cache, "signalfd", struct signalfd);

static bool is_fault(int sig)
{
	return sig == SIGILL || sig == SIGFPE || sig == SIGSEGV || sig == SIGBUS || sig == SIGTRAP;
}

/*
 * Which members of siginfo_t hold something depends on si_code and, from the kernel, on the signal:
 * sigaction(2).
 */
static void signalfd_fill_kernel(struct signalfd_siginfo *out, const siginfo_t *info)
{
	if (is_fault(info->si_signo)) {
		out->ssi_addr = (u64)info->si_addr;
		out->ssi_addr_lsb = info->si_addr_lsb;
	} else if (info->si_signo == SIGCHLD) {
		out->ssi_pid = info->si_pid;
		out->ssi_uid = info->si_uid;
		out->ssi_status = info->si_status;
		out->ssi_utime = info->si_utime;
		out->ssi_stime = info->si_stime;
	} else if (info->si_signo == SIGPOLL) {
		out->ssi_band = info->si_band;
		out->ssi_fd = info->si_fd;
	}
}

static void signalfd_fill(struct signalfd_siginfo *out, const siginfo_t *info)
{
	*out = (struct signalfd_siginfo){.ssi_signo = info->si_signo,
					 .ssi_errno = info->si_errno,
					 .ssi_code = info->si_code};
	if (info->si_code > 0 && info->si_code < SI_KERNEL) {
		signalfd_fill_kernel(out, info);
		return;
	}
	if (info->si_code == SI_TIMER) {
		out->ssi_tid = info->si_tid;
		out->ssi_overrun = info->si_overrun;
	} else {
		out->ssi_pid = info->si_pid;
		out->ssi_uid = info->si_uid;
	}
	if (info->si_code < 0 && info->si_code != SI_TKILL) {
		out->ssi_ptr = (u64)info->si_ptr;
		out->ssi_int = info->si_int;
	}
}

/* Sleeps on the queue that every sent signal wakes; other signals than ours interrupt as usual. */
static int signalfd_next(struct signalfd *s, siginfo_t *info, bool wait)
{
	struct waitq *q = &task_current()->sighand->signalfd_wait;

	for (;;) {
		int sig = signal_dequeue(s->mask, info), err;

		if (sig || !wait)
			return sig ? sig : -EAGAIN;
		err = waitq_sleep(q, TASK_INTERRUPTIBLE, NO_DEADLINE);
		if (err)
			return err;
	}
}

/* As many as fit and are pending; sleeps for the first only. */
static isize signalfd_read(struct file *f, struct uio *to, file_off *pos __unused)
{
	struct signalfd_siginfo out;
	isize done = 0;

	if (to->left < sizeof(out))
		return -EINVAL;
	while (to->left >= sizeof(out)) {
		siginfo_t info;
		int sig = signalfd_next(f->private, &info, !done && !(f->flags & O_NONBLOCK));

		if (sig < 0)
			return done ? done : sig;
		signalfd_fill(&out, &info);
		if (uio_write(to, &out, sizeof(out)) != sizeof(out))
			return done ? done : -EFAULT;
		done += sizeof(out);
	}
	return done;
}

static u32 signalfd_poll(struct file *f, struct poll_table *table)
{
	struct signalfd *s = f->private;

	poll_wait(table, &task_current()->sighand->signalfd_wait);
	return signal_pending_set() & s->mask ? EPOLLIN : 0;
}

static void signalfd_release(struct file *f)
{
	slab_free(&signalfd_cache, f->private);
}

static void signalfd_show(struct file *f, char *buf, size_t size)
{
	struct signalfd *s = f->private;

	ksnprintf(buf, size, "sigmask:\t%016llx\n", (unsigned long long)s->mask);
}

static const struct file_ops signalfd_ops = {
	.read = signalfd_read,
	.poll = signalfd_poll,
	.seek = event_file_seek,
	.release = signalfd_release,
	.show_fdinfo = signalfd_show,
};

bool file_is_signalfd(const struct file *f)
{
	return f->ops == &signalfd_ops;
}

void signalfd_set_mask(struct file *f, u64 mask)
{
	struct signalfd *s = f->private;

	s->mask = mask & ~SIGNAL_UNBLOCKABLE;
	waitq_wake_all(&task_current()->sighand->signalfd_wait, 0);
}

int signalfd_create(u64 mask, u32 flags, struct file **out)
{
	struct signalfd *s = slab_alloc(&signalfd_cache);
	int err;

	if (!s)
		return -ENOMEM;
	s->mask = mask & ~SIGNAL_UNBLOCKABLE;
	err = file_create_anon("[signalfd]", &signalfd_ops, s, flags, out);
	if (err)
		slab_free(&signalfd_cache, s);
	return err;
}
