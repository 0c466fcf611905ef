/*
 * Which tests there are, in which order they run, and what has become of each.
 */
#ifndef MOTE_CLI_TEST_PLAN_H
#define MOTE_CLI_TEST_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "test_result.h"

/* The first failure of a test, kept until its last run is over. */
struct test_failure {
	struct test_verdict result;
	struct test_capture capture[TEST_STREAMS]; /* data are its own */
	char *why;
};

struct test {
	char *name; /* as the user wrote it, or DIRECTORY/FILE */
	char *path; /* absolute, on the host and in the guest; NULL: the snapshot's own program */
	bool on_host;
	uint64_t done, failed, skipped; /* runs */
	uint64_t ns;			/* of all runs */
	struct test_failure *failure;
};

/* Run r is the plan's r / repeat-th test. */
struct test_plan {
	struct test *test;
	size_t count;
	uint64_t repeat; /* at least 1 */
};

/*
 * Every executable regular file in directory `word` (not below it), sorted by name; or the program
 * `word` itself. A word that is nothing on the host is taken for a program in the guest's root when
 * in_guest is given and it is absolute. 0 or a negative errno, said: nothing is to be run then.
 */
int test_plan_add(struct test_plan *p, const char *word, bool in_guest);
/* The program that a snapshot is about to start, called name. 0 or -ENOMEM, said. */
int test_plan_add_own(struct test_plan *p, const char *name);
/* Another order, the same for the same seed everywhere. */
void test_plan_shuffle(struct test_plan *p, uint64_t seed);

static inline uint64_t test_plan_runs(const struct test_plan *p)
{
	return p->count * p->repeat;
}
static inline struct test *test_plan_at(const struct test_plan *p, uint64_t run)
{
	return &p->test[run / p->repeat];
}

#endif
