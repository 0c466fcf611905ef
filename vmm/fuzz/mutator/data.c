/* What pointers point to: structures in the shape that the call expects, out of the values at which
 * it decides. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched/types.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "generate.h"
#include "shared/fuzz/layout.h"

typedef void build_function(struct fuzz_generator *g);

static void build_nothing(struct fuzz_generator *g)
{
	fuzz_set_data(g, NULL, 0);
}

static void build_bytes(struct fuzz_generator *g)
{
	static const char text[] = "fuzz\n\003\004\032\177abc "
				   "0123456789\r\033[A\0xyz/../..//a.out=%n%s#!/bin/exit\n......";
	unsigned int size = 1 + fuzz_below(&g->random, FUZZ_DATA_BYTES - 1);
	fuzz_set_data(g, text, fuzz_chance(&g->random, 40) ? size : fuzz_below(&g->random, 9));
}

/* A pointer out of a structure: into the data area, the arena, or bad. */
static uint64_t inner_address(struct fuzz_random *r)
{
	unsigned int what = fuzz_below(r, 20);
	if (what < 15)
		return FUZZ_DATA_ADDR + fuzz_below(r, FUZZ_DATA_VALUES / 64) * 64;
	if (what < 18)
		return FUZZ_MEMORY_ADDR + fuzz_below(r, 64) * 4096;
	return what == 18 ? 0 : fuzz_boundary(r);
}

static uint64_t inner_size(struct fuzz_random *r)
{
	static const uint16_t usual[] = {0, 1, 8, 16, 64, 100, 512, 4096, 8192};
	return fuzz_chance(r, 90) ? FUZZ_PICK(r, usual) : fuzz_boundary(r);
}

static uint64_t signal_mask(struct fuzz_random *r)
{
	static const uint64_t usual[] = {0,	 -1ull, 0x200,	    0x10000,
					 0x2000, 0x800, 0x7ffffffe, 0x12200};
	return fuzz_chance(r, 80) ? FUZZ_PICK(r, usual) : fuzz_random(r);
}

/* ---- time ---- */

static void time_value(struct fuzz_random *r, int64_t out[2], int64_t unit)
{
	static const int32_t seconds[] = {0, 0, 0, 0, 1, 1, 5, -1, 0x7fffffff},
			     fractions[] = {0, 1, 2, 1000, 100000};
	out[0] = FUZZ_PICK(r, seconds);
	out[1] = fuzz_chance(r, 85)   ? FUZZ_PICK(r, fractions) * (unit / 1000000)
		 : fuzz_chance(r, 50) ? unit
				      : (int64_t)fuzz_boundary(r);
}

static void build_timespec(struct fuzz_generator *g)
{
	int64_t t[2];
	time_value(&g->random, t, 1000000000);
	fuzz_set_data(g, t, sizeof(t));
}

static void build_timeval(struct fuzz_generator *g)
{
	int64_t t[2];
	time_value(&g->random, t, 1000000);
	fuzz_set_data(g, t, sizeof(t));
}

static void build_itimerval(struct fuzz_generator *g)
{
	int64_t t[4];
	time_value(&g->random, t, 1000000);
	time_value(&g->random, t + 2, 1000000);
	fuzz_set_data(g, t, sizeof(t));
}

static void build_itimerspec(struct fuzz_generator *g)
{
	int64_t t[4];
	time_value(&g->random, t, 1000000000);
	time_value(&g->random, t + 2, 1000000000);
	fuzz_set_data(g, t, sizeof(t));
}

/* utimensat: UTIME_NOW and UTIME_OMIT among them */
static void build_file_times(struct fuzz_generator *g)
{
	static const int64_t special[] = {(1l << 30) - 1, (1l << 30) - 2};
	int64_t t[4];
	time_value(&g->random, t, 1000000000);
	time_value(&g->random, t + 2, 1000000000);
	if (fuzz_chance(&g->random, 50))
		t[1 + 2 * fuzz_below(&g->random, 2)] = FUZZ_PICK(&g->random, special);
	fuzz_set_data(g, t, sizeof(t));
}

/* ---- signals ---- */

