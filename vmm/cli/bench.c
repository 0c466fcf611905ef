/* The command `mote bench`. */
#include "bench.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "cli/cli.h"
#include "host.h"
#include "mote.h"

static int find_programs(struct bench *b)
{
	int err = beside_self(b->mote, sizeof(b->mote));

	if (err)
		return err;
	char *slash = strrchr(b->mote, '/');

	snprintf(b->directory, sizeof(b->directory), "%.*s/bench", (int)(slash - b->mote), b->mote);
	return 0;
}

static void usage(FILE *out)
{
	fputs("usage: mote bench [--json] [--runs N] [NAME...]\n"
	      "\n"
	      "Figures with the floors of this host measured in the same run. NAME is boot, reset, fuzz, syscalls, or one of\n"
	      "getppid pipe fork exec fault mmap signal switch read64k compute. Default: all.\n"
	      "\n"
	      "  --json     one JSON object a line: name, unit, n, median, p99, floor, peer, peer_median\n"
	      "  --runs N   starts to time (default 50); resets are 20 times as many, fuzzed programs 100 times\n",
	      out);
}

static bool is_group(const char *name)
{
	return !strcmp(name, "boot") || !strcmp(name, "syscalls") || !strcmp(name, "reset") || !strcmp(name, "fuzz");
}

static bool wants(int argc, char **argv, const char *name)
{
	for (int i = optind; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return optind == argc;
}

static int run_groups(struct bench *b, int argc, char **argv)
{
	char *names[BENCH_LINES_MAX] = {NULL};
	int count = 0, failed = 0;

	for (int i = optind; i < argc && count < BENCH_LINES_MAX - 1; i++)
		if (!is_group(argv[i]))
			names[count++] = argv[i];
	figure_head(b);
	if (wants(argc, argv, "boot"))
		failed |= bench_boot(b);
	if (wants(argc, argv, "reset"))
		failed |= bench_reset(b);
	if (wants(argc, argv, "fuzz"))
		failed |= bench_fuzz(b);
	if (wants(argc, argv, "syscalls") || count)
		failed |= bench_syscalls(b, names);
	return failed;
}

int cmd_bench(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"runs", required_argument, NULL, 'n'},
						{"floor-child", no_argument, NULL, 'F'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	struct bench b = {.runs = 50};
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			b.json = true;
			break;
		case 'n':
			b.runs = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'F':
			return host_floor_vm() ? MOTE_FAILED : 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return MOTE_FAILED;
		}
	}
	if (b.runs < 1 || b.runs > 100000) {
		mote_error("bench: --runs takes 1 to 100000");
		return MOTE_FAILED;
	}
	return find_programs(&b) || run_groups(&b, argc, argv) ? MOTE_FAILED : 0;
}
