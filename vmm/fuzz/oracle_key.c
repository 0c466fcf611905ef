#include "oracle_key.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "shared/fuzz/grammar.h"
#include "shared/fuzz/tree.h"
#include "trace_flags.h"

struct text {
	char *at;
	size_t size, len;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	if (t->len + 1 >= t->size)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(t->at + t->len, t->size - t->len, fmt, ap);

	va_end(ap);
	t->len += n < 0 ? 0 : (size_t)n;
	if (t->len >= t->size)
		t->len = t->size - 1;
}

/* A path of the tree; the long ones by their length. */
static void add_path(struct text *t, uint64_t index)
{
	const char *path = fuzz_path[index];

	if (strlen(path) > 60)
		add(t, "\"%c...\" of %zu", path[0], strlen(path));
	else
		add(t, "\"%s\"", path);
}

static void add_fd(struct text *t, long long fd)
{
	/* What a program finds open: images/fuzz. */
	static const char *const names[] = {"dev/null", "a", "b"};

	if (fd >= 0 && fd < 3)
		add(t, "fd %s", names[fd]);
	else if ((int)fd == AT_FDCWD)
		add(t, "AT_FDCWD");
	else
		add(t, fd < 0 ? "fd < 0" : "fd");
}

static const struct fuzz_row *row_of(const struct fuzz_program *p, uint64_t call)
{
	return &fuzz_row[p->call[call].row];
}

/* What call k made: with the path it opened. */
static void add_source(struct text *t, const struct fuzz_program *p, uint64_t k)
{
	const struct fuzz_row *row = row_of(p, k);

	add(t, "%s", row->name);
	if (!strncmp(row->name, "dup", 3) && p->call[k].arg[0].kind == FUZZ_ARG_CONST) {
		add(t, " of ");
		add_fd(t, (int)p->call[k].arg[0].value);
	}
	for (unsigned int a = 0; a < row->argc; a++)
		if (row->kind[a] == FUZZ_KIND_PATH && p->call[k].arg[a].kind == FUZZ_ARG_PATH) {
			add(t, " ");
			add_path(t, p->call[k].arg[a].value);
			return;
		}
}

static bool failed(const struct fuzz_results *theirs, uint64_t k)
{
	return theirs->result[k].state != FUZZ_CALL_ANSWERED || theirs->result[k].value <= 0;
}

/* Powers of two and their neighbours are borders; the rest is only large or small. */
static void add_number(struct text *t, uint64_t value)
{
	int64_t n = (int64_t)value;

	if (n >= -1 && n <= 2)
		add(t, "%lld", (long long)n);
	else if (n < 0)
		add(t, "negative");
	else if (n < 4096)
		add(t, "some");
	else if (n < 1ll << 31)
		add(t, n % 4096 ? "many" : "pages");
	else
		add(t, "huge");
}

static const struct trace_set *set_of_kind(unsigned int kind)
{
	switch (kind) {
	case FUZZ_KIND_AT_FLAGS:
		return &trace_at_flags;
	case FUZZ_KIND_PROT:
		return &trace_prot;
	case FUZZ_KIND_MAP_FLAGS:
		return &trace_map_flags;
	case FUZZ_KIND_CLONE_FLAGS:
		return &trace_clone_flags;
	case FUZZ_KIND_WAIT_OPTIONS:
		return &trace_wait_options;
	case FUZZ_KIND_WHENCE:
		return &trace_whence;
	case FUZZ_KIND_FCNTL_CMD:
		return &trace_fcntl;
	case FUZZ_KIND_IOCTL_CMD:
		return &trace_ioctl;
	case FUZZ_KIND_SIG_HOW:
		return &trace_sig_how;
	case FUZZ_KIND_MADVICE:
		return &trace_madvice;
	case FUZZ_KIND_EPOLL_OP:
		return &trace_epoll_op;
	case FUZZ_KIND_ACCESS_MODE:
		return &trace_access;
	case FUZZ_KIND_CLOCKID:
		return &trace_clocks;
	case FUZZ_KIND_OPEN_FLAGS:
		return &trace_open_flags;
	default:
		return NULL;
	}
}

