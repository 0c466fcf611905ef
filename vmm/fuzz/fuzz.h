/*
 * One machine that runs fuzzed programs: booted once with a kernel of `make FUZZ=1` and the executor up to where a program
 * begins, and reset to that point for each case.
 *
 * A rig belongs to one thread.
 */
#ifndef MOTE_FUZZ_H
#define MOTE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/abi/fuzz.h"

struct fuzz_rig;

struct fuzz_config {
	const char *kernel;   /* NULL: fuzz/kernel beside the executable or in ../lib/mote */
	const char *executor; /* NULL: fuzz/executor there */
	uint64_t mem_size;    /* bytes, 0: 64 MiB */
	unsigned int time_limit; /* ms of the host's time that a case may take, 0: 2000 */
	bool debugger;	      /* machine_debug() may be used on fuzz_machine(), before the first fuzz_run() */
};

/*
 * The map that AFL++ reads: one byte an edge of the kernel, then FUZZ_MAP_CALLS bytes for (call, errno) pairs, then FUZZ_MAP_SIGNATURES for
 * the signatures of findings.
 */
#define FUZZ_MAP_CALLS	    16384u
#define FUZZ_MAP_SIGNATURES 1024u

/* What a case came to. Everything but FUZZ_FINE is a finding, FUZZ_STOPPED is neither. */
enum fuzz_kind {
	FUZZ_FINE,
	FUZZ_STOPPED,	/* fuzz_stop() */
	FUZZ_PANIC,	/* any panic that is none of the next */
	FUZZ_ASSERTION, /* BUG_ON and its kin */
	FUZZ_UNDEFINED, /* UBSan's trap */
	FUZZ_POISON,	/* freed memory, red zones, reference counts of the debug kernel */
	FUZZ_LEAK,
	FUZZ_HANG,	/* the time limit, inside the kernel or not */
	FUZZ_BROKEN,	/* the machine did what none may do, or mote itself failed */
	FUZZ_DIFFERENT, /* Linux answers otherwise (oracle) */
	FUZZ_KINDS
};
/* "panic", "leak", ... as signatures begin. */
const char *fuzz_kind_name(enum fuzz_kind kind);

#define FUZZ_SIGNATURE 256
struct fuzz_outcome {
	enum fuzz_kind kind;
	char signature[FUZZ_SIGNATURE]; /* "" or one line: kind, then what tells it from others: "panic page_fault in f < g < h" */
	const struct fuzz_results *results; /* valid until the next run */
	const char *log;   /* what was reported (registers, backtrace) and the kernel's log of this case; NUL-terminated, "" when fine */
};

enum fuzz_thoroughness {
	FUZZ_QUICK, /* end with the last call, unless the case has reached something new: then as FUZZ_THOROUGH */
	FUZZ_THOROUGH, /* have all its processes end and look for leaks */
};

/* 0 or a negative errno, said: no fuzz kernel or executor beside mote (it says how to build them), no KVM, ... */
int fuzz_open(struct fuzz_rig **out, const struct fuzz_config *config);
void fuzz_close(struct fuzz_rig *r);

/* Bytes of the map. */
size_t fuzz_map_size(const struct fuzz_rig *r);
/* Use these from now on: the map (fuzz_map_size() bytes) and the case (struct fuzz_case at its start, shared memory that is longer may follow);
 * both page aligned and mapped shared. Without this the rig has its own. 0 or a negative errno, said. */
int fuzz_attach(struct fuzz_rig *r, void *map, void *shared_case);
uint8_t *fuzz_map(struct fuzz_rig *r);
struct fuzz_case *fuzz_case(struct fuzz_rig *r);

/* enum fuzz_option for the cases to come. */
void fuzz_set_options(struct fuzz_rig *r, unsigned int options);
/*
 * Run the case that lies in fuzz_case(), from the snapshot. The map is added to (who wants it empty clears it before). 0 or a negative
 * errno, said: the rig is good for nothing but fuzz_close().
 */
int fuzz_run(struct fuzz_rig *r, enum fuzz_thoroughness how, struct fuzz_outcome *out);
struct oracle;
/* Ask it (oracle.h) about each case that comes out fine, when it has reached something new or is run FUZZ_THOROUGH; NULL: nobody is asked.
 * It stays the caller's. */
void fuzz_set_oracle(struct fuzz_rig *r, struct oracle *o);
/* From any thread or signal handler: end the run that is on, or else the next, as FUZZ_STOPPED. */
void fuzz_stop(struct fuzz_rig *r);

/* Where edge i of the kernel is; 0 when there is none. */
uint64_t fuzz_edge_pc(const struct fuzz_rig *r, size_t i);
size_t fuzz_edges(const struct fuzz_rig *r);
/* The machine, for a debugger and for those who print; it is between two runs. */
struct machine *fuzz_machine(struct fuzz_rig *r);

/*
 * Serve afl-fuzz (afl-showmap, afl-tmin ...) on descriptors 198 and 199, with its shared memory from the environment, until it goes: an
 * exit status. Where those descriptors are not open one case is run, and a finding ends the process by its signal (fuzz_signal()).
 * findings_path: see findings.h, NULL: nowhere. input: where AFL++ puts test cases if not into shared memory, NULL: standard input.
 */
int fuzz_serve(struct fuzz_rig *r, const char *findings_path, const char *input);
/* What AFL++ is told killed the target: 0 for FUZZ_FINE. */
int fuzz_signal(enum fuzz_kind kind);

#endif
