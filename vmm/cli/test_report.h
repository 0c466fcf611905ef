/* What a user reads of `mote test`: failures in full, a live line on a terminal, a summary. */
#ifndef MOTE_CLI_TEST_REPORT_H
#define MOTE_CLI_TEST_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "test_plan.h"

/* Runs so far. */
struct test_counts {
	uint64_t runs, done, failed, skipped;
};

/* ---- the live line, on standard error ---- */

/* Show it when standard error is a terminal that can. */
void progress_init(void);
/* ns: since the beginning. */
void progress_show(const struct test_counts *c, uint64_t ns);
/* Before anything else is written to the terminal. */
void progress_hide(void);

/* ---- text: f is a stream, errors are left to ferror(3) ---- */

/* One run that passed or was skipped (why), for -v. */
void report_run(FILE *f, const struct test *t, const struct test_verdict *r, const char *why);
/* A failed run in full: nth of its test's `repeat`; again: the command that repeats it; whole:
 * leave nothing out of long output. */
void report_failure(FILE *f, const struct test *t, const struct test_verdict *r,
		    const struct test_capture capture[TEST_STREAMS], uint64_t repeat,
		    const char *why, const char *again, bool whole);
/* After the last run: which tests failed how often, and how long it took; the last line is "N
 * passed, N failed[, N skipped]". */
void report_summary(FILE *f, const struct test_plan *p, const struct test_counts *c, uint64_t ns,
		    unsigned int machines);

#endif
