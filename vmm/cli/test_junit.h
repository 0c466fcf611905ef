/*
 * A report in the XML that JUnit's readers take: <testsuites> with one <testsuite> and a <testcase>
 * for each test. The counts stand at its top, so the cases wait in an unnamed temporary file until
 * the end.
 */
#ifndef MOTE_CLI_TEST_JUNIT_H
#define MOTE_CLI_TEST_JUNIT_H

#include <stdio.h>

#include "test_plan.h"

struct junit {
	FILE *to, *cases;
	size_t tests, failures, errors, skipped;
};

/* path: to be replaced; "-": standard output. 0 or a negative errno, said. */
int junit_begin(struct junit *j, const char *path);
/* The same on open streams, which junit_end() closes. */
void junit_begin_on(struct junit *j, FILE *to, FILE *cases);
/* All runs of t are over; why: of its first failure, or why it was skipped; again: the command that
 * repeats it. */
void junit_case(struct junit *j, const struct test *t, const char *why, const char *again);
/* seconds: the whole took; started: seconds since 1970; seed: of --shuffle, or NULL. 0 or a
 * negative errno: nothing readable may have been written. */
int junit_end(struct junit *j, double seconds, long long started, const char *seed);

#endif
