#include "trace_args.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include "trace_flags.h"

#define STRING_MAX 32 /* of buffers, as strace -s */
#define LIST_MAX   32 /* of argv, iovec, pollfd */

void text_add(struct trace_text *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len = (size_t)n < t->size - t->len ? t->len + n : t->size - 1;
}

static size_t read_some(const struct trace_call *c, uint64_t va, void *dst, size_t n)
{
	return c->read ? c->read(c, va, dst, n) : memory_read_user(c->mem, c->rec->root, va, dst, n);
}

static bool read_user(const struct trace_call *c, uint64_t va, void *dst, size_t n)
{
	return va && read_some(c, va, dst, n) == n;
}

/* A string of less than n bytes, or its first n - 1: its length, -EFAULT. */
static ssize_t read_string(const struct trace_call *c, uint64_t va, char *dst, size_t n)
{
	if (!va)
		return -EFAULT;
	if (!c->read)
		return memory_read_user_string(c->mem, c->rec->root, va, dst, n);
	for (size_t len = 0; len < n; len++) {
		if (!c->read(c, va + len, dst + len, 1))
			return -EFAULT;
		if (!dst[len])
			return len;
	}
	return n - 1;
}

static void add_address(struct trace_text *t, uint64_t a)
{
	text_add(t, a ? "%#" PRIx64 : "NULL", a);
}

/* ---- names of numbers ---- */

static void add_flags(struct trace_text *t, const struct trace_set *set, unsigned long value)
{
	const char *bar = "";
	if (!value) {
		text_add(t, "%s", set->zero ? set->zero : "0");
		return;
	}
	for (const struct trace_name *n = set->names; n->name; n++) {
		if (!n->value || (value & n->value) != n->value)
			continue;
		text_add(t, "%s%s", bar, n->name);
		value &= ~n->value;
		bar = "|";
	}
	if (value)
		text_add(t, "%s%#lx", bar, value);
}

static void add_name(struct trace_text *t, const struct trace_set *set, unsigned long value)
{
	for (const struct trace_name *n = set->names; n->name; n++) {
		if (n->value == value) {
			text_add(t, "%s", n->name);
			return;
		}
	}
	text_add(t, "%#lx", value);
}

static void add_set(struct trace_text *t, const struct trace_set *set, unsigned long value)
{
	if (set->flags)
		add_flags(t, set, value);
	else
		add_name(t, set, value);
}

void trace_signal_name(struct trace_text *t, unsigned long sig)
{
	const char *name = sig < 32 ? sigabbrev_np(sig) : NULL;
	if (name)
		text_add(t, "SIG%s", name);
	else if (sig >= 32 && sig <= 64)
		text_add(t, "SIGRT_%lu", sig - 32);
	else
		text_add(t, "%ld", (long)(int)sig);
}

static void add_open_flags(struct trace_text *t, unsigned int flags)
{
	static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
	text_add(t, "%s", modes[flags & O_ACCMODE]);
	if (!(flags & ~O_ACCMODE))
		return;
	text_add(t, "|");
	add_flags(t, &trace_open_flags, flags & ~O_ACCMODE);
}

static void add_clone_flags(struct trace_text *t, unsigned long flags)
{
	unsigned long sig = flags & 0xff;
	if (flags & ~0xfful)
		add_flags(t, &trace_clone_flags, flags & ~0xfful);
	if (sig && (flags & ~0xfful))
		text_add(t, "|");
	if (sig)
		trace_signal_name(t, sig);
	if (!flags)
		text_add(t, "0");
}

static void add_futex_op(struct trace_text *t, unsigned int op)
{
	static const char *const names[] = {"WAIT",	      "WAKE",	     "FD",
					    "REQUEUE",	      "CMP_REQUEUE", "WAKE_OP",
					    "LOCK_PI",	      "UNLOCK_PI",   "TRYLOCK_PI",
					    "WAIT_BITSET",    "WAKE_BITSET", "WAIT_REQUEUE_PI",
					    "CMP_REQUEUE_PI", "LOCK_PI2"};
	unsigned int cmd = op & 127;
	if (cmd < sizeof(names) / sizeof(*names))
		text_add(t, "FUTEX_%s", names[cmd]);
	else
		text_add(t, "%#x", cmd);
	if (op & 128)
		text_add(t, "_PRIVATE");
	if (op & 256)
		text_add(t, "|FUTEX_CLOCK_REALTIME");
	if (op & ~511u)
		text_add(t, "|%#x", op & ~511u);
}

