/*
 * Snapshots: what a reset costs, how soon the program runs again, and how long a new process takes from a snapshot file.
 *
 * The programs tell when their first instruction ran: `first` writes the counter it read there.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "arch/arch.h"
#include "host.h"
#include "machine.h"
#include "mote.h"
#include "shared/abi/boot.h"

#define RESETS_PER_RUN 20 /* a reset is that much quicker than a start */

/* A machine at its ready point, with its snapshot. */
struct cycle {
	struct machine *m;
	struct snapshot *s;
	int out; /* memfd: what the program writes */
	uint64_t hz;
	unsigned int n;
	uint64_t *reset, *first, *whole; /* ns: n samples of each */
};

static int cycle_open(struct cycle *c, char *program, char *pages)
{
	char *argv[] = {program, pages, NULL};
	struct launch_config config = {.argv = argv, .flags = BOOT_READY, .own_streams = true, .in = -1, .err = STDERR_FILENO};

	c->out = config.out = memfd_create("bench", MFD_CLOEXEC);
	if (c->out < 0 || machine_launch(&c->m, &config))
		return -1;
	if (machine_run(c->m) != MOTE_READY || machine_snapshot(c->m, &c->s)) {
		mote_error("bench: %s does not come to its ready point", program);
		return -1;
	}
	c->hz = arch_counter_hz(&c->m->vcpu[0]);
	c->reset = calloc(3 * (size_t)c->n, sizeof(uint64_t));
	c->first = c->reset + c->n;
	c->whole = c->first + c->n;
	return c->reset && machine_run(c->m) == 0 ? 0 : -1;
}

static void cycle_close(struct cycle *c)
{
	snapshot_put(c->s);
	machine_destroy(c->m);
	close(c->out);
	free(c->reset);
}

/* Once: reset, run, and from the counter that the program read how long its first instruction took to come. */
static int cycle_once(struct cycle *c, unsigned int i)
{
	uint64_t before, at_first;

	if (ftruncate(c->out, 0) || lseek(c->out, 0, SEEK_SET) || arch_counter_read(&c->m->vcpu[0], &before))
		return -1;
	uint64_t start = bench_now_ns();
	int err = machine_reset(c->m, c->s);
	uint64_t reset = bench_now_ns();

	if (err || machine_run(c->m) != 0 || pread(c->out, &at_first, sizeof(at_first), 0) != sizeof(at_first))
		return -1;
	c->whole[i] = bench_now_ns() - start;
	c->reset[i] = reset - start;
	c->first[i] = (uint64_t)((double)(at_first - before) * 1e9 / (double)c->hz);
	return 0;
}

static void print_samples(const struct bench *b, const struct cycle *c, const char *what, const char *pages, uint64_t *sample,
			  unsigned long long floor)
{
	struct figure f;
	char name[sizeof(f.name)];

	snprintf(name, sizeof(name), "%s-%s", what, pages);
	figure_fill(&f, name, "ns", sample, c->n);
	figure_print(b, &f, floor, NULL, 0);
}

/* A program that dirties so many pages of its own. */
static int bench_cycle(const struct bench *b, char *program, const char *pages, unsigned long long floor, uint64_t *hz)
{
	struct cycle c = {.n = b->runs * RESETS_PER_RUN};
	int err = cycle_open(&c, program, (char *)pages);

	for (unsigned int i = 0; i < c.n && !err; i++)
		err = cycle_once(&c, i);
	if (err) {
		mote_error("bench: a reset failed");
		return -1;
	}
	print_samples(b, &c, "reset", pages, c.reset, 0);
	print_samples(b, &c, "reset-to-first", pages, c.first, floor);
	print_samples(b, &c, "reset-and-run", pages, c.whole, 0);
	*hz = c.hz;
	cycle_close(&c);
	return 0;
}

/* ---- new processes from a snapshot file ---- */

/* What `first` writes. */
struct first_said {
	uint64_t counter, realtime_ns, counter_then;
};

/* From before the process is made to the first instruction of the program, in ns; 0: it failed. */
static uint64_t time_to_first(char *const argv[], uint64_t hz)
{
	struct first_said said;
	struct timespec now;
	pid_t pid;

	clock_gettime(CLOCK_REALTIME, &now);
	FILE *in = bench_spawn_capture(argv, 1, &pid);
	bool good = in && fread(&said, sizeof(said), 1, in) == 1;

	if (in)
		fclose(in);
	if (!in || !bench_exited_well(pid) || !good)
		return 0;
	double later = (double)(said.counter_then - said.counter) * 1e9 / (double)hz;

	return said.realtime_ns - (uint64_t)later - ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
}

static int sample_first(const struct bench *b, const char *name, char *const argv[], uint64_t hz, struct figure *f)
{
	uint64_t *sample = calloc(b->runs, sizeof(*sample));
	bool good = sample != NULL;

	for (unsigned int i = 0; i < b->runs && good; i++) {
		sample[i] = time_to_first(argv, hz);
		good = sample[i] != 0;
	}
	if (good)
		figure_fill(f, name, "ns", sample, b->runs);
	else
		mote_error("bench %s: '%s' failed", name, argv[0]);
	free(sample);
	return good ? 0 : -1;
}

/* The floor: what KVM takes for a machine and a vCPU, beside the native start. */
static int bench_from(struct bench *b, char *program, const struct host_floors *floors, uint64_t hz)
{
	char file[] = "/tmp/mote-bench-XXXXXX";
	int fd = mkstemp(file);
	char *take[] = {b->mote, "snapshot", "-o", file, "--", program, NULL};
	char *from[] = {b->mote, "run", "--from", file, NULL};
	char *native[] = {program, NULL};
	struct figure first, whole, peer;

	if (fd < 0)
		return -1;
	close(fd);
	int err = bench_spawn_wait(take) || sample_first(b, "native-to-first", native, hz, &peer) ||
		  sample_first(b, "from-to-first", from, hz, &first) || bench_time_command(b, "run-from", from, &whole);

	unlink(file);
	if (err)
		return -1;
	double machine = (floors->create_vm + floors->memslot + floors->vcpu) * 1000;

	figure_print(b, &peer, 0, NULL, 0);
	figure_print(b, &first, peer.median + (unsigned long long)machine, "native", peer.median);
	figure_print(b, &whole, 0, NULL, 0);
	return 0;
}

int bench_reset(struct bench *b)
{
	static const char *const pages[] = {"0", "16", "64"};
	struct host_floors floors;
	char program[4096];
	uint64_t hz = 0;
	int err = bench_program(b, "first", program, sizeof(program)) || host_measure(&floors) ? -1 : 0;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]) && !err; i++)
		err = bench_cycle(b, program, pages[i], (unsigned long long)(floors.trap_round_trip * 1000), &hz);
	return err ? -1 : bench_from(b, program, &floors, hz);
}
