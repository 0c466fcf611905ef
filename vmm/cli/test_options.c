#include "test_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mote.h"
#include "option.h"

static const char help_text[] =
	"usage: mote test [OPTION...] TEST...\n"
	"\n"
	"Runs each TEST, a program of the host or all programs in a directory, in a machine of its "
	"own\n"
	"that is reset to the same state before each. Exit status 0 passes, 77 skips, all else "
	"fails.\n"
	"\n"
	"  -j, --jobs N            machines in parallel (default: processors)\n"
	"  -t, --timeout SECONDS   a test fails after that time (default 60)\n"
	"      --repeat N          run each test N times\n"
	"      --shuffle SEED      in another order, the same for the same seed\n"
	"      --from FILE         start from a snapshot (mote snapshot); without TEST: its "
	"program\n"
	"      --max-output SIZE   a test that writes more to one stream fails (default 1M)\n"
	"      --tap               TAP 14 on standard output\n"
	"      --junit FILE        JUnit XML to FILE (- for standard output)\n"
	"  -v, --verbose           tell each test; add the kernel's messages to failures\n"
	"\n"
	"and, as for mote run: --mem, --cpus, --env, --cwd, --file, --input, --initrd, --disk, "
	"--kernel, "
	"--trace, --deterministic.\n"
	"\n"
	"The status is 0 when all passed, 1 when some failed, 125 when mote itself failed, 130 "
	"after Ctrl-C.\n";

enum own_option {
	OPT_JOBS = 'j',
	OPT_REPEAT = 1000,
	OPT_SHUFFLE,
	OPT_FROM,
	OPT_MAX_OUTPUT,
	OPT_TAP,
	OPT_JUNIT
};

static const struct option own_options[] = {
	{"jobs", required_argument, NULL, OPT_JOBS},
	{"repeat", required_argument, NULL, OPT_REPEAT},
	{"shuffle", required_argument, NULL, OPT_SHUFFLE},
	{"from", required_argument, NULL, OPT_FROM},
	{"max-output", required_argument, NULL, OPT_MAX_OUTPUT},
	{"tap", no_argument, NULL, OPT_TAP},
	{"junit", required_argument, NULL, OPT_JUNIT},
};
#define OWN_COUNT (sizeof(own_options) / sizeof(own_options[0]))

/* Options of mote run that make sense here; with_from: also beside --from, where the machine is a
 * finished one. */
static const struct {
	const char *name;
	bool with_from;
} run_names[] = {
	{"mem", false},	   {"cpus", false},	     {"env", true},	{"cwd", true},
	{"timeout", true}, {"file", false},	     {"initrd", false}, {"disk", true},
	{"trace", false},  {"kernel", false},	     {"input", true},	{"verbose", true},
	{"help", true},	   {"deterministic", false},
};
#define RUN_COUNT (sizeof(run_names) / sizeof(run_names[0]))

/* ---- the table for getopt_long(3) ---- */

struct table {
	struct option option[OWN_COUNT + RUN_COUNT + 1];
	size_t count;
};

static void table_make(struct table *t)
{
	*t = (struct table){.count = OWN_COUNT};
	memcpy(t->option, own_options, sizeof(own_options));
	for (const struct option *o = run_options_long; o->name; o++) {
		for (size_t i = 0; i < RUN_COUNT; i++) {
			if (!strcmp(o->name, run_names[i].name))
				t->option[t->count++] = *o;
		}
	}
}

static const struct option *table_find(const struct table *t, int value)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->option[i].val == value)
			return &t->option[i];
	}
	return NULL;
}

/* ---- one option ---- */

/* A whole number from least to most. */
static int parse_number(const char *name, const char *text, uint64_t least, uint64_t most,
			uint64_t *n)
{
	char *rest;

	errno = 0;
	*n = strtoull(text, &rest, 10);
	if (*text < '0' || *text > '9' || *rest || errno || *n < least || *n > most) {
		mote_error("--%s %s: must be a number from %llu to %llu", name, text,
			   (unsigned long long)least, (unsigned long long)most);
		return -EINVAL;
	}
	return 0;
}

static int parse_jobs(struct test_options *o, const char *text)
{
	uint64_t n;
	int err = parse_number("jobs", text, 1, TEST_MAX_JOBS, &n);

	o->jobs = err ? 0 : (unsigned int)n;
	return err;
}

static int parse_shuffle(struct test_options *o, const char *text)
{
	o->seed_text = text;
	return parse_number("shuffle", text, 0, UINT64_MAX, &o->seed);
}