static void add_mode(struct trace_text *t, unsigned int mode)
{
	if (mode & S_IFMT) {
		add_name(t, &trace_stat_types, mode & S_IFMT);
		text_add(t, "|");
	}
	text_add(t, "0%03o", mode & 07777);
}

/* ---- strings ---- */

static void add_char(struct trace_text *t, unsigned char ch, unsigned char next)
{
	static const char plain[] = "\t\n\v\f\r\"\\", letter[] = "tnvfr\"\\";
	const char *at = ch ? strchr(plain, ch) : NULL;
	if (at)
		text_add(t, "\\%c", letter[at - plain]);
	else if (ch >= ' ' && ch < 127)
		text_add(t, "%c", ch);
	else /* three digits where a digit follows, else as few as do */
		text_add(t, next >= '0' && next <= '7' ? "\\%03o" : "\\%o", ch);
}

static void add_quoted(struct trace_text *t, const unsigned char *s, size_t n, bool cut)
{
	text_add(t, "\"");
	for (size_t i = 0; i < n; i++)
		add_char(t, s[i], i + 1 < n ? s[i + 1] : 0);
	text_add(t, cut ? "\"..." : "\"");
}

static void add_buffer(const struct trace_call *c, uint64_t va, uint64_t n)
{
	unsigned char buf[STRING_MAX];
	size_t take = n < sizeof(buf) ? n : sizeof(buf);
	if (!read_user(c, va, buf, take))
		add_address(c->out, va);
	else
		add_quoted(c->out, buf, take, n > take);
}

static void add_string(const struct trace_call *c, uint64_t va, size_t max)
{
	char buf[4097];
	ssize_t n = read_string(c, va, buf, max + 2);
	if (n < 0)
		add_address(c->out, va);
	else
		add_quoted(c->out, (unsigned char *)buf, (size_t)n > max ? max : (size_t)n,
			   (size_t)n > max);
}

/* argv: ["ls", "-l"] */
static void add_strings(const struct trace_call *c, uint64_t va)
{
	uint64_t p;
	if (!read_user(c, va, &p, sizeof(p))) {
		add_address(c->out, va);
		return;
	}
	text_add(c->out, "[");
	for (int i = 0; p; i++) {
		if (i == LIST_MAX) {
			text_add(c->out, ", ...");
			break;
		}
		text_add(c->out, i ? ", " : "");
		add_string(c, p, STRING_MAX);
		va += sizeof(p);
		if (!read_user(c, va, &p, sizeof(p))) {
			text_add(c->out, ", ... /* %#" PRIx64 " */", va);
			break;
		}
	}
	text_add(c->out, "]");
}

/* envp: 0x7ffd... (24 vars) */
static void add_environment(const struct trace_call *c, uint64_t va)
{
	uint64_t p;
	unsigned int n = 0;
	add_address(c->out, va);
	while (n < 10000 && read_user(c, va + 8ull * n, &p, sizeof(p)) && p)
		n++;
	if (va)
		text_add(c->out, " /* %u var%s */", n, n == 1 ? "" : "s");
}

/* ---- structures ---- */

static void add_stat(const struct trace_call *c, uint64_t va)
{
	struct stat st;
	if (!read_user(c, va, &st, sizeof(st))) {
		add_address(c->out, va);
		return;
	}
	text_add(c->out, "{st_mode=");
	add_mode(c->out, st.st_mode);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		text_add(c->out, ", st_rdev=makedev(%#x, %#x), ...}", major(st.st_rdev),
			 minor(st.st_rdev));
	else
		text_add(c->out, ", st_size=%lld, ...}", (long long)st.st_size);
}

