/* The memory that the parent and the workers of a pool share; test_pool.c is the parent's side,
 * test_hand.c the workers'. */
#ifndef MOTE_CLI_TEST_SHARED_H
#define MOTE_CLI_TEST_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

#include "test_result.h"

#define POOL_RING 1024 /* results that a worker can be ahead of the parent */

/* pool_slot.current, beside run + 1 */
#define POOL_NOTHING  0
#define POOL_STARTING UINT64_MAX

/* A worker's place. Fields are written by one side alone. */
struct pool_slot {
	/* the worker's */
	_Alignas(64) atomic_uint_fast64_t current; /* run in hand + 1, or one of the above */
	atomic_uint_fast64_t
		since;	      /* CLOCK_MONOTONIC, ns: when that began; written before current */
	atomic_uint produced; /* results ever put into the ring */
	atomic_uint waiting;  /* wake me by futex when consumed changes */
	/* the parent's */
	_Alignas(64) atomic_uint consumed;
	atomic_uint_fast64_t overdue; /* value of current that is out of time */
	struct test_verdict ring[POOL_RING];
};

struct pool_shared {
	_Alignas(64) atomic_uint_fast64_t next; /* run to hand out */
	_Alignas(64) uint64_t runs;
	struct pool_slot slot[];
};

/* CLOCK_MONOTONIC in ns. */
uint64_t pool_now(void);
/* futex(2) between processes: wait while *word is value, at most 0.1 s; wake whoever waits. */
void pool_futex_wait(atomic_uint *word, unsigned int value);
void pool_futex_wake(atomic_uint *word);
/* Make an empty file of fd, whose offset says how much was written. */
void pool_file_clear(int fd);

#endif