static int parse_max_output(struct test_options *o, const char *text)
{
	if (parse_size(text, &o->max_output) || o->max_output < 4096 || o->max_output > 1u << 30) {
		mote_error("--max-output %s: must be a size from 4K to 1G", text);
		return -EINVAL;
	}
	o->max_output = (o->max_output + 4095) & ~4095ull;
	return 0;
}

/* 0, 1 after --help, or a negative errno, said. */
static int apply(struct test_options *o, int option, char *value)
{
	switch (option) {
	case OPT_JOBS:
		return parse_jobs(o, value);
	case OPT_REPEAT:
		return parse_number("repeat", value, 1, 1000000000, &o->repeat);
	case OPT_SHUFFLE:
		return parse_shuffle(o, value);
	case OPT_FROM:
		o->from = value;
		return 0;
	case OPT_MAX_OUTPUT:
		return parse_max_output(o, value);
	case OPT_TAP:
		o->tap = true;
		return 0;
	case OPT_JUNIT:
		o->junit = value;
		return 0;
	case 'h':
		fputs(help_text, stdout);
		return 1;
	default:
		return run_options_apply(&o->run, option, value);
	}
}

/* ---- the command that repeats a test ---- */

/* Which test it is, how often and how it is told do not change how it ends. */
static bool matters_again(int option)
{
	switch (option) {
	case OPT_JOBS:
	case OPT_REPEAT:
	case OPT_SHUFFLE:
	case OPT_TAP:
	case OPT_JUNIT:
	case 'v':
		return false;
	}
	return true;
}

static int remember(struct test_options *o, const struct option *option, char *value)
{
	if (asprintf(&o->again[o->again_count], "--%s", option->name) < 0) {
		mote_error("out of memory");
		return -ENOMEM;
	}
	o->again_count++;
	if (option->has_arg)
		o->again[o->again_count++] = value;
	return 0;
}

/* ---- the command line ---- */

static int init(struct test_options *o, int argc)
{
	*o = (struct test_options){.repeat = 1, .max_output = 1 << 20};
	o->again = calloc(2 * (size_t)argc + 1, sizeof(*o->again));
	if (!o->again) {
		mote_error("out of memory");
		return -ENOMEM;
	}
	return run_options_init(&o->run, argc);
}

/* What can only be judged when all is known. unfit: the name of an option that does not go with
 * --from, or NULL. */
static int check_all(struct test_options *o, const char *unfit)
{
	if (o->from && unfit) {
		mote_error("--%s is settled by the snapshot: not with --from", unfit);
		return -EINVAL;
	}
	if (!o->test_count && !o->from) {
		mote_error("no TEST given (mote test --help)");
		return -EINVAL;
	}
	if (o->tap && o->junit && !strcmp(o->junit, "-")) {
		mote_error("--tap and --junit -: both want standard output");
		return -EINVAL;
	}
	if (o->run.timeout <= 0)
		o->run.timeout = TEST_DEFAULT_TIMEOUT;
	return 0;
}

static bool fits_from(const struct option *option)
{
	for (size_t i = 0; i < RUN_COUNT; i++) {
		if (!strcmp(option->name, run_names[i].name))
			return run_names[i].with_from;
	}
	return true;
}

/* All options. 0, 1 after --help, or a negative errno, said. */
static int parse_options(struct test_options *o, int argc, char **argv, const char **unfit)
{
	struct table t;
	int c, err = 0;

	table_make(&t);
	while (!err && (c = getopt_long(argc, argv, ":j:m:c:e:w:t:f:vh", t.option, NULL)) != -1) {
		if (c == ':' || c == '?') {
			option_complain(c, argv[optind - 1], "test");
			return -EINVAL;
		}
		const struct option *option = table_find(&t, c);

		if (!fits_from(option))
			*unfit = option->name;
		err = apply(o, c, optarg);
		if (!err && matters_again(c))
			err = remember(o, option, optarg);
	}
	return err;
}

int test_options_parse(struct test_options *o, int argc, char **argv)
{
	const char *unfit = NULL;

	if (init(o, argc))
		return MOTE_FAILED;
	int err = parse_options(o, argc, argv, &unfit);

	if (err)
		return err < 0 ? MOTE_FAILED : 0;
	o->test = argv + optind;
	o->test_count = (size_t)(argc - optind);
	return check_all(o, unfit) ? MOTE_FAILED : -1;
}