static void add_statx(const struct trace_call *c, uint64_t va)
{
	struct statx st;
	if (!read_user(c, va, &st, sizeof(st))) {
		add_address(c->out, va);
		return;
	}
	text_add(c->out, "{stx_mask=%#x, stx_mode=", st.stx_mask);
	add_mode(c->out, st.stx_mode);
	text_add(c->out, ", stx_size=%llu, ...}", (unsigned long long)st.stx_size);
}

static void add_pair(const struct trace_call *c, uint64_t va, const char *fmt)
{
	int64_t v[2];
	if (read_user(c, va, v, sizeof(v)))
		text_add(c->out, fmt, v[0], v[1]);
	else
		add_address(c->out, va);
}

static void add_timespec(const struct trace_call *c, uint64_t va)
{
	add_pair(c, va, "{tv_sec=%" PRId64 ", tv_nsec=%" PRId64 "}");
}

static void add_timeval(const struct trace_call *c, uint64_t va)
{
	add_pair(c, va, "{tv_sec=%" PRId64 ", tv_usec=%" PRId64 "}");
}

static void add_itimerval(const struct trace_call *c, uint64_t va)
{
	if (!va) {
		text_add(c->out, "NULL");
		return;
	}
	text_add(c->out, "{it_interval=");
	add_timeval(c, va);
	text_add(c->out, ", it_value=");
	add_timeval(c, va + 16);
	text_add(c->out, "}");
}

static void add_mask(struct trace_text *t, uint64_t mask)
{
	const char *space = "";
	if (mask == ~0ull) {
		text_add(t, "~[]");
		return;
	}
	bool most = __builtin_popcountll(mask) > 32;
	text_add(t, most ? "~[" : "[");
	for (unsigned int sig = 1; sig <= 64; sig++) {
		if (!((mask >> (sig - 1) & 1) ^ most))
			continue;
		const char *name = sig < 32 ? sigabbrev_np(sig) : NULL;
		text_add(t, "%s", space);
		if (name)
			text_add(t, "%s", name);
		else
			text_add(t, "RT_%u", sig - 32);
		space = " ";
	}
	text_add(t, "]");
}

static void add_sigset(const struct trace_call *c, uint64_t va)
{
	uint64_t mask;
	if (read_user(c, va, &mask, sizeof(mask)))
		add_mask(c->out, mask);
	else
		add_address(c->out, va);
}

static void add_sigaction(const struct trace_call *c, uint64_t va)
{
	uint64_t a[4]; /* handler, flags, restorer, mask */
	if (!read_user(c, va, a, sizeof(a))) {
		add_address(c->out, va);
		return;
	}
	text_add(c->out, "{sa_handler=");
	if (a[0] < 2)
		text_add(c->out, a[0] ? "SIG_IGN" : "SIG_DFL");
	else
		text_add(c->out, "%#" PRIx64, a[0]);
	text_add(c->out, ", sa_mask=");
	add_mask(c->out, a[3]);
	text_add(c->out, ", sa_flags=");
	add_flags(c->out, &trace_sa_flags, a[1] & 0xffffffff);
	if (a[1] & 0x04000000)
		text_add(c->out, ", sa_restorer=%#" PRIx64, a[2]);
	text_add(c->out, "}");
}

/* clone3(2) */
static void add_clone_args(const struct trace_call *c, uint64_t va)
{
	uint64_t v[8]; /* flags pidfd child_tid parent_tid exit_signal stack stack_size tls */
	if (!read_user(c, va, v, sizeof(v))) {
		add_address(c->out, va);
		return;
	}
	text_add(c->out, "{flags=");
	add_flags(c->out, &trace_clone_flags, v[0]);
	text_add(c->out, ", child_tid=");
	add_address(c->out, v[2]);
	text_add(c->out, ", parent_tid=");
	add_address(c->out, v[3]);
	text_add(c->out, ", exit_signal=");
	trace_signal_name(c->out, v[4]);
	text_add(c->out, ", stack=");
	add_address(c->out, v[5]);
	text_add(c->out, ", stack_size=%#" PRIx64 ", tls=%#" PRIx64 "}", v[6], v[7]);
}

