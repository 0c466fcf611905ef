#include "fuzz_options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mote.h"
#include "option.h"

static const char help_text[] =
	"usage: mote fuzz -o DIR [OPTION...]          a campaign on the guest kernel's system calls\n"
	"       mote fuzz repro FILE [--gdb]          run one case, tell all of it\n"
	"       mote fuzz min FILE [-o OUT]           the smallest program with the same finding\n"
	"       mote fuzz c FILE                      the case as a C program\n"
	"       mote fuzz report -o DIR               findings and coverage as HTML and JSON\n"
	"\n"
	"A campaign starts an afl-fuzz (package afl++) on each processor, one machine each, and keeps all\n"
	"in DIR. It runs until --time is over or Ctrl-C.\n"
	"\n"
	"  -o, --output DIR    where the campaign lives\n"
	"  -j, --jobs N        afl-fuzz instances (default: processors)\n"
	"  -t, --time T        how long: 90, 90s, 10m, 3h, 2d (default: until Ctrl-C)\n"
	"      --calls SET     only these system calls: names and epics (mote syscalls), with commas\n"
	"      --seed DIR      start from the cases in DIR too\n"
	"      --oracle        compare with the host's Linux\n"
	"      --resume        go on with the campaign in DIR\n"
	"      --name NAME     of the first instance (default main): another one on each machine\n"
	"      --kernel FILE   another guest kernel (make FUZZ=1)\n"
	"\n"
	"The status is 0 when there is no finding in DIR, 1 when there are some, 125 when mote failed.\n";

enum long_only { OPT_CALLS = 256, OPT_SEED, OPT_ORACLE, OPT_RESUME, OPT_NAME, OPT_KERNEL };

static const struct option options[] = {
	{"output", required_argument, NULL, 'o'},   {"jobs", required_argument, NULL, 'j'},
	{"time", required_argument, NULL, 't'},	    {"calls", required_argument, NULL, OPT_CALLS},
	{"seed", required_argument, NULL, OPT_SEED}, {"oracle", no_argument, NULL, OPT_ORACLE},
	{"resume", no_argument, NULL, OPT_RESUME},  {"name", required_argument, NULL, OPT_NAME},
	{"kernel", required_argument, NULL, OPT_KERNEL}, {"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

int fuzz_parse_time(const char *text, uint64_t *seconds)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = {{0, 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const uint64_t most = 10 * 366 * 86400ull;
	char *rest;

	errno = 0;
	uint64_t n = strtoull(text, &rest, 10);

	if (!isdigit((unsigned char)*text) || errno || n > most || (*rest && rest[1]))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (*rest != units[i].unit)
			continue;
		*seconds = n * units[i].seconds;
		return *seconds >= 1 && *seconds <= most ? 0 : -EINVAL;
	}
	return -EINVAL;
}

int fuzz_parse_count(const char *option, const char *text, unsigned int least, unsigned int most, unsigned int *n)
{
	char *rest;

	errno = 0;
	unsigned long long value = strtoull(text, &rest, 10);

	if (!isdigit((unsigned char)*text) || *rest || errno || value < least || value > most) {
		mote_error("%s %s: must be a number from %u to %u", option, text, least, most);
		return -EINVAL;
	}
	*n = (unsigned int)value;
	return 0;
}

int fuzz_parse_file(const char *command, int argc, char **argv, const char **file)
{
	if (argc == 1) {
		*file = argv[0];
		return 0;
	}
	if (argc)
		mote_error("more than one FILE: '%s' (mote fuzz %s --help)", argv[1], command);
	else
		mote_error("no FILE given (mote fuzz %s --help)", command);
	return -EINVAL;
}

static int parse_time(struct fuzz_options *o, const char *text)
{
	int err = fuzz_parse_time(text, &o->time);

	if (err)
		mote_error("--time %s: must be a time like 90, 90s, 10m, 3h or 2d", text);
	return err;
}

static bool is_ours(const char *name)
{
	return !strcmp(name, "seeds") || !strcmp(name, "logs") || !strcmp(name, "reproducers");
}

/* What afl-fuzz takes, and no name of ours. */
static int parse_name(struct fuzz_options *o, const char *text)
{
	size_t len = strlen(text);

	for (const char *c = text; *c; c++) {
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
			len = 0;
	}
	if (!len || len > FUZZ_NAME_MAX || *text == '-' || is_ours(text)) {
		mote_error("--name %s: must be 1 to %d letters, digits, - and _, not seeds, logs or reproducers", text, FUZZ_NAME_MAX);
		return -EINVAL;
	}
	o->name = text;
	return 0;
}

/* 0, 1 after --help, or a negative errno, said. */
static int apply(struct fuzz_options *o, int option, const char *value)
{
	switch (option) {
	case 'o':
		o->output = value;
		return 0;
	case 'j':
		return fuzz_parse_count("--jobs", value, 1, FUZZ_MAX_JOBS, &o->jobs);
	case 't':
		return parse_time(o, value);
	case OPT_CALLS:
		o->calls = value;
		return 0;
	case OPT_SEED:
		o->seed = value;
		return 0;
	case OPT_ORACLE:
		o->oracle = true;
		return 0;
	case OPT_RESUME:
		o->resume = true;
		return 0;
	case OPT_NAME:
		return parse_name(o, value);
	case OPT_KERNEL:
		o->kernel = value;
		return 0;
	default:
		fputs(help_text, stdout);
		return 1;
	}
}

static int check_all(const struct fuzz_options *o, const char *word)
{
	if (word) {
		mote_error("unknown command 'fuzz %s' (mote fuzz --help)", word);
		return -EINVAL;
	}
	if (!o->output || !*o->output) {
		mote_error("no -o DIR given (mote fuzz --help)");
		return -EINVAL;
	}
	return 0;
}

int fuzz_options_parse(struct fuzz_options *o, int argc, char **argv)
{
	int option;

	*o = (struct fuzz_options){.name = "main"};
	while ((option = getopt_long(argc, argv, ":o:j:t:h", options, NULL)) != -1) {
		if (option == ':' || option == '?') {
			option_complain(option, argv[optind - 1], "fuzz");
			return MOTE_FAILED;
		}
		int done = apply(o, option, optarg);

		if (done)
			return done < 0 ? MOTE_FAILED : 0;
	}
	return check_all(o, argv[optind]) ? MOTE_FAILED : -1;
}