static void build_sigset(struct fuzz_generator *g)
{
	uint64_t mask = signal_mask(&g->random);
	fuzz_set_data(g, &mask, sizeof(mask));
}

static void build_sigaction(struct fuzz_generator *g)
{
	static const uint32_t flags[] = {0,	     SA_RESTART,   SA_SIGINFO,	 SA_ONSTACK,
					 SA_NODEFER, SA_RESETHAND, SA_NOCLDWAIT, SA_NOCLDSTOP};
	uint64_t a[4] = {fuzz_below(&g->random, 4),
			 0x04000000 | FUZZ_PICK(&g->random, flags) | FUZZ_PICK(&g->random, flags),
			 0, signal_mask(&g->random)};
	fuzz_set_data(g, a, sizeof(a));
}

static void build_siginfo(struct fuzz_generator *g)
{
	static const int8_t codes[] = {-1, -1, -1, -6, 0, -2, 1, -60};
	int info[8] = {fuzz_below(&g->random, 65), 0, FUZZ_PICK(&g->random, codes), 0, 4, 0, 77, 0};
	fuzz_set_data(g, info, sizeof(info));
}

static void build_sigevent(struct fuzz_generator *g)
{
	static const uint8_t notify[] = {SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, 4, 4, 9};
	int e[6] = {7,
		    0,
		    fuzz_chance(&g->random, 80) ? 10 : (int)fuzz_boundary(&g->random),
		    FUZZ_PICK(&g->random, notify),
		    4,
		    0};
	fuzz_set_data(g, e, sizeof(e));
}

static void build_altstack(struct fuzz_generator *g)
{
	static const uint32_t flags[] = {0, 0, 1, 2, 0x80000000, 4};
	uint64_t s[3] = {FUZZ_MEMORY_ADDR + fuzz_below(&g->random, 32) * 4096,
			 FUZZ_PICK(&g->random, flags),
			 fuzz_chance(&g->random, 70) ? 8192 : fuzz_boundary(&g->random)};
	fuzz_set_data(g, s, sizeof(s));
}

/* pselect6: where the mask is, and its size */
static void build_sigset_pointer(struct fuzz_generator *g)
{
	uint64_t v[2] = {inner_address(&g->random),
			 fuzz_chance(&g->random, 85) ? 8 : fuzz_boundary(&g->random)};
	fuzz_set_data(g, v, sizeof(v));
}

/* ---- descriptors ---- */

static void build_iovec(struct fuzz_generator *g)
{
	struct iovec v[4];
	unsigned int n = 1 + fuzz_below(&g->random, 4);
	for (unsigned int i = 0; i < n; i++)
		v[i] = (struct iovec){(void *)inner_address(&g->random), inner_size(&g->random)};
	fuzz_set_data(g, v, n * sizeof(*v));
}

static void build_pollfds(struct fuzz_generator *g)
{
	static const uint16_t events[] = {POLLIN, POLLOUT, POLLIN | POLLOUT, POLLPRI, 0,
					  0xffff, 0x2000};
	struct pollfd f[8];
	unsigned int n = 1 + fuzz_below(&g->random, 5);
	for (unsigned int i = 0; i < n; i++)
		f[i] = (struct pollfd){fuzz_small_fd(&g->random), FUZZ_PICK(&g->random, events), 0};
	fuzz_set_data(g, f, n * sizeof(*f));
}

static void build_fd_set(struct fuzz_generator *g)
{
	uint64_t bits = fuzz_chance(&g->random, 80) ? fuzz_below(&g->random, 1024)
						    : fuzz_random(&g->random);
	fuzz_set_data(g, &bits, sizeof(bits));
}

static void build_epoll_event(struct fuzz_generator *g)
{
	static const uint32_t events[] = {EPOLLIN,    EPOLLOUT, EPOLLIN | EPOLLOUT,
					  EPOLLRDHUP, EPOLLPRI, 0},
			      modes[] = {0, 0, EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE, EPOLLWAKEUP};
	struct epoll_event e = {FUZZ_PICK(&g->random, events) | FUZZ_PICK(&g->random, modes),
				{.u64 = fuzz_below(&g->random, 9)}};
	fuzz_set_data(g, &e, sizeof(e));
}