static void add_wait_status(struct trace_text *t, int s)
{
	if (WIFEXITED(s)) {
		text_add(t, "[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", WEXITSTATUS(s));
	} else if (WIFSTOPPED(s)) {
		text_add(t, "[{WIFSTOPPED(s) && WSTOPSIG(s) == ");
		trace_signal_name(t, WSTOPSIG(s));
		text_add(t, "}]");
	} else if (WIFCONTINUED(s)) {
		text_add(t, "[{WIFCONTINUED(s)}]");
	} else {
		text_add(t, "[{WIFSIGNALED(s) && WTERMSIG(s) == ");
		trace_signal_name(t, WTERMSIG(s));
		text_add(t, WCOREDUMP(s) ? " && WCOREDUMP(s)}]" : "}]");
	}
}

static void add_limit(struct trace_text *t, uint64_t v)
{
	if (v == RLIM64_INFINITY)
		text_add(t, "RLIM64_INFINITY");
	else if (v && v % 1024 == 0)
		text_add(t, "%" PRIu64 "*1024", v / 1024);
	else
		text_add(t, "%" PRIu64, v);
}

static void add_rlimit(const struct trace_call *c, uint64_t va)
{
	uint64_t v[2];
	if (!read_user(c, va, v, sizeof(v))) {
		add_address(c->out, va);
		return;
	}
	text_add(c->out, "{rlim_cur=");
	add_limit(c->out, v[0]);
	text_add(c->out, ", rlim_max=");
	add_limit(c->out, v[1]);
	text_add(c->out, "}");
}

static void add_int_list(const struct trace_call *c, uint64_t va, unsigned int n)
{
	int v[2];
	if (!read_user(c, va, v, n * sizeof(*v)))
		add_address(c->out, va);
	else if (n == 1)
		text_add(c->out, "[%d]", v[0]);
	else
		text_add(c->out, "[%d, %d]", v[0], v[1]);
}

/* bytes: how much of the buffers holds data (a read's result). */
static void add_iovec(const struct trace_call *c, uint64_t va, uint64_t count, uint64_t bytes)
{
	struct iovec v;
	text_add(c->out, "[");
	for (uint64_t i = 0; i < count; i++) {
		text_add(c->out, i ? ", " : "");
		if (i == LIST_MAX) {
			text_add(c->out, "...");
			break;
		}
		if (!read_user(c, va + i * sizeof(v), &v, sizeof(v))) {
			text_add(c->out, "... /* %#" PRIx64 " */", va + i * sizeof(v));
			break;
		}
		uint64_t n = v.iov_len < bytes ? v.iov_len : bytes;
		text_add(c->out, "{iov_base=");
		add_buffer(c, (uint64_t)v.iov_base, n);
		text_add(c->out, ", iov_len=%zu}", v.iov_len);
		bytes -= n;
	}
	text_add(c->out, "]");
}

static void add_pollfds(const struct trace_call *c, uint64_t va, uint64_t count, bool results)
{
	struct pollfd p;
	const char *comma = "";
	text_add(c->out, "[");
	for (uint64_t i = 0; i < count && i < LIST_MAX; i++) {
		if (!read_user(c, va + i * sizeof(p), &p, sizeof(p)))
			break;
		if (results && !p.revents)
			continue;
		text_add(c->out, "%s{fd=%d, %s=", comma, p.fd, results ? "revents" : "events");
		add_flags(c->out, &trace_poll, (unsigned short)(results ? p.revents : p.events));
		text_add(c->out, "}");
		comma = ", ";
	}
	text_add(c->out, count > LIST_MAX ? ", ...]" : "]");
}

/* ---- arguments ---- */

static bool is_read(const struct trace_row *row)
{
	return strstr(row->name, "read") != NULL;
}

bool trace_arg_is_output(const struct trace_row *row, unsigned int i)
{
	switch (row->kind[i]) {
	case KIND_OUT:
	case KIND_FDPAIR:
	case KIND_INTP_OUT:
	case KIND_STAT_OUT:
	case KIND_STATX_OUT:
	case KIND_TIMESPEC_OUT:
	case KIND_TIMEVAL_OUT:
	case KIND_ITIMERVAL_OUT:
	case KIND_SIGSET_OUT:
	case KIND_SIGACTION_OUT:
	case KIND_WSTATUS_OUT:
	case KIND_RLIMIT_OUT:
		return true;
	case KIND_IOV:
		return is_read(row);
	default:
		return false;
	}
}

