/* `mote fuzz target`: what afl-fuzz starts and talks to. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz/oracle.h"
#include "fuzz_options.h"
#include "mote.h"
#include "option.h"

#define LIMIT_MAX 3600000ul

struct target {
	struct fuzz_config config;
	const char *findings;
	bool oracle;
	const char *input; /* where AFL++ puts test cases if not into shared memory; NULL: standard input */
};

/* afl-fuzz throws away what its targets say. */
static void speak_to(const char *log)
{
	int fd = log ? open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666) : -1;

	if (fd < 0)
		return;
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static bool parse_limit(const char *text, unsigned int *ms)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n < 1 || n > LIMIT_MAX) {
		mote_error("fuzz target: --time-limit takes 1 to %lu milliseconds, not '%s'", LIMIT_MAX, text);
		return false;
	}
	*ms = (unsigned int)n;
	return true;
}

static bool parse(int argc, char **argv, struct target *t)
{
	static const struct option options[] = {
		{"findings", required_argument, NULL, 'f'}, {"log", required_argument, NULL, 'l'},
		{"kernel", required_argument, NULL, 'k'},   {"executor", required_argument, NULL, 'e'},
		{"oracle", no_argument, NULL, 'o'},	    {"time-limit", required_argument, NULL, 't'},
		{NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			t->findings = optarg;
			break;
		case 'l':
			speak_to(optarg);
			break;
		case 'k':
			t->config.kernel = optarg;
			break;
		case 'e':
			t->config.executor = optarg;
			break;
		case 'o':
			t->oracle = true;
			break;
		case 't':
			if (!parse_limit(optarg, &t->config.time_limit))
				return false;
			break;
		default:
			option_complain(option, argv[optind - 1], "fuzz");
			return false;
		}
	}
	t->input = argv[optind];
	return true;
}

int fuzz_cmd_target(int argc, char **argv)
{
	struct target t = {.findings = NULL};
	struct oracle *oracle = NULL;
	struct fuzz_rig *rig;
	int status = 0;

	if (!parse(argc, argv, &t) || (t.oracle && oracle_open(&oracle, &(struct oracle_config){.executor = NULL})))
		return MOTE_FAILED;
	if (fuzz_open(&rig, &t.config)) {
		oracle_close(oracle);
		return MOTE_FAILED;
	}
	fuzz_set_oracle(rig, oracle);
	if (getenv("AFL_DUMP_MAP_SIZE"))
		printf("%zu\n", fuzz_map_size(rig));
	else
		status = fuzz_serve(rig, t.findings, t.input);
	fuzz_close(rig);
	oracle_close(oracle);
	return status;
}
