/*
 * The Test Anything Protocol, version 14 (testanything.org): a test point for each test, numbered
 * as they come to their ends, with a YAML block for what failed. Streams and strings are the
 * caller's; errors are left to ferror(3).
 */
#ifndef MOTE_CLI_TEST_TAP_H
#define MOTE_CLI_TEST_TAP_H

#include <stdio.h>

#include "test_plan.h"

/* comment: a line to go with it, or NULL. */
void tap_begin(FILE *f, size_t tests, const char *comment);
/* All runs of t are over; why: of its first failure, or why it was skipped; again: the command that
 * repeats it. */
void tap_point(FILE *f, size_t number, const struct test *t, const char *why, const char *again);
/* The rest will not come. */
void tap_bail_out(FILE *f, const char *why);

#endif
