/*
 * mote bench: figures beside the floors and peers measured in the same run. The peer of a system-call figure is the
 * same static program run natively on this host.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "mote.h"

extern char **environ;

#define BENCH_LINES_MAX 32

struct figure {
	char name[24];
	const char *unit; /* "ns", or "KiB" for memory */
	unsigned long long n, median, p99;
};

struct bench {
	bool json;
	unsigned int runs;
	char mote[4096];     /* this executable */
	char hello[4096];    /* static programs beside it */
	char syscalls[4096];
};

static uint64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Start argv with stdin and stdout on /dev/null and wait: its exit status, or -1. */
static int spawn_wait(char *const argv[])
{
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	int err = posix_spawn(&pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (err || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The figure of n samples, which are sorted here. */
static void figure_fill(struct figure *f, const char *name, const char *unit, uint64_t *sample, size_t n)
{
	qsort(sample, n, sizeof(*sample), compare_u64);
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->unit = unit;
	f->n = n;
	f->median = sample[n / 2];
	f->p99 = sample[n * 99 / 100];
}

/* Time runs of a command: 0, or -1 when one failed. */
static int time_command(const struct bench *b, const char *name, char *const argv[], struct figure *out)
{
	uint64_t *sample = calloc(b->runs, sizeof(*sample));
	int result = 0;

	if (!sample)
		return -1;
	for (unsigned int i = 0; i < b->runs && !result; i++) {
		uint64_t start = now_ns();
		result = spawn_wait(argv) == 0 ? 0 : -1;
		sample[i] = now_ns() - start;
	}
	if (result)
		mote_error("bench %s: '%s' failed", name, argv[0]);
	figure_fill(out, name, "ns", sample, b->runs);
	free(sample);
	return result;
}

static void print_json(const struct figure *f, unsigned long long floor, const char *peer, unsigned long long peer_median)
{
	printf("{\"name\":\"%s\",\"unit\":\"%s\",\"n\":%llu,\"median\":%llu,\"p99\":%llu", f->name, f->unit, f->n,
	       f->median, f->p99);
	if (floor)
		printf(",\"floor\":%llu", floor);
	if (peer)
		printf(",\"peer\":\"%s\",\"peer_median\":%llu", peer, peer_median);
	printf("}\n");
}

/* Times in microseconds, memory in KiB. */
static void print_cell(const struct figure *f, unsigned long long value)
{
	if (value)
		printf(" %12.2f", (double)value / (strcmp(f->unit, "ns") ? 1 : 1000));
	else
		printf(" %12s", "-");
}

static void print_figure(const struct bench *b, const struct figure *f, unsigned long long floor, const char *peer,
			 unsigned long long peer_median)
{
	if (b->json) {
		print_json(f, floor, peer, peer_median);
	} else {
		printf("%-22s %6llu", f->name, f->n);
		print_cell(f, f->median);
		print_cell(f, f->p99);
		print_cell(f, floor);
		if (floor)
			printf(" %7.2fx", (double)f->median / (double)floor);
		else
			printf(" %8s", "-");
		print_cell(f, peer_median);
		printf("\n");
	}
	fflush(stdout);
}

static void print_head(const struct bench *b)
{
	if (!b->json)
		printf("%-22s %6s %12s %12s %12s %8s %12s\n", "name (us, or KiB)", "n", "median", "p99", "floor",
		       "/floor", "native");
}

/* Start argv with its descriptor `capture` (1 or 2) on a pipe: the reading end, or NULL. */
static FILE *spawn_capture(char *const argv[], int capture, pid_t *pid)
{
	int fds[2];
	posix_spawn_file_actions_t fa;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, fds[1], capture);
	int err = posix_spawn(pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	close(fds[1]);
	FILE *in = err ? NULL : fdopen(fds[0], "r");
	if (!in)
		close(fds[0]);
	return in;
}

static bool exited_well(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Read "name unit n median p99" lines of a command into figures: how many, or -1. */
static int read_figures(char *const argv[], struct figure *out, int max)
{
	char line[256];
	pid_t pid;
	int n = 0;
	FILE *in = spawn_capture(argv, 1, &pid);

	if (!in)
		return -1;
	while (n < max && fgets(line, sizeof(line), in)) {
		struct figure *f = &out[n];
		f->unit = "ns";
		if (sscanf(line, "%23s ns %llu %llu %llu", f->name, &f->n, &f->median, &f->p99) == 4)
			n++;
	}
	fclose(in);
	return exited_well(pid) ? n : -1;
}

/* The stages and memory figures of many runs of one program (vmm/stage.h). */
struct stage_samples {
	char name[24];
	const char *unit;
	uint64_t *sample;
};

/* Read one run's lines into column `run` of the table: how many rows, or -1. */
static int read_stages(const struct bench *b, char *const argv[], struct stage_samples *rows, unsigned int run)
{
	char line[256], kind[8], name[17];
	unsigned long long value;
	pid_t pid;
	int n = 0;
	FILE *in = spawn_capture(argv, 2, &pid);

	if (!in)
		return -1;
	while (n < BENCH_LINES_MAX && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "%7s %16s %llu", kind, name, &value) != 3)
			continue;
		struct stage_samples *r = &rows[n++];
		if (!r->sample)
			r->sample = calloc(b->runs, sizeof(*r->sample));
		if (!r->sample)
			break;
		r->unit = strcmp(kind, "stage") ? "KiB" : "ns";
		snprintf(r->name, sizeof(r->name), "%s%s", strcmp(kind, "stage") ? "" : "stage-", name);
		r->sample[run] = value;
	}
	fclose(in);
	return exited_well(pid) ? n : -1;
}

static int bench_stages(struct bench *b)
{
	struct stage_samples rows[BENCH_LINES_MAX] = {0};
	char *argv[] = {b->mote, "run", "--", b->hello, NULL};
	int count = 0;

	setenv("MOTE_STAGES", "1", 1);
	for (unsigned int run = 0; run < b->runs && count >= 0; run++)
		count = read_stages(b, argv, rows, run);
	unsetenv("MOTE_STAGES");
	for (int i = 0; i < BENCH_LINES_MAX && rows[i].sample; i++) {
		struct figure f;
		figure_fill(&f, rows[i].name, rows[i].unit, rows[i].sample, b->runs);
		if (count > 0)
			print_figure(b, &f, 0, NULL, 0);
		free(rows[i].sample);
	}
	if (count <= 0)
		mote_error("bench: a run of %s failed", b->hello);
	return count > 0 ? 0 : -1;
}

/* Process start to exit of a static hello, against its floor: a process that makes a VM, plus a native hello. */
static int bench_boot(struct bench *b)
{
	struct figure vm, hello, run;
	char *vm_argv[] = {b->mote, "bench", "--floor-child", NULL};
	char *hello_argv[] = {b->hello, NULL};
	char *run_argv[] = {b->mote, "run", "--", b->hello, NULL};

	if (time_command(b, "floor-vm", vm_argv, &vm) || time_command(b, "native-hello", hello_argv, &hello) ||
	    time_command(b, "run-hello", run_argv, &run))
		return -1;
	print_figure(b, &vm, 0, NULL, 0);
	print_figure(b, &hello, 0, NULL, 0);
	print_figure(b, &run, vm.median + hello.median, "native hello", hello.median);
	return bench_stages(b);
}

/* System calls from inside a guest, the same program natively beside them. */
static int bench_syscalls(struct bench *b, char **names)
{
	struct figure guest[BENCH_LINES_MAX], native[BENCH_LINES_MAX];
	struct host_floors floors;
	char *guest_argv[BENCH_LINES_MAX + 8] = {b->mote, "run", "--timeout", "300", "--", b->syscalls};
	char *native_argv[BENCH_LINES_MAX + 8] = {b->syscalls};

	for (int i = 0; i < BENCH_LINES_MAX && names[i]; i++)
		guest_argv[6 + i] = native_argv[1 + i] = names[i];
	if (host_measure(&floors))
		return -1;
	int natives = read_figures(native_argv, native, BENCH_LINES_MAX);
	int guests = read_figures(guest_argv, guest, BENCH_LINES_MAX);
	if (natives < 0 || guests != natives) {
		mote_error("bench: the system-call benchmark failed in the %s", natives < 0 ? "host" : "guest");
		return -1;
	}
	for (int i = 0; i < guests; i++)
		print_figure(b, &guest[i], strcmp(guest[i].name, "compute") ? (unsigned long long)(floors.trap_round_trip * 1000) : native[i].median,
			     "native", native[i].median);
	return 0;
}

static int find_programs(struct bench *b)
{
	ssize_t n = readlink("/proc/self/exe", b->mote, sizeof(b->mote) - 1);
	if (n < 0)
		return -1;
	b->mote[n] = 0;
	char *slash = strrchr(b->mote, '/');
	snprintf(b->hello, sizeof(b->hello), "%.*s/bench/hello", (int)(slash - b->mote), b->mote);
	snprintf(b->syscalls, sizeof(b->syscalls), "%.*s/bench/syscalls", (int)(slash - b->mote), b->mote);
	if (access(b->hello, X_OK) || access(b->syscalls, X_OK)) {
		mote_error("bench: %s is missing: run make bench", b->hello);
		return -1;
	}
	return 0;
}

static void usage(FILE *out)
{
	fputs("usage: mote bench [--json] [--runs N] [NAME...]\n"
	      "\n"
	      "Figures with the floors of this host measured in the same run. NAME is boot, syscalls, or one of\n"
	      "getppid pipe fork exec fault mmap signal switch read64k compute. Default: all.\n"
	      "\n"
	      "  --json     one JSON object a line: name, unit, n, median, p99, floor, peer, peer_median\n"
	      "  --runs N   starts to time for boot (default 50)\n",
	      out);
}

/* What the command line asks for: boot, and the names of system-call figures (NULL-terminated; empty: all). */
static bool wants(int argc, char **argv, const char *name)
{
	for (int i = optind; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return optind == argc;
}

int cmd_bench(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"runs", required_argument, NULL, 'n'},
						{"floor-child", no_argument, NULL, 'F'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	struct bench b = {.runs = 50};
	char *names[BENCH_LINES_MAX] = {NULL};
	int opt, count = 0;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			b.json = true;
			break;
		case 'n':
			b.runs = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'F':
			return host_floor_vm() ? MOTE_FAILED : 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return MOTE_FAILED;
		}
	}
	if (b.runs < 1 || b.runs > 100000 || find_programs(&b)) {
		if (b.runs < 1 || b.runs > 100000)
			mote_error("bench: --runs takes 1 to 100000");
		return MOTE_FAILED;
	}
	for (int i = optind; i < argc && count < BENCH_LINES_MAX - 1; i++)
		if (strcmp(argv[i], "boot") && strcmp(argv[i], "syscalls"))
			names[count++] = argv[i];
	print_head(&b);
	int failed = wants(argc, argv, "boot") && bench_boot(&b);
	if (wants(argc, argv, "syscalls") || count)
		failed |= bench_syscalls(&b, names);
	return failed ? MOTE_FAILED : 0;
}
