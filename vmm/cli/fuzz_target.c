/* mote fuzz target: the program that AFL++ fuzzes. Not for people. */
#include "cli/fuzz_target.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "mote.h"

struct target {
	struct fuzz_config config;
	const char *findings;
	const char *input;
};

static void usage(FILE *out)
{
	fputs("usage: mote fuzz target [--kernel FILE] [--executor FILE] [--findings FILE] [--time-limit MS] [FILE]\n"
	      "\n"
	      "Runs programs for afl-fuzz, afl-showmap and their kin, which start it. FILE (@@) or standard input is a program where AFL++\n"
	      "does not share memory for it.\n",
	      out);
}

static bool parse_limit(const char *text, unsigned int *ms)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n < 1 || n > 3600000) {
		mote_error("fuzz target: --time-limit takes 1 to 3600000 milliseconds, not '%s'", text);
		return false;
	}
	*ms = (unsigned int)n;
	return true;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct target *t)
{
	static const struct option options[] = {{"kernel", required_argument, NULL, 'k'}, {"executor", required_argument, NULL, 'e'},
						{"findings", required_argument, NULL, 'f'}, {"time-limit", required_argument, NULL, 't'},
						{"help", no_argument, NULL, 'h'},	   {NULL, 0, NULL, 0}};
	int opt;

	optind = 1;
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'k':
			t->config.kernel = optarg;
			break;
		case 'e':
			t->config.executor = optarg;
			break;
		case 'f':
			t->findings = optarg;
			break;
		case 't':
			if (!parse_limit(optarg, &t->config.time_limit))
				return MOTE_FAILED;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return MOTE_FAILED;
		}
	}
	t->input = argv[optind];
	return -1;
}

int fuzz_target_main(int argc, char **argv)
{
	struct target t = {.config = {.kernel = NULL}};
	struct fuzz_rig *r;
	int status = parse(argc, argv, &t);

	if (status >= 0)
		return status;
	if (fuzz_open(&r, &t.config))
		return MOTE_FAILED;
	if (getenv("AFL_DUMP_MAP_SIZE")) {
		printf("%zu\n", fuzz_map_size(r));
		status = 0;
	} else {
		status = fuzz_serve(r, t.findings, t.input);
	}
	fuzz_close(r);
	return status;
}
