/* What a campaign's report is made of: gathered by running its cases again, written as HTML and as JSON. */
#ifndef MOTE_CLI_FUZZ_REPORT_H
#define MOTE_CLI_FUZZ_REPORT_H

#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "fuzz_stats.h"
#include "shared/fuzz/program.h"

/* ---- findings (fuzz_rerun.c) ---- */

struct report_finding {
	char signature[FUZZ_SIGNATURE]; /* "": a saved crash in which nothing was found any more */
	enum fuzz_kind kind;
	uint64_t count;		     /* met in the campaign, as far as counted; 0: not */
	uint64_t first_ns, last_ns;  /* CLOCK_REALTIME, 0: unknown */
	unsigned int files;	     /* saved by afl-fuzz that show it */
	char source[PATH_MAX];	     /* one of them, or whose list of findings it is from */
	char reproducer[PATH_MAX];   /* a copy, "": none */
	struct fuzz_case kase;	     /* the smallest case */
	unsigned int runs, shown;    /* that one again: how often, with the same signature */
	char *log;
	struct fuzz_results results; /* of a run that showed it, else of one */
};

/* ---- coverage (fuzz_cover.c) ---- */

struct cover_line {
	const char *file, *function; /* in cover.names */
	unsigned int line;
	unsigned int edges, hit;
};
struct cover_call {
	uint64_t made, unanswered, succeeded;
#define COVER_ERRORS 134 /* errno below it */
	uint64_t error[COVER_ERRORS];
};
struct cover {
	uint8_t *seen; /* one byte an edge */
	size_t edges, edges_hit;
	size_t cases; /* that were run */
	struct cover_line *line; /* by file, function and line */
	size_t lines;
	char *names;
	struct cover_call *call; /* fuzz_row_count of them */
};

/* ---- executions over time (fuzz_plot.c) ---- */

struct plot_point {
	uint64_t time; /* s */
	uint64_t executions, map;
};
#define PLOT_POINTS 240
struct plot {
	struct plot_point point[PLOT_POINTS + 1];
	unsigned int count;
};

struct report {
	const char *directory;
	time_t made;
	unsigned int runs; /* of each reproducer */
	struct campaign_stats stats;
	struct report_finding *finding; /* what was found again first, then by time */
	size_t findings;
	struct cover cover;
	struct plot plot;
};

/*
 * Run every saved crash and hang of r's campaign and every case of its lists of findings, group them by signature, and the smallest of each
 * group r->runs times (hangs for a few seconds only); copies of these go to DIR/reproducers. 0 or a negative errno, said.
 */
int rerun_findings(struct report *r, struct fuzz_rig *rig);
/* Run the corpus again. kernel: its file. 0 or a negative errno, said. */
int cover_corpus(struct report *r, struct fuzz_rig *rig, const char *kernel);
/* One behind the last entry of the file, or function, that entry i is of. */
size_t cover_file_end(const struct cover *c, size_t i);
size_t cover_function_end(const struct cover *c, size_t i);
/* "ENOENT"; a number for those without a name. Valid until the next call. */
const char *cover_error_name(int error);
/* From the plot_data of all instances. Never fails: what is not there is not shown. */
void plot_read(struct report *r);

/* On a terminal: so many runs were made of what. count 0: none of that is to be seen any more. */
void report_progress(const char *what, size_t count);

/* Errors are left to ferror(out). */
void report_html(FILE *out, const struct report *r);
void report_json(FILE *out, const struct report *r);

#endif
