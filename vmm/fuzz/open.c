/* Making a rig, and what it is made of. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beside.h"
#include "coverage.h"
#include "rig.h"

#define DEFAULT_MEM   (64ull << 20)
#define DEFAULT_LIMIT 2000u
#define SEED	      1u

/* ---- files ---- */

static int map_kernel(struct fuzz_rig *r, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 || fstat(fd, &st) ? -errno : 0;

	if (!err && st.st_size > 0) {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		r->kernel = map == MAP_FAILED ? NULL : map;
		r->kernel_size = (size_t)st.st_size;
	}
	if (fd >= 0)
		close(fd);
	if (err)
		mote_error("%s: %s", path, strerror(-err));
	symbols_init(&r->symbols, r->kernel, r->kernel ? r->kernel_size : 0);
	return err;
}

/* ---- memory that is shared with the guest ---- */

#define OWN_CASE    0
#define OWN_RESULTS sizeof(struct fuzz_case)
#define OWN_MAP	    (OWN_RESULTS + sizeof(struct fuzz_results))

static size_t page_up(size_t n)
{
	return (n + MEMORY_PAGE_SIZE - 1) & ~(size_t)(MEMORY_PAGE_SIZE - 1);
}

static int make_own(struct fuzz_rig *r)
{
	r->own_size = OWN_MAP;
	r->own = mmap(NULL, r->own_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->own == MAP_FAILED) {
		r->own = NULL;
		return -errno;
	}
	r->results = (void *)(r->own + OWN_RESULTS);
	r->channel.gpa[FUZZ_AREA_CASE] = r->case_gpa;
	r->channel.gpa[FUZZ_AREA_RESULTS] = r->results_gpa;
	r->channel.memory[FUZZ_AREA_CASE] = r->own + OWN_CASE;
	r->channel.memory[FUZZ_AREA_RESULTS] = r->results;
	return 0;
}

/* Where the kernel's counters are. */
static int find_coverage(struct fuzz_rig *r)
{
	struct machine_control c;
	int err = coverage_find(r->m, &c);

	if (err)
		return err == -EOPNOTSUPP ? 0 : err;
	uint64_t bytes = page_up(c.coverage_size);

	if (!memory_range(&r->m->memory, c.coverage, bytes))
		return -EINVAL;
	r->edges = c.coverage_size;
	r->edge_bytes = bytes;
	r->coverage_gpa = c.coverage;
	r->edge = calloc(r->edges, sizeof(*r->edge));
	return r->edge ? memory_read(&r->m->memory, c.coverage_edges, r->edge, r->edges * sizeof(*r->edge)) : -ENOMEM;
}

static int share_map(struct fuzz_rig *r, uint8_t *map)
{
	int err = r->edge_bytes ? machine_share(r->m, r->coverage_gpa, map, r->edge_bytes) : 0;

	if (!err)
		r->map = map;
	return err;
}

static int make_map(struct fuzz_rig *r)
{
	int err = find_coverage(r);

	if (err) {
		mote_error("the kernel does not tell where its coverage is");
		return err;
	}
	size_t size = page_up(fuzz_map_size(r));
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	r->own_map = map == MAP_FAILED ? NULL : map;
	r->seen = calloc(1, size);
	r->aside = malloc(r->edge_bytes + 1);
	return r->own_map && r->seen && r->aside ? share_map(r, r->own_map) : -ENOMEM;
}

int fuzz_attach(struct fuzz_rig *r, void *map, void *shared_case)
{
	int err = share_map(r, map);

	if (!err)
		err = share_area(r->m, FUZZ_AREA_CASE, shared_case);
	if (err)
		mote_error("cannot put shared memory into the machine: %s", strerror(-err));
	return err;
}

/* ---- the machine ---- */

static void keep_report(void *ctx, const struct report *report)
{
	struct fuzz_rig *r = ctx;

	r->report = *report;
	r->reported = true;
}

