/* gdb's "monitor ...": what only this machine knows. */
#include "gdb_session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DUMP_DEFAULT 64
#define DUMP_MAX     4096

/* ---- ps, maps ---- */

static bool show_task(void *ctx, const struct debug_task *t)
{
	char cpu[16] = "-";

	if (t->cpu >= 0)
		snprintf(cpu, sizeof(cpu), "%d", t->cpu);
	gdb_console(ctx, "%5d %5d %5d %c %3s %s %s\n", t->pid, t->tid, t->parent, t->state, cpu,
		    t->mm ? " " : "k", t->name);
	return true;
}

static void show_failure(struct gdb *g, int err)
{
	if (err == -ENOTSUP)
		gdb_console(g, "this kernel does not say where its tasks are\n");
	else if (err)
		gdb_console(g, "the kernel's lists are broken\n");
}

static void do_ps(struct gdb *g, char *rest)
{
	(void)rest;
	gdb_console(g, "  PID   TID  PPID S CPU   NAME\n");
	show_failure(g, debug_each_task(g->m, show_task, g));
}

struct find {
	int pid;
	uint64_t mm;
	bool found;
};

static bool find_process(void *ctx, const struct debug_task *t)
{
	struct find *f = ctx;

	if (t->pid != f->pid && t->tid != f->pid)
		return true;
	f->found = true;
	f->mm = t->mm;
	return !t->mm;
}

static bool show_mapping(void *ctx, const struct debug_mapping *p)
{
	gdb_console(ctx, "%012" PRIx64 "-%012" PRIx64 " %c%c%c%c %08" PRIx64 " %s\n", p->start,
		    p->end, p->read ? 'r' : '-', p->write ? 'w' : '-', p->execute ? 'x' : '-',
		    p->shared ? 's' : 'p', p->offset, p->name);
	return true;
}

static void do_maps(struct gdb *g, char *rest)
{
	char *end;
	struct find f = {.pid = (int)strtol(rest, &end, 10)};

	if (end == rest || *end) {
		gdb_console(g, "monitor maps PID\n");
		return;
	}
	int err = debug_each_task(g->m, find_process, &f);

	if (err)
		show_failure(g, err);
	else if (!f.found)
		gdb_console(g, "there is no process %d\n", f.pid);
	else if (!f.mm)
		gdb_console(g, "process %d has no memory of its own\n", f.pid);
	else
		show_failure(g, debug_each_mapping(g->m, f.mm, show_mapping, g));
}

/* ---- memory ---- */

static void dump_line(struct gdb *g, uint64_t at, const uint8_t *byte, size_t n)
{
	char text[128];
	int len = snprintf(text, sizeof(text), "%09" PRIx64 " ", at);

	for (size_t i = 0; i < 16; i++)
		len += i < n ? snprintf(text + len, sizeof(text) - (size_t)len, " %02x", byte[i])
			     : snprintf(text + len, sizeof(text) - (size_t)len, "   ");
	text[len++] = ' ';
	text[len++] = ' ';
	for (size_t i = 0; i < n; i++)
		text[len++] = byte[i] >= ' ' && byte[i] < 0x7f ? (char)byte[i] : '.';
	gdb_console(g, "%.*s\n", len, text);
}

static void do_phys(struct gdb *g, char *rest)
{
	uint8_t buf[DUMP_MAX];
	char *end;
	uint64_t at = strtoull(rest, &end, 0), len = DUMP_DEFAULT;

	if (end == rest || (*end && *end != ' ')) {
		gdb_console(g, "monitor phys ADDRESS [LENGTH]\n");
		return;
	}
	if (*end)
		len = strtoull(end + 1, &end, 0);
	if (*end || !len || len > sizeof(buf)) {
		gdb_console(g, "LENGTH must be a number from 1 to %d\n", DUMP_MAX);
		return;
	}
	if (debug_read_physical(g->m, at, buf, len)) {
		gdb_console(g, "guest memory ends at %#llx\n",
			    (unsigned long long)g->m->memory.size);
		return;
	}
	for (uint64_t i = 0; i < len; i += 16)
		dump_line(g, at + i, buf + i, len - i < 16 ? len - i : 16);
}

/* ---- trace, program ---- */

static void do_trace(struct gdb *g, char *rest)
{
	bool on = !strcmp(rest, "on");

	if (!on && strcmp(rest, "off"))
		gdb_console(g, "monitor trace on|off\n");
	else if (debug_set_trace(g->m, on))
		gdb_console(g, "this kernel cannot trace\n");
	else
		gdb_console(g, "system calls are %s\n",
			    on ? "traced on mote's standard error" : "no longer traced");
}

static void do_program(struct gdb *g, char *rest)
{
	const char *name;

	if (*rest && debug_set_program(g->m, rest)) {
		gdb_console(g, "monitor program NAME: the name of an executable file, without "
			       "directories\n");
		return;
	}
	name = debug_program(g->m);
	gdb_console(g, "breakpoints in user addresses are in the program %s\n",
		    name ? name : "that is run first");
}

/* ---- snapshot, reset ---- */

static void do_snapshot(struct gdb *g, char *rest)
{
	struct snapshot *s;

	(void)rest;
	if (debug_snapshot(g->m, &s, g->snapshot_frame)) {
		gdb_console(g, "there is no snapshot: mote's standard error says why\n");
		return;
	}
	snapshot_put(g->snapshot);
	g->snapshot = s;
	gdb_console(g, "the machine is remembered as it stands; monitor reset comes back to it\n");
}

static void do_reset(struct gdb *g, char *rest)
{
	(void)rest;
	if (!g->snapshot) {
		gdb_console(g, "there is nothing to come back to: monitor snapshot first\n");
		return;
	}
	if (debug_reset(g->m, g->snapshot, g->snapshot_frame)) {
		gdb_console(g, "the machine cannot be reset and ends\n");
		machine_stop(g->m, MOTE_FAILED);
		return;
	}
	g->stop = DEBUG_STOP_NONE;
	gdb_console(g, "the machine stands where the snapshot was taken; have gdb look again: "
		       "maintenance flush register-cache\n");
}

/* ---- dispatch ---- */

static void do_help(struct gdb *g, char *rest);

static const struct {
	const char *name, *usage, *what;
	void (*fn)(struct gdb *g, char *rest);
} commands[] = {
	{"help", "help", "this list", do_help},
	{"ps", "ps", "the tasks of the kernel", do_ps},
	{"maps", "maps PID", "what a process has mapped", do_maps},
	{"trace", "trace on|off", "print system calls on mote's standard error, or no longer",
	 do_trace},
	{"phys", "phys ADDRESS [LENGTH]", "show physical memory", do_phys},
	{"program", "program [NAME]", "the executable that breakpoints in user addresses are for",
	 do_program},
	{"snapshot", "snapshot", "remember the machine as it stands", do_snapshot},
	{"reset", "reset", "put it back to that", do_reset},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void do_help(struct gdb *g, char *rest)
{
	(void)rest;
	for (unsigned int i = 0; i < COMMANDS; i++)
		gdb_console(g, "monitor %-22s %s\n", commands[i].usage, commands[i].what);
}

void gdb_monitor(struct gdb *g, char *text)
{
	char *rest = text + strcspn(text, " ");

	if (*rest)
		*rest++ = 0;
	while (*rest == ' ')
		rest++;
	for (unsigned int i = 0; i < COMMANDS; i++) {
		if (!strcmp(text, commands[i].name)) {
			commands[i].fn(g, rest);
			return;
		}
	}
	gdb_console(g, "there is no command \"%s\": monitor help\n", text);
}
