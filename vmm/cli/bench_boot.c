/* Starts: process start to exit of a static hello, and its stages. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include "mote.h"

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
	FILE *in = bench_spawn_capture(argv, 2, &pid);

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
	return bench_exited_well(pid) ? n : -1;
}

static int bench_stages(struct bench *b, char *hello)
{
	struct stage_samples rows[BENCH_LINES_MAX] = {0};
	char *argv[] = {b->mote, "run", "--", hello, NULL};
	int count = 0;

	setenv("MOTE_STAGES", "1", 1);
	for (unsigned int run = 0; run < b->runs && count >= 0; run++)
		count = read_stages(b, argv, rows, run);
	unsetenv("MOTE_STAGES");
	for (int i = 0; i < BENCH_LINES_MAX && rows[i].sample; i++) {
		struct figure f;
		figure_fill(&f, rows[i].name, rows[i].unit, rows[i].sample, b->runs);
		if (count > 0)
			figure_print(b, &f, 0, NULL, 0);
		free(rows[i].sample);
	}
	if (count <= 0)
		mote_error("bench: a run of %s failed", hello);
	return count > 0 ? 0 : -1;
}

/* Process start to exit of a static hello, against its floor: a process that makes a VM, plus a native hello. */
int bench_boot(struct bench *b)
{
	struct figure vm, hello, run;
	char program[4096];
	char *vm_argv[] = {b->mote, "bench", "--floor-child", NULL};
	char *hello_argv[] = {program, NULL};
	char *run_argv[] = {b->mote, "run", "--", program, NULL};

	if (bench_program(b, "hello", program, sizeof(program)))
		return -1;
	if (bench_time_command(b, "floor-vm", vm_argv, &vm) || bench_time_command(b, "native-hello", hello_argv, &hello) ||
	    bench_time_command(b, "run-hello", run_argv, &run))
		return -1;
	figure_print(b, &vm, 0, NULL, 0);
	figure_print(b, &hello, 0, NULL, 0);
	figure_print(b, &run, vm.median + hello.median, "native hello", hello.median);
	return bench_stages(b, program);
}