bool trace_arg_is_deferred(const struct trace_call *c, unsigned int i)
{
	char byte;
	switch (c->row->kind[i]) {
	case KIND_PATH:
	case KIND_STR:
	case KIND_IN:
	case KIND_TIMESPEC_IN:
	case KIND_TIMEVAL_IN:
	case KIND_SIGSET_IN:
	case KIND_SIGACTION_IN:
	case KIND_RLIMIT_IN:
		return c->rec->arg[i] && strncmp(c->row->name, "execve", 6) &&
		       !read_user(c, c->rec->arg[i], &byte, 1);
	default:
		return trace_arg_is_output(c->row, i);
	}
}

bool trace_arg_is_hidden(const struct trace_call *c, unsigned int i)
{
	const struct trace_row *row = c->row;
	if (i && row->kind[i] == KIND_MODE && row->kind[i - 1] == KIND_OPEN_FLAGS)
		return !(c->rec->arg[i - 1] & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)));
	if (i && row->kind[i - 1] == KIND_FCNTL_CMD)
		return c->rec->arg[i - 1] == F_GETFD || c->rec->arg[i - 1] == F_GETFL;
	return false;
}

/* The third argument of fcntl(2) by its command. */
static void add_fcntl_arg(struct trace_text *t, unsigned int cmd, uint64_t arg)
{
	if (cmd == F_SETFD)
		add_flags(t, &trace_fd_flags, arg);
	else if (cmd == F_SETFL)
		add_open_flags(t, arg);
	else if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_SETPIPE_SZ || cmd == F_SETOWN)
		text_add(t, "%d", (int)arg);
	else
		text_add(t, "%#" PRIx64, arg);
}

static const struct trace_set *set_of_kind(unsigned int kind)
{
	static const struct trace_set *const sets[] = {
		[KIND_AT_FLAGS] = &trace_at_flags,   [KIND_PROT] = &trace_prot,
		[KIND_MAP_FLAGS] = &trace_map_flags, [KIND_WAIT_OPTIONS] = &trace_wait_options,
		[KIND_WHENCE] = &trace_whence,	     [KIND_FCNTL_CMD] = &trace_fcntl,
		[KIND_IOCTL_CMD] = &trace_ioctl,     [KIND_SIG_HOW] = &trace_sig_how,
		[KIND_MADVICE] = &trace_madvice,     [KIND_EPOLL_OP] = &trace_epoll_op,
		[KIND_ACCESS_MODE] = &trace_access,  [KIND_CLOCKID] = &trace_clocks,
	};
	return kind < sizeof(sets) / sizeof(*sets) ? sets[kind] : NULL;
}

/* Did the call write to argument i? */
static bool was_written(const struct trace_call *c, unsigned int i)
{
	int64_t ret = c->rec->ret;
	if (!c->rec->arg[i])
		return false;
	if (!strcmp(c->row->arg[i], "rem")) /* nanosleep(2): only when interrupted */
		return ret == -EINTR || ret == -516;
	if (c->row->kind[i] == KIND_INTP_OUT)
		return ret >= 0 && !strcmp(c->row->arg[i], "parent_tid") &&
		       (c->rec->arg[0] & CLONE_PARENT_SETTID);
	return ret >= 0;
}

/* How much of a buffer of `count` bytes holds data. */
static uint64_t written_bytes(const struct trace_call *c, uint64_t count)
{
	uint64_t n = c->rec->ret;
	if (n && !strcmp(c->row->name, "getcwd"))
		n--; /* the NUL */
	return n < count ? n : count;
}

