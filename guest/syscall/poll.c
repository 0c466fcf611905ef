/* poll(2), select(2) and theirs. */
#include "syscall.h"
#include <asm/poll.h>
#include <linux/time_types.h>
#include "kernel/fs/poll.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "timeout.h"

/* ---- timeouts and masks, for epoll too ---- */

u64 timeout_deadline(u64 ns)
{
	return ns ? time_add(clock_monotonic_ns(), ns) : 0;
}

u64 timeout_from_ms(int ms)
{
	return ms < 0 ? NO_DEADLINE : timeout_deadline((u64)ms * 1000000);
}

int timeout_from_timespec(const void __user *p, u64 *deadline)
{
	struct __kernel_timespec ts;
	u64 ns;

	*deadline = NO_DEADLINE;
	if (!p)
		return 0;
	if (copy_from_user(&ts, p, sizeof(ts)))
		return -EFAULT;
	if (timespec_to_ns(&ts, &ns))
		return -EINVAL;
	*deadline = timeout_deadline(ns);
	return 0;
}

int swap_user_mask(const u64 __user *mask, size_t size)
{
	u64 m;

	if (!mask)
		return 0;
	if (size != sizeof(m))
		return -EINVAL;
	if (get_user(m, mask))
		return -EFAULT;
	signal_swap_mask(m);
	return 0;
}

static u64 time_left(u64 deadline)
{
	u64 now = clock_monotonic_ns();

	return deadline > now ? deadline - now : 0;
}

/*
 * The end of a call with a timeout: the old mask comes back unless a signal is to be delivered
 * under the new one, and the program learns what is left of its time. Where it cannot be told, it
 * must not be restarted with the whole time.
 */
static long finish_wait(long ret, u64 deadline, void __user *timeout, bool timeval)
{
	struct __kernel_old_timeval tv;
	struct __kernel_timespec ts;
	int err;

	if (ret != -ERESTARTNOHAND)
		signal_restore_mask();
	if (!timeout || deadline == 0)
		return ret;
	if (timeval) {
		tv = ns_to_timeval(time_left(deadline));
		err = copy_to_user(timeout, &tv, sizeof(tv));
	} else {
		ts = ns_to_timespec(time_left(deadline));
		err = copy_to_user(timeout, &ts, sizeof(ts));
	}
	return err && ret == -ERESTARTNOHAND ? -EINTR : ret;
}

/* ---- poll ---- */

#define POLLFDS_INLINE 16

struct poll_call {
	struct pollfd *fds; /* as the program gave them, its old revents too */
	s16 *revents;	    /* the answers */
	unsigned int count;
};

struct poll_inline {
	struct pollfd fds[POLLFDS_INLINE];
	s16 revents[POLLFDS_INLINE];
};

static int poll_scan(void *ctx, struct poll_set *s)
{
	struct poll_call *c = ctx;
	int ready = 0;

	for (unsigned int i = 0; i < c->count; i++) {
		const struct pollfd *p = &c->fds[i];
		u32 events = 0;
		struct file *f;

		if (p->fd >= 0) {
			f = fd_get(p->fd);
			events = f ? poll_ask(s, f, (u16)p->events) : POLLNVAL;
			if (f)
				file_put(f);
		}
		c->revents[i] = (s16)events;
		ready += events != 0;
	}
	return ready;
}

/*
 * Only revents, another thread may be changing the rest; and only what is not there already. The
 * first is always written, so that an array which cannot be is noticed.
 */
static int poll_answer(struct pollfd __user *user, const struct poll_call *c)
{
	for (unsigned int i = 0; i < c->count; i++) {
		if (i && c->revents[i] == c->fds[i].revents)
			continue;
		if (put_user(c->revents[i], &user[i].revents))
			return -EFAULT;
	}
	return 0;
}

