/* `mote fuzz min`: the smallest program with the same signature. */
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz/oracle.h"
#include "fuzz_files.h"
#include "fuzz_listing.h"
#include "fuzz_options.h"
#include "fuzz_shrink.h"
#include "mote.h"
#include "option.h"

#define TRIES 10 /* runs in which the case must show its finding once */

static const char help_text[] =
	"usage: mote fuzz min [OPTION...] FILE\n"
	"\n"
	"Looks for the smallest program with the same signature as the case in FILE (- for standard input): without\n"
	"calls, threads, arguments and data that do not matter.\n"
	"\n"
	"  -o, --output OUT    where to write it (default FILE.min; - for standard output)\n"
	"      --oracle        compare with the host's Linux, for what that found\n"
	"      --kernel FILE   another guest kernel (make FUZZ=1)\n"
	"\n"
	"The status is 0 when OUT is written, 1 when FILE shows no finding, 125 when mote failed.\n";

struct minimizer {
	const char *file, *output, *kernel;
	char default_output[PATH_MAX];
	struct fuzz_case kase;
	struct fuzz_program program;
	bool oracle;
	struct oracle *host;
	struct fuzz_rig *rig;
	char signature[FUZZ_SIGNATURE]; /* to be kept */
	unsigned int runs;
	bool terminal;
};

static int parse(struct minimizer *m, int argc, char **argv)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'}, {"kernel", required_argument, NULL, 'k'},
						{"oracle", no_argument, NULL, 'O'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int option;

	*m = (struct minimizer){.terminal = isatty(STDERR_FILENO)};
	while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			m->output = optarg;
			break;
		case 'k':
			m->kernel = optarg;
			break;
		case 'O':
			m->oracle = true;
			break;
		case 'h':
			fputs(help_text, stdout);
			return 1;
		default:
			option_complain(option, argv[optind - 1], "fuzz min");
			return -1;
		}
	}
	if (fuzz_parse_file("min", argc - optind, argv + optind, &m->file))
		return -1;
	snprintf(m->default_output, sizeof(m->default_output), "%s%s", m->file, strcmp(m->file, "-") ? ".min" : "");
	if (!m->output)
		m->output = m->default_output;
	return 0;
}

/* ---- running candidates ---- */

static int run(struct minimizer *m, const void *bytes, size_t len, struct fuzz_outcome *out)
{
	struct fuzz_case *c = fuzz_case(m->rig);

	memcpy(c->bytes, bytes, len);
	c->len = (unsigned int)len;
	m->runs++;
	return fuzz_run(m->rig, FUZZ_THOROUGH, out);
}

/* What is seen as the program becomes smaller. */
static void show(const struct minimizer *m, const struct fuzz_program *p)
{
	if (m->terminal)
		fprintf(stderr, "\r%u calls, %u runs\033[K", p->count, m->runs);
}

static void hide(const struct minimizer *m)
{
	if (m->terminal)
		fputs("\r\033[K", stderr);
}

static int shows_it(void *ctx, const struct fuzz_program *p)
{
	struct minimizer *m = ctx;
	struct fuzz_outcome out;
	uint8_t bytes[FUZZ_CASE_BYTES];

	show(m, p);
	if (run(m, bytes, fuzz_encode(p, bytes, sizeof(bytes)), &out))
		return -1;
	return !strcmp(out.signature, m->signature);
}

/* What is to be kept. 1: there is a finding, 0: none, negative: an error, said. */
static int find_signature(struct minimizer *m)
{
	struct fuzz_outcome out;

	for (unsigned int i = 0; i < TRIES; i++) {
		int err = run(m, m->kase.bytes, m->kase.len, &out);

		if (err)
			return err;
		if (out.kind != FUZZ_FINE) {
			memcpy(m->signature, out.signature, sizeof(m->signature));
			return 1;
		}
	}
	return 0;
}

/* ---- all ---- */

static int write_result(const struct minimizer *m, const struct fuzz_program *p)
{
	uint8_t bytes[FUZZ_CASE_BYTES];
	size_t len = fuzz_encode(p, bytes, sizeof(bytes));
	FILE *out = strcmp(m->output, "-") ? stdout : stderr;

	if (files_write_case(m->output, bytes, len))
		return MOTE_FAILED;
	fprintf(out, "%s: %u bytes, %u calls; %s: %zu bytes, %u calls, after %u runs\n", m->file, m->kase.len, m->program.count, m->output,
		len, p->count, m->runs);
	listing_program(out, p, NULL);
	fprintf(out, "%s\n", m->signature);
	return fflush(out) ? MOTE_FAILED : 0;
}

static int minimize(struct minimizer *m)
{
	struct fuzz_program p = m->program;
	int found = find_signature(m);

	if (found < 0)
		return MOTE_FAILED;
	if (!found) {
		mote_error("%s: nothing found in %d runs, so there is nothing to keep", m->file, TRIES);
		return FUZZ_STATUS_FINDING;
	}
	int err = shrink(&p, shows_it, m);

	hide(m);
	return err ? MOTE_FAILED : write_result(m, &p);
}

/* The oracle first: its processes are forked while mote is small. */
static int open_rig(struct minimizer *m)
{
	struct fuzz_config config = {.kernel = m->kernel};
	int err = m->oracle ? oracle_open(&m->host, &(struct oracle_config){.executor = NULL}) : 0;

	if (err)
		return err;
	err = fuzz_open(&m->rig, &config);
	if (err)
		oracle_close(m->host);
	else
		fuzz_set_oracle(m->rig, m->host);
	return err;
}

int fuzz_cmd_min(int argc, char **argv)
{
	struct minimizer m;
	int done = parse(&m, argc, argv);

	if (done)
		return done < 0 ? MOTE_FAILED : 0;
	if (files_read_case(m.file, &m.kase) || open_rig(&m))
		return MOTE_FAILED;
	fuzz_decode(m.kase.bytes, m.kase.len, &m.program);
	int status = minimize(&m);

	fuzz_close(m.rig);
	oracle_close(m.host);
	return status;
}