/* What the call wrote at argument i; the bare address when it did not. */
static void add_output(const struct trace_call *c, unsigned int kind, unsigned int i)
{
	uint64_t va = c->rec->arg[i], count = i < 5 ? c->rec->arg[i + 1] : 0;
	int status;
	if (!was_written(c, i)) {
		add_address(c->out, va);
		return;
	}
	switch (kind) {
	case KIND_OUT:
		add_buffer(c, va, written_bytes(c, count));
		break;
	case KIND_IOV:
		add_iovec(c, va, count, c->rec->ret);
		break;
	case KIND_FDPAIR:
		add_int_list(c, va, 2);
		break;
	case KIND_INTP_OUT:
		add_int_list(c, va, 1);
		break;
	case KIND_STAT_OUT:
		add_stat(c, va);
		break;
	case KIND_STATX_OUT:
		add_statx(c, va);
		break;
	case KIND_TIMESPEC_OUT:
		add_timespec(c, va);
		break;
	case KIND_TIMEVAL_OUT:
		add_timeval(c, va);
		break;
	case KIND_ITIMERVAL_OUT:
		add_itimerval(c, va);
		break;
	case KIND_SIGSET_OUT:
		add_sigset(c, va);
		break;
	case KIND_SIGACTION_OUT:
		add_sigaction(c, va);
		break;
	case KIND_RLIMIT_OUT:
		add_rlimit(c, va);
		break;
	case KIND_WSTATUS_OUT:
		if (c->rec->ret && read_user(c, va, &status, sizeof(status)))
			add_wait_status(c->out, status);
		else
			add_address(c->out, va);
		break;
	}
}

/* Memory that the call reads. */
static bool add_input(const struct trace_call *c, unsigned int kind, unsigned int i)
{
	uint64_t va = c->rec->arg[i], next = i < 5 ? c->rec->arg[i + 1] : 0;
	switch (kind) {
	case KIND_PATH:
		add_string(c, va, 4095);
		return true;
	case KIND_STR:
		if (i + 1u < c->row->argc && !strcmp(c->row->arg[i + 1], "path_len"))
			add_buffer(c, va, next);
		else
			add_string(c, va, STRING_MAX);
		return true;
	case KIND_STRV:
		if (!strcmp(c->row->arg[i], "envp"))
			add_environment(c, va);
		else if (!strcmp(c->row->name, "spawn_args"))
			add_iovec(c, va, next, UINT64_MAX);
		else
			add_strings(c, va);
		return true;
	case KIND_IN:
		add_buffer(c, va, next);
		return true;
	case KIND_IOV:
		add_iovec(c, va, next, UINT64_MAX);
		return true;
	case KIND_TIMESPEC_IN:
		add_timespec(c, va);
		return true;
	case KIND_TIMEVAL_IN:
		add_timeval(c, va);
		return true;
	case KIND_ITIMERVAL_IN:
		add_itimerval(c, va);
		return true;
	case KIND_SIGSET_IN:
		add_sigset(c, va);
		return true;
	case KIND_SIGACTION_IN:
		add_sigaction(c, va);
		return true;
	case KIND_RLIMIT_IN:
		add_rlimit(c, va);
		return true;
	case KIND_POLLFDS:
		add_pollfds(c, va, next, false);
		return true;
	case KIND_PTR:
		if (i || strcmp(c->row->name, "clone3"))
			return false;
		add_clone_args(c, va);
		return true;
	default:
		return false;
	}
}