static long poll_fds(struct pollfd __user *user, unsigned int count, u64 deadline)
{
	struct poll_inline in;
	struct poll_call c = {.fds = in.fds, .revents = in.revents, .count = count};
	long ready;

	if (count > rlimit_current(RLIMIT_NOFILE))
		return -EINVAL;
	if (count > POLLFDS_INLINE) {
		c.fds = kmalloc(count * (sizeof(*c.fds) + sizeof(*c.revents)));
		c.revents = (s16 *)(c.fds + count);
	}
	if (!c.fds)
		return -ENOMEM;
	ready = copy_from_user(c.fds, user, count * sizeof(*c.fds));
	if (!ready)
		ready = poll_run(poll_scan, &c, deadline);
	if (ready >= 0 && poll_answer(user, &c))
		ready = -EFAULT;
	if (c.fds != in.fds)
		kfree(c.fds);
	return ready;
}

enum { RESTART_FDS, RESTART_COUNT, RESTART_DEADLINE };

static long poll_interrupted(void __user *fds, unsigned int count, u64 deadline, long ret);

static long poll_restart(struct task *t)
{
	void __user *fds = (void __user *)t->restart_arg[RESTART_FDS];
	unsigned int count = t->restart_arg[RESTART_COUNT];
	u64 deadline = t->restart_arg[RESTART_DEADLINE];

	return poll_interrupted(fds, count, deadline, poll_fds(fds, count, deadline));
}

static long poll_interrupted(void __user *fds, unsigned int count, u64 deadline, long ret)
{
	struct task *t = task_current();

	if (ret != -ERESTARTNOHAND)
		return ret;
	t->restart_fn = poll_restart;
	t->restart_arg[RESTART_FDS] = (u64)fds;
	t->restart_arg[RESTART_COUNT] = count;
	t->restart_arg[RESTART_DEADLINE] = deadline;
	return -ERESTART_RESTARTBLOCK;
}

long sys_poll(void __user *fds, unsigned int count, int timeout)
{
	u64 deadline = timeout_from_ms(timeout);

	return poll_interrupted(fds, count, deadline, poll_fds(fds, count, deadline));
}

long sys_ppoll(void __user *fds, unsigned int count, const void __user *timeout,
	       const u64 __user *mask, size_t size)
{
	u64 deadline;
	int err = timeout_from_timespec(timeout, &deadline);

	if (!err)
		err = swap_user_mask(mask, size);
	if (err)
		return err;
	return finish_wait(poll_fds(fds, count, deadline), deadline, (void __user *)timeout, false);
}

/* ---- select ---- */

#define SELECT_INLINE 16    /* words a set on the stack: 1024 descriptors */

enum { SET_READ, SET_WRITE, SET_EXCEPT, SETS };

static const u32 select_events[SETS] = {
	[SET_READ] = EPOLLIN | EPOLLRDNORM | EPOLLRDBAND | EPOLLHUP | EPOLLERR,
	[SET_WRITE] = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND | EPOLLERR,
	[SET_EXCEPT] = EPOLLPRI,
};

struct select_call {
	unsigned int count; /* descriptors */
	unsigned int words; /* of a set */
	u64 *in[SETS], *out[SETS];
};

static int select_scan_fd(struct select_call *c, struct poll_set *s, unsigned int fd)
{
	u64 bit = 1ull << fd % 64;
	u32 wanted = 0, ready;
	struct file *f;
	int n = 0;

	for (int k = 0; k < SETS; k++)
		if (c->in[k][fd / 64] & bit)
			wanted |= select_events[k];
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	ready = poll_ask(s, f, wanted);
	file_put(f);
	for (int k = 0; k < SETS; k++) {
		if ((c->in[k][fd / 64] & bit) && (ready & select_events[k])) {
			c->out[k][fd / 64] |= bit;
			n++;
		}
	}
	return n;
}

static int select_scan(void *ctx, struct poll_set *s)
{
	struct select_call *c = ctx;
	int ready = 0;

	for (unsigned int w = 0; w < c->words; w++) {
		u64 any = c->in[SET_READ][w] | c->in[SET_WRITE][w] | c->in[SET_EXCEPT][w];

		for (; any; any &= any - 1) {
			int n = select_scan_fd(c, s, w * 64 + __builtin_ctzll(any));

			if (n < 0)
				return n;
			ready += n;
		}
	}
	return ready;
}

