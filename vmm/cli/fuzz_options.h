/* The command line of a campaign, and what all commands of `mote fuzz` read alike. */
#ifndef MOTE_CLI_FUZZ_OPTIONS_H
#define MOTE_CLI_FUZZ_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define FUZZ_MAX_JOBS 64
#define FUZZ_NAME_MAX 20 /* afl-fuzz takes 24 characters; the others of an instance end in -sN */

struct fuzz_options {
	const char *output; /* -o */
	const char *calls;  /* --calls, NULL: all */
	const char *seed;   /* --seed, NULL: none */
	const char *name;   /* of the first instance; "main" is the one that shares with all others */
	const char *kernel; /* NULL: the one beside mote */
	unsigned int jobs;  /* 0: one a processor */
	uint64_t time;	    /* seconds, 0: until it is interrupted */
	bool oracle, resume;
};

/* -1 to go on, or an exit status: 0 after --help, MOTE_FAILED after an error, said in one line. Points into argv. */
int fuzz_options_parse(struct fuzz_options *o, int argc, char **argv);

/* "90", "90s", "10m", "3h", "2d" as seconds, 1 s to 10 years. 0 or -EINVAL. */
int fuzz_parse_time(const char *text, uint64_t *seconds);
/* A whole number from least to most. 0, or -EINVAL, said with the option's name. */
int fuzz_parse_count(const char *option, const char *text, unsigned int least, unsigned int most, unsigned int *n);
/* The one FILE that a command takes. 0 or -EINVAL, said. */
int fuzz_parse_file(const char *command, int argc, char **argv, const char **file);

#endif
