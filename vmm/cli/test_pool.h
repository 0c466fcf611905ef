/*
 * Worker processes for runs of tests. The parent hands runs out and takes results through shared
 * memory; each worker is a process, so that whatever becomes of one (a crash, a kill) costs the run
 * it had in hand and no other. Workers end with their parent.
 *
 * The parent is single-threaded, and forks before it has anything to do with KVM.
 */
#ifndef MOTE_CLI_TEST_POOL_H
#define MOTE_CLI_TEST_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "test_result.h"

struct pool_slot;
struct pool_shared;

/* What a worker knows of the pool. */
struct pool_worker {
	struct pool_shared *shared;
	struct pool_slot *slot;
	int fd[TEST_STREAMS]; /* files to hold what a run writes; TEST_LOG is standard error too.
				 They take max_output and a page, then refuse with EPERM */
	uint64_t max_output;
	int wake; /* eventfd: the parent has something to look at */
	uint64_t woken;
};

struct pool_config {
	unsigned int workers; /* at least 1 */
	uint64_t runs;
	double timeout;	     /* seconds, for each run */
	uint64_t max_output; /* bytes, page aligned, of each stream */
	/* In a worker's process, with standard input empty, standard output and error the log,
	 * SIGALRM with its default action: make ready, pool_ready(), then pool_take() and
	 * pool_give() until there are no more. Answers the exit status of the process: POOL_AGAIN
	 * asks for a successor. */
	int (*work)(void *ctx, struct pool_worker *w);
	/* In the parent: a run is over. The captures are those of a failed run, else empty, and
	 * valid for the call. */
	void (*result)(void *ctx, const struct test_verdict *r,
		       const struct test_capture capture[TEST_STREAMS]);
	/* In the parent, about ten times a second. */
	void (*tick)(void *ctx);
	/* In the parent, before something is written to standard error. */
	void (*speak)(void *ctx);
	void *ctx;
};

#define POOL_AGAIN 11

/* All runs. 0; MOTE_FAILED, said, when workers cannot be had; or 128 + N after signal N (INT, TERM,
 * HUP, QUIT). No worker is left. */
int pool_run(const struct pool_config *config);

/* ---- for workers ---- */
void pool_ready(struct pool_worker *w);
/* The next run, its streams empty; false when there are none. Its time begins. */
bool pool_take(struct pool_worker *w, uint64_t *run);
/* The run in hand is over: r->outcome and r->status say how. Waits until the parent has seen to
 * what it wrote, if it failed. */
void pool_give(struct pool_worker *w, struct test_verdict *r);
/* The run in hand is out of time (the parent sends SIGALRM when it is, again and again, and at last
 * SIGKILL). Async-signal-safe. */
bool pool_overdue(const struct pool_worker *w);
/* Has the run in hand written more than max_output to stream? */
bool pool_flooded(const struct pool_worker *w, enum test_stream stream);

#endif
