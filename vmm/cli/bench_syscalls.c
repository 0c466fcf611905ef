/* System calls from inside a guest; the peer is the same static program run natively on this host. */
#include "bench.h"

#include <string.h>

#include "host.h"
#include "mote.h"

/* Read "name unit n median p99" lines of a command into figures: how many, or -1. */
static int read_figures(char *const argv[], struct figure *out, int max)
{
	char line[256];
	pid_t pid;
	int n = 0;
	FILE *in = bench_spawn_capture(argv, 1, &pid);

	if (!in)
		return -1;
	while (n < max && fgets(line, sizeof(line), in)) {
		struct figure *f = &out[n];
		f->unit = "ns";
		if (sscanf(line, "%23s ns %llu %llu %llu", f->name, &f->n, &f->median, &f->p99) == 4)
			n++;
	}
	fclose(in);
	return bench_exited_well(pid) ? n : -1;
}

/* System calls from inside a guest, the same program natively beside them. */
int bench_syscalls(struct bench *b, char **names)
{
	struct figure guest[BENCH_LINES_MAX], native[BENCH_LINES_MAX];
	struct host_floors floors;
	char program[4096];
	char *guest_argv[BENCH_LINES_MAX + 8] = {b->mote, "run", "--timeout", "300", "--", program};
	char *native_argv[BENCH_LINES_MAX + 8] = {program};

	for (int i = 0; i < BENCH_LINES_MAX && names[i]; i++)
		guest_argv[6 + i] = native_argv[1 + i] = names[i];
	if (bench_program(b, "syscalls", program, sizeof(program)) || host_measure(&floors))
		return -1;
	int natives = read_figures(native_argv, native, BENCH_LINES_MAX);
	int guests = read_figures(guest_argv, guest, BENCH_LINES_MAX);
	if (natives < 0 || guests != natives) {
		mote_error("bench: the system-call benchmark failed in the %s", natives < 0 ? "host" : "guest");
		return -1;
	}
	for (int i = 0; i < guests; i++)
		figure_print(b, &guest[i], strcmp(guest[i].name, "compute") ? (unsigned long long)(floors.trap_round_trip * 1000) : native[i].median,
			     "native", native[i].median);
	return 0;
}

