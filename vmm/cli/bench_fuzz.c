/*
 * Fuzzing: how many programs a second one processor runs, alone and as afl-fuzz would ask for them, and where the time goes.
 *
 * The floor of each is the bare round trip into a guest and out again, measured in the same run.
 */
#include "bench.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_afl.h"
#include "fuzz/rig.h"
#include "host.h"
#include "mote.h"
#include "shared/fuzz/program.h"

#define CASES_PER_RUN 100
#define WARM_UP	      200

enum stage { STAGE_ALL, STAGE_RESET, STAGE_RUN, STAGE_LOOK, STAGE_AFL, STAGES };
static const char *const stage_name[STAGES] = {"rig", "reset", "run", "look", "afl"};

struct fuzz_bench {
	const struct bench *b;
	unsigned int n;
	unsigned long long floor; /* ns */
	uint64_t *sample[STAGES];
};

/* ---- programs ---- */

static struct fuzz_call *add_call(struct fuzz_program *p, const char *name)
{
	struct fuzz_call *c = &p->call[p->count++];

	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		if (!strcmp(fuzz_row[i].name, name))
			c->row = (uint16_t)i;
	}
	return c;
}

static void set_arg(struct fuzz_call *c, unsigned int i, enum fuzz_arg_kind kind, uint64_t value)
{
	c->arg[i].kind = (uint8_t)kind;
	c->arg[i].value = value;
}

/* A call on the file that call 0 opened, with `bytes` of data unless 0. */
static void add_file_call(struct fuzz_program *p, const char *name, uint64_t data, uint64_t bytes)
{
	struct fuzz_call *c = add_call(p, name);

	set_arg(c, 0, FUZZ_ARG_RESULT, 0);
	if (bytes) {
		set_arg(c, 1, FUZZ_ARG_DATA, data);
		set_arg(c, 2, FUZZ_ARG_CONST, bytes);
	}
}

static void fill_ten(struct fuzz_program *p)
{
	static const uint64_t map[FUZZ_MAX_ARGS] = {0, 8192, 3, 0x22, ~0ull, 0}; /* two private pages */
	struct fuzz_call *c = add_call(p, "openat");

	set_arg(c, 0, FUZZ_ARG_CONST, (uint64_t)-100); /* AT_FDCWD */
	set_arg(c, 1, FUZZ_ARG_PATH, 1);
	set_arg(c, 2, FUZZ_ARG_CONST, 2); /* O_RDWR */
	add_file_call(p, "write", 0, 64);
	add_file_call(p, "lseek", 0, 0);
	add_file_call(p, "read", 0x400, 64);
	add_file_call(p, "fstat", 0x800, 1);
	add_file_call(p, "dup", 0, 0);
	set_arg(add_call(p, "pipe2"), 0, FUZZ_ARG_DATA, 0x100);
	c = add_call(p, "mmap");
	for (unsigned int i = 0; i < FUZZ_MAX_ARGS; i++)
		set_arg(c, i, FUZZ_ARG_CONST, map[i]);
	add_call(p, "getpid");
	add_file_call(p, "close", 0, 0);
}

/* 0 calls or 10. */
static void make_case(struct fuzz_case *to, unsigned int calls)
{
	struct fuzz_program *p = calloc(1, sizeof(*p));

	if (!p)
		return;
	p->threads = 1;
	if (calls)
		fill_ten(p);
	to->len = (unsigned int)fuzz_encode(p, to->bytes, sizeof(to->bytes));
	free(p);
}

/* ---- the rig alone ---- */

/* What of fuzz_run() is resetting and running is timed by doing the same here. */
static int time_stages(struct fuzz_bench *f, struct fuzz_rig *r)
{
	for (unsigned int i = 0; i < f->n; i++) {
		uint64_t start = bench_now_ns();

		if (machine_reset(r->m, r->base))
			return -1;
		uint64_t reset = bench_now_ns();

		if (machine_run(r->m) != MOTE_CASE_END)
			return -1;
		f->sample[STAGE_RUN][i] = bench_now_ns() - reset;
		f->sample[STAGE_RESET][i] = reset - start;
	}
	return 0;
}

static int time_rig(struct fuzz_bench *f, struct fuzz_rig *r, unsigned int n)
{
	struct fuzz_outcome out;

	for (unsigned int i = 0; i < n; i++) {
		uint64_t start = bench_now_ns();

		memset(fuzz_map(r), 0, fuzz_map_size(r));
		if (fuzz_run(r, FUZZ_QUICK, &out) || out.kind != FUZZ_FINE) {
			mote_error("bench: %s", out.signature);
			return -1;
		}
		f->sample[STAGE_ALL][i] = bench_now_ns() - start;
	}
	return 0;
}

static uint64_t median(uint64_t *sample, unsigned int n)
{
	struct figure f;

	figure_fill(&f, "", "ns", sample, n);
	return f.median;
}

/* What is left: results, pairs, what is new. */
static void derive_look(struct fuzz_bench *f)
{
	uint64_t all = median(f->sample[STAGE_ALL], f->n), rest = median(f->sample[STAGE_RESET], f->n) + median(f->sample[STAGE_RUN], f->n);

	for (unsigned int i = 0; i < f->n; i++)
		f->sample[STAGE_LOOK][i] = all > rest ? all - rest : 0;
}