static void build_offset(struct fuzz_generator *g)
{
	uint64_t off = inner_size(&g->random);
	fuzz_set_data(g, &off, sizeof(off));
}

static void build_open_how(struct fuzz_generator *g)
{
	static const uint64_t flags[] = {
		O_RDONLY,	   O_RDWR,     O_RDWR | O_CREAT,	  O_PATH,
		O_DIRECTORY,	   O_NOFOLLOW, O_RDWR | O_CREAT | O_EXCL, O_TMPFILE | O_RDWR,
		O_TRUNC | O_WRONLY};
	struct open_how how = {FUZZ_PICK(&g->random, flags), 0, fuzz_below(&g->random, 64)};
	if (how.flags & O_CREAT || fuzz_chance(&g->random, 10))
		how.mode = 0644;
	if (fuzz_chance(&g->random, 30))
		how.resolve = 0;
	fuzz_set_data(g, &how, sizeof(how));
}

/* fcntl's locks and owners */
static void build_flock(struct fuzz_generator *g)
{
	static const int8_t types[] = {F_RDLCK, F_WRLCK, F_UNLCK, 3, -1};
	struct flock l;
	memset(&l, 0, sizeof(l));
	l.l_type = FUZZ_PICK(&g->random, types);
	l.l_whence = fuzz_below(&g->random, 4);
	l.l_start = (int64_t)inner_size(&g->random);
	l.l_len = (int64_t)inner_size(&g->random);
	fuzz_set_data(g, &l, sizeof(l));
}

/* ---- processes ---- */

static void build_clone_args(struct fuzz_generator *g)
{
	static const uint64_t flags[] = {0,	 0x100,	    0x900,	 0x50f00,  0x10f00, 0x4100,
					 0x1000, 0x1200000, 0x100000000, 0x3d0f00, 0x8000,  0x400};
	struct fuzz_random *r = &g->random;
	uint64_t v[8] = {FUZZ_PICK(r, flags),
			 inner_address(r),
			 inner_address(r),
			 inner_address(r),
			 17,
			 0,
			 0,
			 0};
	if (v[0] & 0x10000)
		v[4] = 0;
	if (fuzz_chance(r, 40)) {
		v[5] = FUZZ_MEMORY_ADDR + 0x10000;
		v[6] = 0x4000;
	}
	if (fuzz_chance(r, 10))
		v[fuzz_below(r, 8)] = fuzz_boundary(r);
	fuzz_set_data(g, v, sizeof(v));
}

static void build_number(struct fuzz_generator *g)
{
	static const int32_t values[] = {0, 1, 2, 3, 10, 50, 99, 100, -1};
	int value = fuzz_chance(&g->random, 90) ? FUZZ_PICK(&g->random, values)
						: (int)fuzz_boundary(&g->random);
	fuzz_set_data(g, &value, sizeof(value));
}

static void build_sched_attr(struct fuzz_generator *g)
{
	struct sched_attr a;
	memset(&a, 0, sizeof(a));
	a.size = fuzz_chance(&g->random, 85) ? 48 : fuzz_boundary(&g->random);
	a.sched_policy = fuzz_below(&g->random, 7);
	a.sched_priority = a.sched_policy == 1 || a.sched_policy == 2
				   ? 1 + fuzz_below(&g->random, 100)
				   : fuzz_chance(&g->random, 10);
	a.sched_nice = (int)fuzz_below(&g->random, 45) - 22;
	fuzz_set_data(g, &a, 48);
}

static void build_groups(struct fuzz_generator *g)
{
	uint32_t groups[4] = {0, 1000, 1, fuzz_below(&g->random, 70000)};
	fuzz_set_data(g, groups, sizeof(groups));
}

static void build_cap_header(struct fuzz_generator *g)
{
	static const uint32_t versions[] = {0x20080522, 0x20080522, 0x20080522,
					    0x20071026, 0x19980330, 0};
	uint32_t h[2] = {FUZZ_PICK(&g->random, versions),
			 fuzz_chance(&g->random, 80) ? 0 : fuzz_below(&g->random, 7)};
	fuzz_set_data(g, h, sizeof(h));
}

