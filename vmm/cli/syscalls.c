#include "cli.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "guest/syscall/kinds.h"
#include "mote.h"

static const char help_text[] = "usage: mote syscalls [--tsv]\n\n"
				"Every Linux system call: name, number on x86_64 and aarch64, "
				"epic, status (implemented, refused by design,\n"
				"absent) and where it is defined.\n\n"
				"  --tsv  fields separated by tabs\n";

/* Made by the Makefile from the kernel's sources: {name, file} of every function sys_NAME. */
static const struct {
	const char *name, *file;
} handlers[] = {
#include "syscall_sources.inc"
};

enum status { IMPLEMENTED, REFUSED_BY_DESIGN, NOT_THERE };

struct row {
	int x86_64, aarch64;
	const char *epic, *name;
	enum status status; /* as table.def has it */
};

static const struct row rows[] = {
#define ROW(a, b, e, f, n, count, ...) {a, b, e, #n, IMPLEMENTED},
#define REFUSED(a, b, e, n, err)       {a, b, e, #n, REFUSED_BY_DESIGN},
#define ABSENT(a, b, e, n)	       {a, b, e, #n, NOT_THERE},
#include "guest/syscall/expand.h"
};

static const char *handler_file(const char *name)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++) {
		if (!strcmp(handlers[i].name, name))
			return handlers[i].file;
	}
	return NULL;
}

static void number_text(int nr, char out[12])
{
	if (nr < 0)
		strcpy(out, "-");
	else
		snprintf(out, 12, "%d", nr);
}

/* A row without a handler is absent whatever table.def says. */
static void print_row(const struct row *r, bool tsv)
{
	static const char *const names[] = {"implemented", "refused", "absent"};
	const char *file = handler_file(r->name);
	enum status status = r->status == IMPLEMENTED && !file ? NOT_THERE : r->status;
	const char *where = status == IMPLEMENTED ? file
			    : status == NOT_THERE ? "-"
						  : "guest/syscall/table.def";
	char x86_64[12], aarch64[12];
	number_text(r->x86_64, x86_64);
	number_text(r->aarch64, aarch64);
	printf(tsv ? "%s\t%s\t%s\t%s\t%s\t%s\n" : "%-24s %6s %7s  %-6s  %-11s  %s\n", r->name,
	       x86_64, aarch64, r->epic, names[status], where);
}

int cmd_syscalls(int argc, char **argv)
{
	bool tsv = argc == 2 && !strcmp(argv[1], "--tsv");
	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(help_text, stdout);
		return 0;
	}
	if (argc > 1 && !tsv) {
		mote_error("syscalls: unknown argument %s (mote syscalls --help)",
			   argv[tsv ? 2 : 1]);
		return MOTE_FAILED;
	}
	if (tsv)
		printf("# name\tx86_64\taarch64\tepic\tstatus\twhere\n");
	else
		printf("%-24s %6s %7s  %-6s  %-11s  %s\n", "name", "x86_64", "aarch64", "epic",
		       "status", "where");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		print_row(&rows[i], tsv);
	if (fflush(stdout) || ferror(stdout)) {
		mote_error("syscalls: writing the list: %s", strerror(errno));
		return MOTE_FAILED;
	}
	return 0;
}
