/* `mote fuzz repro`: one case, and all that can be said of it. */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ending.h"
#include "fuzz.h"
#include "fuzz_files.h"
#include "fuzz_options.h"
#include "fuzz_listing.h"
#include "fuzz/oracle.h"
#include "mote.h"
#include "option.h"
#include "test_text.h"

static const char help_text[] =
	"usage: mote fuzz repro [OPTION...] FILE\n"
	"\n"
	"Runs the case in FILE (- for standard input) from the snapshot and tells each call with its result, the\n"
	"signature of what was found, the kernel's log and backtrace. Any bytes are a case.\n"
	"\n"
	"  -n, --runs N        run it N times and say whether all were the same (default 1)\n"
	"      --oracle        compare with the host's Linux: both sides' answers beside each other, differences marked\n"
	"      --gdb[=WHERE]   wait for gdb at ADDRESS:PORT or unix:PATH (default 127.0.0.1:1234) where the\n"
	"                      program begins\n"
	"      --kernel FILE   another guest kernel (make FUZZ=1)\n"
	"\n"
	"The status is 0 when nothing was found; 1 panic, 2 failed assertion, 3 undefined behaviour, 4 poison or\n"
	"red zone, 5 leak, 6 hang, 7 broken machine, 8 difference from Linux; 9 when runs differed; 125 failure.\n";

struct repro {
	const char *file, *kernel;
	const char *gdb; /* NULL: none; "": at the default place */
	bool oracle;
	unsigned int runs;
	struct fuzz_case kase;
	struct fuzz_program program;
	struct fuzz_rig *rig;
	struct oracle *host;
	/* the first run */
	struct fuzz_outcome first;
	struct fuzz_results results;
	uint8_t *map;
};