static void build_cap_data(struct fuzz_generator *g)
{
	static const uint32_t sets[] = {0, -1u, 1, 0x200000, 0xffffff};
	uint32_t d[6];
	for (unsigned int i = 0; i < 6; i++)
		d[i] = FUZZ_PICK(&g->random, sets);
	fuzz_set_data(g, d, sizeof(d));
}

static void build_rlimit(struct fuzz_generator *g)
{
	static const uint64_t values[] = {0,	1,     3,	 10,	    64,	   1024,
					  4096, 65536, 0x100000, 0x1000000, -1ull, -1ull};
	uint64_t l[2] = {FUZZ_PICK(&g->random, values), FUZZ_PICK(&g->random, values)};
	fuzz_set_data(g, l, sizeof(l));
}

static void build_strings(struct fuzz_generator *g)
{
	struct {
		uint64_t pointer[3];
		char text[8];
	} v = {{0}, "argv0"};
	fuzz_set_data(g, &v, sizeof(v));
	struct fuzz_arg *a = fuzz_generator_arg(g);
	unsigned int n = fuzz_below(&g->random, 3);
	for (unsigned int i = 0; i < n; i++)
		v.pointer[i] = fuzz_chance(&g->random, 90)
				       ? FUZZ_DATA_ADDR + a->value + sizeof(v.pointer)
				       : inner_address(&g->random);
	memcpy(a->bytes, &v, sizeof(v));
}

static void build_fs_name(struct fuzz_generator *g)
{
	static const char *const names[] = {"tmpfs",	"tmpfs",  "tmpfs", "proc", "sysfs",
					    "devtmpfs", "devpts", "ramfs", "none", ""};
	const char *name = FUZZ_PICK(&g->random, names);
	fuzz_set_data(g, name, strlen(name) + 1);
}

static void build_mount_data(struct fuzz_generator *g)
{
	static const char *const options[] = {
		"",	   "size=8k",	    "mode=700,uid=1000", "size=1m,nr_inodes=3",
		"mode=9",  "ptmxmode=0666", "hidepid=2",	 "size=-1",
		"nonsense"};
	const char *text = FUZZ_PICK(&g->random, options);
	fuzz_set_data(g, text, strlen(text) + 1);
}

/* ---- memory that several calls share ---- */

/* Few words, so that calls meet at them; some are the arena's, which may be shared or gone. */
static void build_futex(struct fuzz_generator *g)
{
	static const uint32_t values[] = {0, 0, 0, 1, 2, 4, 0x40000004, 0x80000004, -1u};
	struct fuzz_arg *a = fuzz_generator_arg(g);
	uint32_t value = FUZZ_PICK(&g->random, values);
	fuzz_set_data(g, &value, fuzz_chance(&g->random, 50) ? sizeof(value) : 0);
	a->value = 0x3f00 + fuzz_below(&g->random, 4) * 8;
	if (fuzz_chance(&g->random, 15))
		*a = (struct fuzz_arg){.kind = FUZZ_ARG_MEMORY,
				       .value = fuzz_below(&g->random, 4) * 4096};
}

static void build_robust_list(struct fuzz_generator *g)
{
	uint64_t v[3] = {inner_address(&g->random), 0, 0};
	v[1] = fuzz_chance(&g->random, 80) ? 16 : fuzz_boundary(&g->random);
	fuzz_set_data(g, v, sizeof(v));
}

/* termios, a window size, a number: whatever the command reads */
static void build_ioctl(struct fuzz_generator *g)
{
	uint32_t t[9] = {0};
	if (fuzz_chance(&g->random, 40)) {
		build_number(g);
		return;
	}
	for (unsigned int i = 0; i < 4; i++)
		t[i] = fuzz_random(&g->random) & (fuzz_chance(&g->random, 50) ? 0x8a3b : 0x0fff);
	memcpy(t + 4, "\0\003\034\177\025\004\0\001\0\021\023\032", 12);
	fuzz_set_data(g, t, sizeof(t));
}

