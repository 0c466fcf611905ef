/* `mote fuzz report`: all that a campaign has brought, as a page and as JSON. */
#include "fuzz_report.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beside.h"
#include "fuzz.h"
#include "fuzz/oracle.h"
#include "fuzz_options.h"
#include "mote.h"
#include "option.h"

static const char help_text[] =
	"usage: mote fuzz report -o DIR [OPTION...]\n"
	"\n"
	"Runs again what the campaign in DIR has found and its corpus, and writes DIR/report.html, DIR/report.json and\n"
	"the smallest case of each finding to DIR/reproducers. The campaign may be running.\n"
	"\n"
	"  -o, --output DIR    the campaign\n"
	"  -n, --runs N        how often to run each finding (default 100)\n"
	"      --oracle        compare with the host's Linux (does so by itself when a campaign found a difference)\n"
	"      --kernel FILE   another guest kernel (make FUZZ=1)\n"
	"\n"
	"The status is 0 when there is no finding, 1 when there are some, 125 when mote failed.\n";

struct report_options {
	const char *output, *kernel;
	unsigned int runs;
	bool oracle;
};

static int parse(struct report_options *o, int argc, char **argv)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'}, {"runs", required_argument, NULL, 'n'},
						{"kernel", required_argument, NULL, 'k'}, {"oracle", no_argument, NULL, 'O'},
						{"help", no_argument, NULL, 'h'},	  {NULL, 0, NULL, 0}};
	int option, err = 0;

	*o = (struct report_options){.runs = 100};
	while (!err && (option = getopt_long(argc, argv, ":o:n:h", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			o->output = optarg;
			break;
		case 'n':
			err = fuzz_parse_count("--runs", optarg, 1, 1000000, &o->runs);
			break;
		case 'k':
			o->kernel = optarg;
			break;
		case 'O':
			o->oracle = true;
			break;
		case 'h':
			fputs(help_text, stdout);
			return 1;
		default:
			option_complain(option, argv[optind - 1], "fuzz report");
			return -1;
		}
	}
	if (!err && (!o->output || argv[optind])) {
		mote_error(o->output ? "unknown argument '%s' (mote fuzz report --help)" : "no -o DIR given (mote fuzz report --help)",
			   argv[optind]);
		err = -EINVAL;
	}
	return err;
}

void report_progress(const char *what, size_t count)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (!count)
		fputs("\r\033[K", stderr);
	else if (count % 16 == 0)
		fprintf(stderr, "\r%s: %zu runs\033[K", what, count);
}

/* ---- writing ---- */

/* Whole or not at all. */
static int write_file(const struct report *r, const char *name, void (*put)(FILE *out, const struct report *r))
{
	char path[PATH_MAX], temporary[PATH_MAX + 16];

	if (snprintf(path, sizeof(path), "%s/%s", r->directory, name) >= (int)sizeof(path)) {
		mote_error("%s: %s", r->directory, strerror(ENAMETOOLONG));
		return -ENAMETOOLONG;
	}
	snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)getpid());
	FILE *out = fopen(temporary, "we");

	if (out) {
		put(out, r);
		bool failed = ferror(out);

		if (!fclose(out) && !failed && !rename(temporary, path))
			return 0;
	}
	int err = errno ? -errno : -EIO;

	unlink(temporary);
	mote_error("%s: %s", path, strerror(-err));
	return err;
}

static void summarize(const struct report *r)
{
	for (size_t i = 0; i < r->findings; i++) {
		const struct report_finding *f = &r->finding[i];

		if (*f->signature)
			printf("%u of %u runs  %s\n  %s\n", f->shown, f->runs, f->signature, f->reproducer);
		else
			printf("%u saved cases show nothing any more\n", f->files);
	}
	printf("%zu of %zu edges; %s/report.html, %s/report.json\n", r->cover.edges_hit, r->cover.edges, r->directory, r->directory);
}

/* ---- all ---- */

static void free_report(struct report *r)
{
	stats_free(&r->stats);
	for (size_t i = 0; i < r->findings; i++)
		free(r->finding[i].log);
	free(r->finding);
	free(r->cover.seen);
	free(r->cover.line);
	free(r->cover.names);
	free(r->cover.call);
}

/* host: what findings are compared with, NULL: nothing. */
static int gather(struct report *r, struct fuzz_rig *rig, struct oracle *host, const char *kernel)
{
	int err;

	r->stats.directory = r->directory;
	r->stats.edges = fuzz_edges(rig);
	r->stats.calls_end = fuzz_map_size(rig) - FUZZ_MAP_SIGNATURES;
	err = stats_update(&r->stats);
	if (!err && !r->stats.instances) {
		mote_error("%s holds no campaign", r->directory);
		err = -ENOENT;
	}
	if (!err)
		err = cover_corpus(r, rig, kernel);
	fuzz_set_oracle(rig, host);
	if (!err)
		err = rerun_findings(r, rig);
	if (!err)
		plot_read(r);
	return err;
}

/* Has the campaign compared with Linux, and found something so? */
static bool has_differences(const char *directory)
{
	char path[PATH_MAX];
	struct dirent *e;
	bool found = false;

	snprintf(path, sizeof(path), "%s/reproducers", directory);
	DIR *d = opendir(path);

	while (d && !found && (e = readdir(d)))
		found = !strncmp(e->d_name, "different-", strlen("different-"));
	if (d)
		closedir(d);
	return found;
}

static int make(struct report *r, const struct report_options *o)
{
	struct fuzz_config config = {.kernel = o->kernel};
	char kernel[PATH_MAX];
	struct oracle *host = NULL;
	struct fuzz_rig *rig;
	int err = beside_find_fuzz(o->kernel, "kernel", kernel, sizeof(kernel));

	if (!err && (o->oracle || has_differences(o->output)))
		err = oracle_open(&host, &(struct oracle_config){.executor = NULL});
	if (!err)
		err = fuzz_open(&rig, &config);
	if (!err) {
		err = gather(r, rig, host, kernel);
		fuzz_close(rig);
	}
	oracle_close(host);
	report_progress("", 0);
	if (!err)
		err = write_file(r, "report.html", report_html);
	if (!err)
		err = write_file(r, "report.json", report_json);
	return err;
}

int fuzz_cmd_report(int argc, char **argv)
{
	static struct report r;
	struct report_options o;
	int done = parse(&o, argc, argv);

	if (done)
		return done < 0 ? MOTE_FAILED : 0;
	r.directory = o.output;
	r.runs = o.runs;
	r.made = time(NULL);
	int status = make(&r, &o) ? MOTE_FAILED : FUZZ_STATUS_FINE;

	for (size_t i = 0; i < r.findings && !status; i++)
		status = *r.finding[i].signature ? FUZZ_STATUS_FINDING : FUZZ_STATUS_FINE;
	if (status != MOTE_FAILED)
		summarize(&r);
	free_report(&r);
	return fflush(stdout) ? MOTE_FAILED : status;
}