/* 0, 1 after --help, or a negative errno, said. */
static int parse(struct repro *r, int argc, char **argv)
{
	static const struct option options[] = {{"runs", required_argument, NULL, 'n'}, {"gdb", optional_argument, NULL, 'g'},
						{"kernel", required_argument, NULL, 'k'}, {"oracle", no_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	int option, err = 0;

	*r = (struct repro){.runs = 1};
	while (!err && (option = getopt_long(argc, argv, ":n:h", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			err = fuzz_parse_count("--runs", optarg, 1, 1000000, &r->runs);
			break;
		case 'g':
			r->gdb = optarg ? optarg : "";
			break;
		case 'k':
			r->kernel = optarg;
			break;
		case 'o':
			r->oracle = true;
			break;
		case 'h':
			fputs(help_text, stdout);
			return 1;
		default:
			option_complain(option, argv[optind - 1], "fuzz repro");
			return -1;
		}
	}
	if (!err)
		err = fuzz_parse_file("repro", argc - optind, argv + optind, &r->file);
	return err;
}

/* ---- one run after another ---- */

static int run(struct repro *r, struct fuzz_outcome *out)
{
	memcpy(fuzz_case(r->rig), &r->kase, sizeof(r->kase));
	memset(fuzz_map(r->rig), 0, fuzz_map_size(r->rig));
	return fuzz_run(r->rig, FUZZ_THOROUGH, out);
}

static void keep_first(struct repro *r)
{
	memcpy(&r->results, r->first.results, sizeof(r->results));
	memcpy(r->map, fuzz_map(r->rig), fuzz_map_size(r->rig));
}

enum difference { SAME = 0, OTHER_FINDING = 1, OTHER_RESULTS = 2, OTHER_COVERAGE = 4 };

static unsigned int compare(const struct repro *r, const struct fuzz_outcome *out)
{
	unsigned int d = SAME;

	if (strcmp(out->signature, r->first.signature))
		d |= OTHER_FINDING;
	if (memcmp(out->results->result, r->results.result, sizeof(r->results.result)))
		d |= OTHER_RESULTS;
	if (memcmp(fuzz_map(r->rig), r->map, fuzz_map_size(r->rig)))
		d |= OTHER_COVERAGE;
	return d;
}

/* Runs 2 to N: how many were not as the first, all that was different in *what. A negative errno, said. */
static int run_again(struct repro *r, unsigned int *what)
{
	struct fuzz_outcome out;
	int others = 0;

	*what = SAME;
	for (unsigned int i = 1; i < r->runs; i++) {
		int err = run(r, &out);

		if (err)
			return err;
		unsigned int d = compare(r, &out);

		if (d & OTHER_FINDING && !(*what & OTHER_FINDING))
			printf("run %u ended otherwise: %s\n", i + 1, *out.signature ? out.signature : "fine");
		others += d != SAME;
		*what |= d;
	}
	return others;
}

/* ---- telling ---- */

static void tell_case(const struct repro *r)
{
	printf("case %s: %u bytes, %u calls, %u thread%s\n", r->file, r->kase.len, r->program.count, r->program.threads,
	       r->program.threads == 1 ? "" : "s");
}

static void tell_first(const struct repro *r)
{
	listing_program(stdout, &r->program, &r->results);
	if (r->first.kind == FUZZ_FINE) {
		printf("fine\n");
		return;
	}
	printf("%s: %s\n", fuzz_kind_name(r->first.kind), r->first.signature);
	text_lines(stdout, "    ", r->first.log, strlen(r->first.log));
}

static void tell_others(const struct repro *r, int others, unsigned int what)
{
	if (!others) {
		printf("the same %u times out of %u\n", r->runs, r->runs);
		return;
	}
	printf("the same %u times out of %u; different:%s%s%s\n", r->runs - (unsigned int)others, r->runs,
	       what & OTHER_FINDING ? " finding" : "", what & OTHER_RESULTS ? " results" : "", what & OTHER_COVERAGE ? " coverage" : "");
}

static int exit_status(const struct repro *r, int others)
{
	if (others)
		return FUZZ_STATUS_VARIES;
	return fuzz_exit_status(r->first.kind);
}

/* ---- all ---- */

static int run_all(struct repro *r)
{
	unsigned int what;

	r->map = malloc(fuzz_map_size(r->rig));
	if (!r->map) {
		mote_error("out of memory");
		return MOTE_FAILED;
	}
	tell_case(r);
	fflush(stdout);
	if (run(r, &r->first))
		return MOTE_FAILED;
	keep_first(r);
	tell_first(r);
	if (r->oracle && r->first.kind == FUZZ_FINE && oracle_show(r->host, r->rig, stdout))
		return MOTE_FAILED;
	fflush(stdout);
	int others = run_again(r, &what);

	if (others < 0)
		return MOTE_FAILED;
	if (r->runs > 1)
		tell_others(r, others, what);
	return exit_status(r, others);
}

static int open_rig(struct repro *r)
{
	struct fuzz_config config = {.kernel = r->kernel, .debugger = r->gdb != NULL, .time_limit = r->gdb ? UINT_MAX : 0};
	/* The oracle first: its processes are forked while mote is small. */
	int err = r->oracle ? oracle_open(&r->host, &(struct oracle_config){.executor = NULL}) : 0;

	if (!err)
		err = fuzz_open(&r->rig, &config);
	if (err)
		return err;
	fuzz_set_oracle(r->rig, r->host);
	if (!r->gdb)
		return 0;
	err = machine_debug(fuzz_machine(r->rig), *r->gdb ? r->gdb : NULL);
	if (!err)
		mote_error("the machine stands where the program begins; in gdb: break sys_%s, then continue",
			   r->program.count ? fuzz_row[r->program.call[0].row].name : "exit_group");
	return err;
}

int fuzz_cmd_repro(int argc, char **argv)
{
	struct repro r;
	int done = parse(&r, argc, argv);

	if (done)
		return done < 0 ? MOTE_FAILED : 0;
	if (files_read_case(r.file, &r.kase))
		return MOTE_FAILED;
	fuzz_decode(r.kase.bytes, r.kase.len, &r.program);
	if (open_rig(&r)) {
		oracle_close(r.host);
		return MOTE_FAILED;
	}
	int status = run_all(&r);

	fuzz_close(r.rig);
	oracle_close(r.host);
	free(r.map);
	return fflush(stdout) ? MOTE_FAILED : status;
}