static void build_prctl(struct fuzz_generator *g)
{
	if (fuzz_chance(&g->random, 50))
		build_bytes(g);
	else
		build_nothing(g);
}

/* ---- which ---- */

/* By kind. PTR and numbers that are addresses at times go by the call. */
static build_function *const by_kind[] = {
	[FUZZ_KIND_STR] = build_bytes,
	[FUZZ_KIND_STRV] = build_strings,
	[FUZZ_KIND_IN] = build_bytes,
	[FUZZ_KIND_IOV] = build_iovec,
	[FUZZ_KIND_TIMESPEC_IN] = build_timespec,
	[FUZZ_KIND_TIMEVAL_IN] = build_timeval,
	[FUZZ_KIND_ITIMERVAL_IN] = build_itimerval,
	[FUZZ_KIND_SIGSET_IN] = build_sigset,
	[FUZZ_KIND_SIGACTION_IN] = build_sigaction,
	[FUZZ_KIND_RLIMIT_IN] = build_rlimit,
	[FUZZ_KIND_POLLFDS] = build_pollfds,
};

/* By the names that table.def has; call NULL: any. */
static const struct {
	const char *call, *arg;
	build_function *build;
} by_name[] = {
	{"mount", "type", build_fs_name},
	{"mount", "data", build_mount_data},
	{"futex", "addr", build_futex},
	{"futex", "addr2", build_futex},
	{"futex", "timeout", build_timespec},
	{"epoll_ctl", "event", build_epoll_event},
	{"timer_create", "event", build_sigevent},
	{"timer_settime", "value", build_itimerspec},
	{"timerfd_settime", "value", build_itimerspec},
	{"utimensat", "times", build_file_times},
	{"utime", "times", build_timespec},
	{"utimes", "times", build_itimerval},
	{"futimesat", "times", build_itimerval},
	{"rt_sigqueueinfo", "info", build_siginfo},
	{"rt_tgsigqueueinfo", "info", build_siginfo},
	{"pidfd_send_signal", "info", build_siginfo},
	{"sigaltstack", "new", build_altstack},
	{"pselect6", "sigmask", build_sigset_pointer},
	{"clone3", "args", build_clone_args},
	{"sched_setattr", "attr", build_sched_attr},
	{"sched_setscheduler", "param", build_number},
	{"sched_setparam", "param", build_number},
	{"sched_setaffinity", "mask", build_fd_set},
	{"setgroups", "list", build_groups},
	{"capset", "data", build_cap_data},
	{"openat2", "how", build_open_how},
	{"set_robust_list", "head", build_robust_list},
	{"fcntl", "arg", build_flock},
	{"ioctl", "arg", build_ioctl},
	{"prctl", NULL, build_prctl},
	{NULL, "header", build_cap_header},
	{NULL, "in_off", build_offset},
	{NULL, "out_off", build_offset},
	{NULL, "offset", build_offset},
	{"select", NULL, build_fd_set},
	{"pselect6", NULL, build_fd_set},
};

static build_function *find_builder(const struct fuzz_row *row, unsigned int k)
{
	unsigned int kind = row->kind[k];
	for (unsigned int i = 0; i < sizeof(by_name) / sizeof(*by_name); i++) {
		if ((!by_name[i].call || !strcmp(by_name[i].call, row->name)) &&
		    (!by_name[i].arg || !strcmp(by_name[i].arg, row->arg[k])) &&
		    (by_name[i].arg || kind >= sizeof(by_kind) / sizeof(*by_kind) ||
		     !by_kind[kind]))
			return by_name[i].build;
	}
	return kind < sizeof(by_kind) / sizeof(*by_kind) && by_kind[kind] ? by_kind[kind]
									  : build_nothing;
}

void fuzz_generate_pointer(struct fuzz_generator *g)
{
	static build_function *found[1024][FUZZ_MAX_ARGS];
	build_function **f = &found[g->call->row][g->k];
	if (!*f)
		*f = find_builder(fuzz_generator_row(g), g->k);
	if (fuzz_chance(&g->random, 8))
		fuzz_set_const(g, 0);
	else
		(*f)(g);
}