static int launch(struct fuzz_rig *r, const struct fuzz_config *c, const char *kernel, char *executor)
{
	char *argv[] = {executor, NULL};
	char *envp[] = {NULL};
	struct launch_config config = {.mem_size = c->mem_size ? c->mem_size : DEFAULT_MEM,
				       .flags = c->debugger ? BOOT_DEBUGGER : 0,
				       .kernel = kernel,
				       .argv = argv,
				       .envp = envp,
				       .own_streams = true,
				       .in = -1,
				       .out = -1,
				       .err = -1,
				       .stop_asked = true,
				       .deterministic = true,
				       .seed = SEED};
	int err = machine_launch(&r->m, &config);

	if (err)
		return err;
	r->m->fuzz = &r->channel;
	r->m->on_report = keep_report;
	r->m->report_ctx = r;
	return 0;
}

static bool all_areas_told(const struct fuzz_rig *r)
{
	bool all = true;

	for (unsigned int i = 0; i < FUZZ_CASE_PAGES; i++)
		all &= r->case_gpa[i] != 0;
	for (unsigned int i = 0; i < FUZZ_RESULTS_PAGES; i++)
		all &= r->results_gpa[i] != 0;
	return all;
}

/* Up to where cases begin. */
static int run_to_snapshot(struct fuzz_rig *r)
{
	char ignored[1];

	if (machine_run(r->m) != MOTE_READY || !all_areas_told(r)) {
		if (r->reported)
			report_print(r->m, &r->report, true);
		mote_error("the machine for fuzzing did not come to where its programs begin");
		return -EIO;
	}
	int err = make_map(r);

	if (!err)
		err = machine_snapshot(r->m, &r->base);
	r->before = r->results->before;
	r->channel.sealed = true;
	r->m->wants_ready = false; /* a program that asks for a snapshot gets none */
	machine_log(r->m, &r->logged, ignored, sizeof(ignored));
	return err;
}

static int build(struct fuzz_rig *r, const struct fuzz_config *c)
{
	char kernel[PATH_MAX], executor[PATH_MAX];
	int err = beside_find_fuzz(c->kernel, "kernel", kernel, sizeof(kernel));

	if (!err)
		err = beside_find_fuzz(c->executor, "executor", executor, sizeof(executor));
	if (!err)
		err = map_kernel(r, kernel);
	if (!err)
		err = make_own(r);
	if (!err)
		err = launch(r, c, kernel, executor);
	if (!err)
		err = run_to_snapshot(r);
	return err ? err : watch_start(&r->watch, r->m, c->time_limit ? c->time_limit : DEFAULT_LIMIT);
}

int fuzz_open(struct fuzz_rig **out, const struct fuzz_config *config)
{
	struct fuzz_rig *r = calloc(1, sizeof(*r));

	if (r) {
		r->said = (struct message_sink){.text = malloc(RIG_LOG), .size = RIG_LOG};
		r->log = malloc(RIG_LOG);
	}
	if (!r || !r->said.text || !r->log) {
		mote_error("out of memory");
		fuzz_close(r);
		return -ENOMEM;
	}
	int err = build(r, config);

	if (err)
		fuzz_close(r);
	else
		*out = r;
	return err;
}

void fuzz_close(struct fuzz_rig *r)
{
	if (!r)
		return;
	watch_end(&r->watch);
	if (r->m)
		machine_destroy(r->m);
	snapshot_put(r->base);
	if (r->own)
		munmap(r->own, r->own_size);
	if (r->own_map)
		munmap(r->own_map, page_up(fuzz_map_size(r)));
	if (r->kernel)
		munmap(r->kernel, r->kernel_size);
	free(r->said.text);
	free(r->log);
	free(r->seen);
	free(r->aside);
	free(r->edge);
	free(r);
}

/* ---- looking ---- */

size_t fuzz_map_size(const struct fuzz_rig *r)
{
	return r->edge_bytes + FUZZ_MAP_CALLS + FUZZ_MAP_SIGNATURES;
}

uint8_t *fuzz_map(struct fuzz_rig *r)
{
	return r->map;
}

struct fuzz_case *fuzz_case(struct fuzz_rig *r)
{
	return r->channel.memory[FUZZ_AREA_CASE];
}

size_t fuzz_edges(const struct fuzz_rig *r)
{
	return r->edges;
}

uint64_t fuzz_edge_pc(const struct fuzz_rig *r, size_t i)
{
	return i < r->edges ? r->edge[i].pc : 0;
}

struct machine *fuzz_machine(struct fuzz_rig *r)
{
	return r->m;
}

void fuzz_set_options(struct fuzz_rig *r, unsigned int options)
{
	r->options = options;
}
