/* The command line of `mote test`: its own options, and most of those of `mote run`. */
#ifndef MOTE_CLI_TEST_OPTIONS_H
#define MOTE_CLI_TEST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run_options.h"

#define TEST_DEFAULT_TIMEOUT 60.0 /* seconds */
#define TEST_MAX_JOBS	     256

struct test_options {
	struct run_options run; /* timeout: never 0; program: not set */
	unsigned int jobs;	/* 0: not given */
	const char *from;	/* --from, NULL: boot */
	uint64_t repeat;	/* at least 1 */
	const char *seed_text;	/* --shuffle as given, or NULL */
	uint64_t seed;
	uint64_t max_output; /* bytes, page aligned */
	bool tap;
	const char *junit; /* FILE, "-" for standard output, or NULL */
	char **test;	   /* TEST..., NULL-terminated */
	size_t test_count;
	char **again; /* the options that repeat one test, as words; NULL-terminated */
	size_t again_count;
};

/* Fill o from the command line. -1 to go on, or an exit status: 0 after --help, MOTE_FAILED after
 * an error, said in one line. What o points at lives as long as argv and the process. */
int test_options_parse(struct test_options *o, int argc, char **argv);

#endif