static void add_number(const struct trace_call *c, unsigned int kind, uint64_t v)
{
	struct trace_text *t = c->out;
	switch (kind) {
	case KIND_DIRFD:
		if ((int)v == AT_FDCWD)
			text_add(t, "AT_FDCWD");
		else
			text_add(t, "%d", (int)v);
		break;
	case KIND_FD:
	case KIND_INT:
	case KIND_PID:
		text_add(t, "%d", (int)v);
		break;
	case KIND_UINT:
		text_add(t, "%u", (unsigned int)v);
		break;
	case KIND_UID:
	case KIND_GID:
		text_add(t, "%d", (int)v); /* -1: leave it as it is */
		break;
	case KIND_LONG:
	case KIND_OFF:
		text_add(t, "%" PRId64, v);
		break;
	case KIND_SIZE:
		text_add(t, "%" PRIu64, v);
		break;
	case KIND_SIG:
		trace_signal_name(t, (unsigned int)v);
		break;
	case KIND_MODE:
		add_mode(t, v);
		break;
	case KIND_DEV:
		text_add(t, "makedev(%#x, %#x)", major(v), minor(v));
		break;
	case KIND_OPEN_FLAGS:
		if (c->row->kind[0] == KIND_PATH || c->row->kind[0] == KIND_DIRFD)
			add_open_flags(t, v);
		else /* pipe2, dup3: no access mode */
			add_flags(t, &trace_open_flags, (unsigned int)v);
		break;
	case KIND_CLONE_FLAGS:
		add_clone_flags(t, v);
		break;
	case KIND_FUTEX_OP:
		add_futex_op(t, v);
		break;
	case KIND_FLAGS:
		text_add(t, "%#x", (unsigned int)v);
		break;
	case KIND_ULONG:
		text_add(t, "%#" PRIx64, v);
		break;
	default: /* ADDR, PTR */
		add_address(t, v);
	}
}

void trace_arg(const struct trace_call *c, unsigned int i)
{
	unsigned int kind = c->row->kind[i];
	uint64_t v = c->rec->arg[i];
	const struct trace_set *set = trace_set_for(c->row->name, c->row->arg[i]);
	if (!set)
		set = set_of_kind(kind);
	if (c->row->raw)
		text_add(c->out, "%#" PRIx64, v);
	else if (trace_arg_is_output(c->row, i))
		add_output(c, kind, i);
	else if (set)
		add_set(c->out, set, (unsigned int)v);
	else if (i && c->row->kind[i - 1] == KIND_FCNTL_CMD)
		add_fcntl_arg(c->out, c->rec->arg[i - 1], v);
	else if (!add_input(c, kind, i))
		add_number(c, kind, v);
}

/* ---- results ---- */

static const char *restart_text(int64_t err)
{
	switch (err) {
	case 512:
		return "ERESTARTSYS (To be restarted if SA_RESTART is set)";
	case 513:
		return "ERESTARTNOINTR (To be restarted)";
	case 514:
		return "ERESTARTNOHAND (To be restarted if no handler)";
	case 516:
		return "ERESTART_RESTARTBLOCK (Interrupted by signal)";
	default:
		return NULL;
	}
}

static void add_error(struct trace_text *t, int64_t err)
{
	const char *name = strerrorname_np(err);
	if (restart_text(err))
		text_add(t, "? %s", restart_text(err));
	else if (name)
		text_add(t, "-1 %s (%s)", name, strerrordesc_np(err));
	else
		text_add(t, "-1 (errno %" PRId64 ")", err);
}

void trace_result(const struct trace_call *c)
{
	int64_t ret = c->rec->ret;
	const struct trace_row *row = c->row;
	if (ret < 0 && ret >= -4095) {
		add_error(c->out, -ret);
	} else if (!strcmp(row->name, "mmap") || !strcmp(row->name, "brk") ||
		   !strcmp(row->name, "mremap")) {
		text_add(c->out, "%#" PRIx64, (uint64_t)ret);
	} else if (row->kind[1] == KIND_FCNTL_CMD && c->rec->arg[1] == F_GETFL) {
		text_add(c->out, "%#" PRIx64 " (flags ", (uint64_t)ret);
		add_open_flags(c->out, ret);
		text_add(c->out, ")");
	} else if (row->kind[1] == KIND_FCNTL_CMD && c->rec->arg[1] == F_GETFD && ret) {
		text_add(c->out, "%#" PRIx64 " (flags ", (uint64_t)ret);
		add_flags(c->out, &trace_fd_flags, ret);
		text_add(c->out, ")");
	} else {
		text_add(c->out, "%" PRId64, ret);
	}
	if (row->kind[0] == KIND_POLLFDS && ret > 0) {
		text_add(c->out, " (");
		add_pollfds(c, c->rec->arg[0], c->rec->arg[1], true);
		text_add(c->out, ")");
	} else if (row->kind[0] == KIND_POLLFDS && !ret) {
		text_add(c->out, " (Timeout)");
	}
}
