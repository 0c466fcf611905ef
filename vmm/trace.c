#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "elfdeps.h"
#include "trace_line.h"

#define RESULT_COLUMN 40 /* of "=", as in strace */
#define NR_LIMIT      1024
#define TEXT_SIZE     65536

/* ---- table.def ---- */

static const struct trace_row rows[] = {
#define ROW(a, b, e, f, n, count, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4, k5, n5)                  \
	{a,                                                                                        \
	 b,                                                                                        \
	 count,                                                                                    \
	 {KIND_##k0, KIND_##k1, KIND_##k2, KIND_##k3, KIND_##k4, KIND_##k5},                       \
	 false,                                                                                    \
	 #n,                                                                                       \
	 {#n0, #n1, #n2, #n3, #n4, #n5}},
#define REFUSED(a, b, e, n, err) {a, b, 6, {0}, true, #n, {"", "", "", "", "", ""}},
#define ABSENT(a, b, e, n)	 {a, b, 6, {0}, true, #n, {"", "", "", "", "", ""}},
#include "guest/syscall/expand.h"
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

/* The row of a number on this machine; NULL when table.def has none. */
static const struct trace_row *find_row(unsigned long long nr)
{
	static unsigned short index[NR_LIMIT]; /* 1 + place in rows */
	static bool filled;
	if (!filled) {
		bool arm = !strcmp(elf_arch_host()->name, "aarch64");
		for (size_t i = 0; i < ROW_COUNT; i++) {
			int n = arm ? rows[i].aarch64 : rows[i].x86_64;
			if (n >= 0 && n < NR_LIMIT)
				index[n] = i + 1;
		}
		filled = true;
	}
	if (nr < NR_LIMIT)
		return index[nr] ? &rows[index[nr] - 1] : NULL;
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (rows[i].x86_64 >= NR_LIMIT && (unsigned long long)rows[i].x86_64 == nr)
			return &rows[i];
	}
	return NULL;
}

/* What a number outside table.def is printed as. */
static const struct trace_row *unknown_row(unsigned long long nr)
{
	static char name[40];
	static struct trace_row row = {
		.argc = 6, .raw = true, .name = name, .arg = {"", "", "", "", "", ""}};
	snprintf(name, sizeof(name), "syscall_%#llx", nr);
	return &row;
}

/* ---- tasks ---- */

static struct trace_task *find_task(struct trace_lines *l, unsigned int tid)
{
	struct trace_task *free = NULL, *oldest = &l->task[0];
	for (struct trace_task *t = l->task; t < l->task + TRACE_TASKS; t++) {
		if (t->tid == tid)
			return t;
		if (!t->tid && !free)
			free = t;
		if (t->stamp < oldest->stamp)
			oldest = t;
	}
	if (free)
		l->live++;
	else
		free = oldest;
	*free = (struct trace_task){.tid = tid};
	return free;
}

/* ---- lines ---- */

static void begin_line(struct trace_lines *l, unsigned int tid, struct trace_text *out)
{
	if (l->open)
		text_add(out, " <unfinished ...>\n");
	l->open = 0;
	if (l->live > 1)
		text_add(out, "[pid %5u] ", tid);
}

static void add_args(const struct trace_call *c, struct trace_task *t, unsigned int last)
{
	for (; t->args_done < last; t->args_done++) {
		if (trace_arg_is_hidden(c, t->args_done))
			continue;
		text_add(c->out, t->args_done ? ", " : "");
		trace_arg(c, t->args_done);
	}
}

/* Arguments that are known at entry, up to the first that is not. */
static unsigned int entry_args(const struct trace_call *c)
{
	unsigned int n = 0;
	while (n < c->row->argc && (c->row->raw || !trace_arg_is_deferred(c, n)))
		n++;
	return n;
}

static void call_enter(struct trace_lines *l, struct trace_task *t, struct trace_call *c)
{
	begin_line(l, t->tid, c->out);
	size_t start = c->out->len;
	t->in_call = true;
	t->nr = c->rec->nr;
	t->args_done = 0;
	text_add(c->out, "%s(", c->row->name);
	add_args(c, t, entry_args(c));
	l->open = t->tid;
	l->column = c->out->len - start;
}

static void end_call(struct trace_lines *l, struct trace_task *t)
{
	t->in_call = false;
	l->open = 0;
}

static void call_exit(struct trace_lines *l, struct trace_task *t, struct trace_call *c)
{
	size_t start = c->out->len;
	c->exit = true;
	if (l->open != t->tid) {
		begin_line(l, t->tid, c->out);
		start = c->out->len;
		l->column = 0;
		text_add(c->out, "<... %s resumed>", c->row->name);
		if (!t->in_call)
			t->args_done = 0;
	}
	add_args(c, t, c->row->argc);
	text_add(c->out, ")");
	size_t column = l->column + (c->out->len - start);
	text_add(c->out,
		 "%*s = ", column < RESULT_COLUMN - 1 ? (int)(RESULT_COLUMN - 1 - column) : 0, "");
	trace_result(c);
	text_add(c->out, "\n");
	end_call(l, t);
}

/* A call that will not come back: exit_group, or the task was killed in it. */
static void call_abandoned(struct trace_lines *l, struct trace_task *t, struct trace_text *out)
{
	if (!t->in_call)
		return;
	if (l->open == t->tid) {
		size_t column = l->column + 1;
		text_add(out, ")%*s = ?\n",
			 column < RESULT_COLUMN - 1 ? (int)(RESULT_COLUMN - 1 - column) : 0, "");
		l->open = 0;
	}
	t->in_call = false;
}

/* ---- signals and ends ---- */

static const char *code_name(unsigned long long sig, int code)
{
	static const char *const chld[] = {"CLD_EXITED",  "CLD_KILLED",	 "CLD_DUMPED",
					   "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"};
	static const char *const segv[] = {"SEGV_MAPERR", "SEGV_ACCERR"};
	static const char *const fpe[] = {"FPE_INTDIV", "FPE_INTOVF"};
	switch (code) {
	case 0:
		return "SI_USER";
	case 0x80:
		return "SI_KERNEL";
	case -1:
		return "SI_QUEUE";
	case -2:
		return "SI_TIMER";
	case -6:
		return "SI_TKILL";
	}
	if (sig == SIGCHLD && code >= 1 && code <= 6)
		return chld[code - 1];
	if (sig == SIGSEGV && code >= 1 && code <= 2)
		return segv[code - 1];
	if (sig == SIGFPE && code >= 1 && code <= 2)
		return fpe[code - 1];
	if (sig == SIGBUS && code == 2)
		return "BUS_ADRERR";
	return NULL;
}

static bool is_fault(unsigned long long sig, int code)
{
	return code > 0 && code < 0x80 &&
	       (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE ||
		sig == SIGTRAP);
}

static void signal_line(struct trace_lines *l, const struct trace_record *rec,
			struct trace_text *out)
{
	int code = (int)rec->arg[0];
	const char *name = code_name(rec->nr, code);
	begin_line(l, rec->tid, out);
	text_add(out, "--- ");
	trace_signal_name(out, rec->nr);
	text_add(out, " {si_signo=");
	trace_signal_name(out, rec->nr);
	if (name)
		text_add(out, ", si_code=%s", name);
	else
		text_add(out, ", si_code=%d", code);
	if (is_fault(rec->nr, code))
		text_add(out, rec->arg[1] ? ", si_addr=%#llx" : ", si_addr=NULL", rec->arg[1]);
	else if (code != 0x80)
		text_add(out, ", si_pid=%d", (int)rec->arg[1]);
	text_add(out, "} ---\n");
}

static void exit_line(struct trace_lines *l, struct trace_task *t, const struct trace_record *rec,
		      struct trace_text *out)
{
	int s = (int)rec->nr;
	call_abandoned(l, t, out);
	begin_line(l, rec->tid, out);
	if (WIFEXITED(s)) {
		text_add(out, "+++ exited with %d +++\n", WEXITSTATUS(s));
	} else {
		text_add(out, "+++ killed by ");
		trace_signal_name(out, WTERMSIG(s));
		text_add(out, WCOREDUMP(s) ? " (core dumped) +++\n" : " +++\n");
	}
	t->tid = 0;
	l->live--;
}

size_t trace_lines_add(struct trace_lines *l, const struct memory *mem,
		       const struct trace_record *rec, char *buf, size_t size)
{
	struct trace_text out = {.buf = buf, .size = size};
	struct trace_call c = {.mem = mem, .rec = rec, .out = &out};
	buf[0] = 0;
	if (!rec->tid)
		return 0;
	struct trace_task *t = find_task(l, rec->tid);
	t->stamp = ++l->clock;
	c.row = find_row(rec->nr);
	if (!c.row)
		c.row = unknown_row(rec->nr);
	switch (rec->kind) {
	case TRACE_ENTER:
		call_enter(l, t, &c);
		break;
	case TRACE_EXIT:
		call_exit(l, t, &c);
		break;
	case TRACE_SIGNAL:
		signal_line(l, rec, &out);
		break;
	case TRACE_EXITED:
		exit_line(l, t, rec, &out);
		break;
	}
	return out.len;
}

void trace_print(const struct memory *mem, const struct trace_record *record)
{
	static struct trace_lines lines; /* the caller serialises */
	static char text[TEXT_SIZE];
	size_t n = trace_lines_add(&lines, mem, record, text, sizeof(text));
	for (size_t at = 0; at < n;) {
		ssize_t done = write(STDERR_FILENO, text + at, n - at);
		if (done < 0 && errno != EINTR)
			return;
		at += done > 0 ? done : 0;
	}
}
