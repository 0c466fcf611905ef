/* The command line of `mote run` and `mote snapshot`. */
#ifndef MOTE_CLI_RUN_OPTIONS_H
#define MOTE_CLI_RUN_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run_options {
	uint64_t mem_size; /* bytes, page aligned */
	unsigned int cpus;
	double timeout; /* seconds, 0 = none */
	const char *cwd;
	const char *initrd;
	const char *input; /* file with the test's input, NULL: none */
	const char *kernel; /* NULL: the one beside mote */
	bool snapshot;	    /* the command is `mote snapshot` */
	bool asked;	    /* --asked */
	const char *check;  /* --check: a snapshot to look at, NULL: none */
	const char *from;   /* --from: a snapshot to go on from, NULL: none */
	const char *output; /* -o: where `mote snapshot` writes, NULL: not given */
	const char *fixed;  /* an option given that a snapshot settles, NULL: none */
	bool trace, verbose;
	bool deterministic;
	uint64_t seed;
	const char *gdb; /* NULL: no debugger; "": at the default place */
	char **program; /* argv of the guest, NULL-terminated, at least one; with from: its arguments, perhaps none */
	char **env;	/* environment of the guest, NULL-terminated */
	char **file;	/* --file, as given, NULL-terminated */
	char **disk;	/* --disk, as given, NULL-terminated */
	unsigned int file_count, disk_count, env_count;
};

/* Fill o from the command line of command "run" or "snapshot". -1 to go on, or an exit status: 0 after --help, MOTE_FAILED after
 * an error, said in one line. What o points at lives as long as argv and the process. */
int run_options_parse(struct run_options *o, int argc, char **argv);
/* What o asks of machine_launch(); points into o. */
struct launch_config;
void run_options_config(const struct run_options *o, struct launch_config *c);

/* ---- for commands that take the same options: what getopt_long(3) shall know, and the steps of run_options_parse() ---- */
extern const struct option run_options_long[];
/* Defaults, with room for argc options of each kind. 0 or -ENOMEM, said. */
int run_options_init(struct run_options *o, int argc);
/* One option as getopt_long(3) gave it: 0, 1 after --help, or a negative errno, said. */
int run_options_apply(struct run_options *o, int option, char *value);

/* "64M", "1G", "4096K" or bytes. 0 or -EINVAL. */
int parse_size(const char *text, uint64_t *size);

#endif