static int select_copy_in(struct select_call *c, void __user *const user[SETS])
{
	size_t bytes = c->words * sizeof(u64);
	u64 last = c->count % 64 ? (1ull << c->count % 64) - 1 : ~0ull;

	for (int k = 0; k < SETS; k++) {
		memset(c->out[k], 0, bytes);
		if (!user[k])
			memset(c->in[k], 0, bytes);
		else if (copy_from_user(c->in[k], user[k], bytes))
			return -EFAULT;
		if (c->words)
			c->in[k][c->words - 1] &= last;
	}
	return 0;
}

static int select_copy_out(const struct select_call *c, void __user *const user[SETS])
{
	for (int k = 0; k < SETS; k++)
		if (user[k] && copy_to_user(user[k], c->out[k], c->words * sizeof(u64)))
			return -EFAULT;
	return 0;
}

static long select_sets(int count, void __user *const user[SETS], u64 deadline)
{
	u64 inline_bits[2 * SETS * SELECT_INLINE], *bits = inline_bits;
	struct select_call c;
	long ready;

	if (count < 0)
		return -EINVAL;
	/* Beyond the table there is nothing to be asked about, nor are the sets read there: select(2), BUGS. */
	c.count = MIN((u32)count, task_current()->files->capacity);
	c.words = (c.count + 63) / 64;
	if (c.words > SELECT_INLINE)
		bits = kmalloc(2 * SETS * c.words * sizeof(u64));
	if (!bits)
		return -ENOMEM;
	for (int k = 0; k < SETS; k++) {
		c.in[k] = bits + k * c.words;
		c.out[k] = bits + (SETS + k) * c.words;
	}
	ready = select_copy_in(&c, user);
	if (!ready)
		ready = poll_run(select_scan, &c, deadline);
	if (ready >= 0 && select_copy_out(&c, user))
		ready = -EFAULT;
	if (bits != inline_bits)
		kfree(bits);
	return ready;
}

/* tv_usec may exceed a second here, unlike elsewhere, and make up for a negative tv_sec. */
static int select_timeout(const void __user *p, u64 *deadline)
{
	struct __kernel_old_timeval tv;
	u64 ns;

	*deadline = NO_DEADLINE;
	if (!p)
		return 0;
	if (copy_from_user(&tv, p, sizeof(tv)))
		return -EFAULT;
	/* only what both come to must be a time */
	tv.tv_sec = (s64)((u64)tv.tv_sec + (u64)(tv.tv_usec / 1000000));
	tv.tv_usec %= 1000000;
	if (timeval_to_ns(&tv, &ns))
		return -EINVAL;
	*deadline = timeout_deadline(ns);
	return 0;
}

long sys_select(int count, void __user *read, void __user *write, void __user *except,
		const void __user *timeout)
{
	void __user *const user[SETS] = {read, write, except};
	u64 deadline;
	int err = select_timeout(timeout, &deadline);

	if (err)
		return err;
	return finish_wait(select_sets(count, user, deadline), deadline, (void __user *)timeout,
			   true);
}

long sys_pselect6(int count, void __user *read, void __user *write, void __user *except,
		  const void __user *timeout, void __user *sigmask)
{
	void __user *const user[SETS] = {read, write, except};
	struct {
		const u64 __user *mask;
		size_t size;
	} m = {0};
	u64 deadline;
	int err;

	if (sigmask && copy_from_user(&m, sigmask, sizeof(m)))
		return -EFAULT;
	err = timeout_from_timespec(timeout, &deadline);
	if (!err)
		err = swap_user_mask(m.mask, m.size);
	if (err)
		return err;
	return finish_wait(select_sets(count, user, deadline), deadline, (void __user *)timeout,
			   false);
}