static int bench_rig(struct fuzz_bench *f, unsigned int calls)
{
	struct fuzz_config config = {.kernel = NULL};
	struct fuzz_rig *r;

	if (fuzz_open(&r, &config))
		return -1;
	make_case(fuzz_case(r), calls);
	int err = time_rig(f, r, f->n < WARM_UP ? f->n : WARM_UP) || time_rig(f, r, f->n) || time_stages(f, r);

	fuzz_close(r);
	derive_look(f);
	return err ? -1 : 0;
}

/* ---- through AFL++'s protocol ---- */

static unsigned long long resident_kib(pid_t pid)
{
	char path[64];
	unsigned long long size, resident = 0;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	FILE *f = fopen(path, "re");

	if (!f)
		return 0;
	if (fscanf(f, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return resident * (unsigned long long)sysconf(_SC_PAGESIZE) / 1024;
}

struct memory_use {
	unsigned long long before, after; /* KiB */
};

static int time_afl(struct fuzz_bench *f, struct afl *a, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		uint64_t start = bench_now_ns();

		if (afl_run(a))
			return -1;
		f->sample[STAGE_AFL][i] = bench_now_ns() - start;
	}
	return 0;
}

static int bench_afl(struct fuzz_bench *f, unsigned int calls, struct memory_use *use)
{
	char *argv[] = {(char *)f->b->mote, (char *)"fuzz", (char *)"target", NULL};
	struct afl a;

	if (afl_open(&a, argv))
		return -1;
	make_case(a.kase, calls);
	int err = time_afl(f, &a, f->n < WARM_UP ? f->n : WARM_UP);

	use->before = resident_kib(a.pid);
	if (!err)
		err = time_afl(f, &a, f->n);
	use->after = resident_kib(a.pid);
	afl_close(&a);
	return err;
}

/* ---- figures ---- */

static void print_one(const struct fuzz_bench *f, const char *name, const char *unit, unsigned long long value, unsigned long long floor)
{
	struct figure one = {.unit = unit, .n = f->n, .median = value, .p99 = value};

	snprintf(one.name, sizeof(one.name), "%s", name);
	figure_print(f->b, &one, floor, NULL, 0);
}

/* Executions a second over all of them, slow ones included. */
static unsigned long long rate(const uint64_t *sample, unsigned int n)
{
	unsigned long long sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += sample[i];
	return sum ? 1000000000ull * n / sum : 0;
}

static void print_all(struct fuzz_bench *f, const char *program, const struct memory_use *use)
{
	struct figure one;
	char name[sizeof(one.name)];
	unsigned long long rig = rate(f->sample[STAGE_ALL], f->n), afl = rate(f->sample[STAGE_AFL], f->n);

	for (unsigned int i = 0; i < STAGES; i++) {
		snprintf(name, sizeof(name), "fuzz-%s-%s", program, stage_name[i]);
		figure_fill(&one, name, "ns", f->sample[i], f->n);
		figure_print(f->b, &one, i == STAGE_RESET || i == STAGE_LOOK ? 0 : f->floor, NULL, 0);
	}
	snprintf(name, sizeof(name), "fuzz-%s-rig-rate", program);
	print_one(f, name, "/s", rig, 1000000000ull / f->floor);
	snprintf(name, sizeof(name), "fuzz-%s-afl-rate", program);
	print_one(f, name, "/s", afl, 1000000000ull / f->floor);
	snprintf(name, sizeof(name), "fuzz-%s-before", program);
	print_one(f, name, "KiB", use->before, 0);
	snprintf(name, sizeof(name), "fuzz-%s-after", program);
	print_one(f, name, "KiB", use->after, 0);
}

static int bench_program_of(struct fuzz_bench *f, const char *name, unsigned int calls)
{
	struct memory_use use;

	if (bench_rig(f, calls) || bench_afl(f, calls, &use))
		return -1;
	print_all(f, name, &use);
	return 0;
}

/* On one processor, as afl-fuzz binds itself and its target: what they run on otherwise is chance. */
static void pin(cpu_set_t *before)
{
	cpu_set_t one;

	sched_getaffinity(0, sizeof(*before), before);
	CPU_ZERO(&one);
	for (int cpu = CPU_SETSIZE; cpu-- > 0 && !CPU_COUNT(&one);) {
		if (CPU_ISSET(cpu, before))
			CPU_SET(cpu, &one);
	}
	sched_setaffinity(0, sizeof(one), &one);
}

int bench_fuzz(struct bench *b)
{
	struct fuzz_bench f = {.b = b, .n = b->runs * CASES_PER_RUN};
	struct host_floors floors;
	cpu_set_t before;

	pin(&before);
	uint64_t *samples = calloc(STAGES * (size_t)f.n, sizeof(*samples));
	int err = !samples || host_measure(&floors) ? -1 : 0;

	for (unsigned int i = 0; i < STAGES && samples; i++)
		f.sample[i] = samples + (size_t)i * f.n;
	if (!err) {
		f.floor = (unsigned long long)(floors.exit_round_trip * 1000);
		err = bench_program_of(&f, "empty", 0) || bench_program_of(&f, "10", 10) ? -1 : 0;
	}
	free(samples);
	sched_setaffinity(0, sizeof(before), &before);
	return err;
}
