/*
 * mote bench: figures beside the floors and peers measured in the same run. One file a group of figures; each answers 0, or -1 after a
 * message.
 */
#ifndef MOTE_CLI_BENCH_H
#define MOTE_CLI_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define BENCH_LINES_MAX 32

struct figure {
	char name[24];
	const char *unit; /* "ns", or "KiB" for memory, or "/s" for rates */
	unsigned long long n, median, p99;
};

struct bench {
	bool json;
	unsigned int runs;
	char mote[4096]; /* this executable */
	char directory[4096]; /* of the static programs, beside it */
};

/* ---- bench_figure.c ---- */
uint64_t bench_now_ns(void);
/* The figure of n samples, which are sorted here. */
void figure_fill(struct figure *f, const char *name, const char *unit, uint64_t *sample, size_t n);
/* One line. floor 0, peer NULL: none. Units of f. */
void figure_print(const struct bench *b, const struct figure *f, unsigned long long floor, const char *peer,
		  unsigned long long peer_median);
void figure_head(const struct bench *b);

/* ---- bench_spawn.c ---- */
/* Start argv with stdin and stdout on /dev/null and wait: its exit status, or -1. */
int bench_spawn_wait(char *const argv[]);
/* Time b->runs of a command from start to end: 0, or -1 when one failed, said. */
int bench_time_command(const struct bench *b, const char *name, char *const argv[], struct figure *out);
/* Start argv with its descriptor `capture` (1 or 2) on a pipe: the reading end, or NULL. */
FILE *bench_spawn_capture(char *const argv[], int capture, pid_t *pid);
bool bench_exited_well(pid_t pid);
/* The path of a program of b->directory: 0, or -1, said, when it is not there. */
int bench_program(const struct bench *b, const char *name, char *path, size_t size);

/* ---- groups ---- */
int bench_boot(struct bench *b);
int bench_reset(struct bench *b);
int bench_fuzz(struct bench *b);
/* names: NULL-terminated; empty: all. */
int bench_syscalls(struct bench *b, char **names);

#endif