static void add_flags(struct text *t, const struct trace_set *set, unsigned long value)
{
	const char *bar = "";

	for (const struct trace_name *n = set->names; n->name; n++) {
		if (!n->value || (value & n->value) != n->value)
			continue;
		add(t, "%s%s", bar, n->name);
		value &= ~n->value;
		bar = "|";
	}
	if (value)
		add(t, "%s?", bar);
	else if (!*bar)
		add(t, "%s", set->zero ? set->zero : "0");
}

static void add_choice(struct text *t, const struct trace_set *set, unsigned long value)
{
	for (const struct trace_name *n = set->names; n->name; n++)
		if (n->value == value) {
			add(t, "%s", n->name);
			return;
		}
	if (value < 256)
		add(t, "%lu", value);
	else
		add(t, "?");
}

static void add_open_flags(struct text *t, unsigned long value)
{
	static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

	add(t, "%s", modes[value & O_ACCMODE]);
	if (value & ~(unsigned long)O_ACCMODE) {
		add(t, "|");
		add_flags(t, &trace_open_flags, value & 0xffffffff & ~(unsigned long)O_ACCMODE);
	}
}

static void add_signal(struct text *t, int sig)
{
	const char *name = sig > 0 && sig < 32 ? sigabbrev_np(sig) : NULL;

	if (name)
		add(t, "SIG%s", name);
	else
		add(t, !sig ? "0" : sig >= 32 && sig <= 64 ? "SIGRT" : "no signal");
}

static void add_const(struct text *t, const struct fuzz_row *row, unsigned int a, uint64_t value)
{
	const struct trace_set *set = set_of_kind(row->kind[a]);

	if (!set)
		set = trace_set_for(row->name, row->arg[a]);
	if (row->kind[a] == FUZZ_KIND_OPEN_FLAGS)
		add_open_flags(t, value);
	else if (set && set->flags)
		add_flags(t, set, (uint32_t)value);
	else if (set)
		add_choice(t, set, (uint32_t)value);
	else if (row->kind[a] == FUZZ_KIND_FD || row->kind[a] == FUZZ_KIND_DIRFD)
		add_fd(t, (int)value);
	else if (row->kind[a] == FUZZ_KIND_SIG)
		add_signal(t, (int)value);
	else
		add_number(t, value);
}

static void add_argument(struct text *t, const struct fuzz_program *p, unsigned int i, unsigned int a, const struct fuzz_results *theirs)
{
	const struct fuzz_row *row = row_of(p, i);
	const struct fuzz_arg *arg = &p->call[i].arg[a];

	switch ((enum fuzz_arg_kind)arg->kind) {
	case FUZZ_ARG_RESULT:
		if (failed(theirs, arg->value)) {
			add_const(t, row, a, 0);
			return;
		}
		/* fall through */
	case FUZZ_ARG_OUTPUT:
		add(t, row->kind[a] == FUZZ_KIND_FD || row->kind[a] == FUZZ_KIND_DIRFD ? "fd of " : "of ");
		add_source(t, p, arg->value);
		return;
	case FUZZ_ARG_DATA:
		add(t, "data");
		return;
	case FUZZ_ARG_PATH:
		add_path(t, arg->value);
		return;
	case FUZZ_ARG_MEMORY:
		add(t, "arena");
		return;
	default:
		add_const(t, row, a, arg->value);
	}
}

void oracle_call_class(const struct fuzz_program *p, unsigned int i, const struct fuzz_results *theirs, char *text, size_t size)
{
	struct text t = {text, size, 0};
	const struct fuzz_row *row = row_of(p, i);

	*text = 0;
	add(&t, "%s(", row->name);
	for (unsigned int a = 0; a < row->argc; a++) {
		add(&t, a ? ", " : "");
		add_argument(&t, p, i, a, theirs);
	}
	add(&t, ")");
}

void oracle_answer_class(long long value, char *text, size_t size)
{
	const char *name = value < 0 && value > -4096 ? strerrorname_np((int)-value) : NULL;

	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "%lld", value);
}
