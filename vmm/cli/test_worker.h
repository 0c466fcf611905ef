/* What a worker of `mote test` does: one machine, put back to the same state before each run. */
#ifndef MOTE_CLI_TEST_WORKER_H
#define MOTE_CLI_TEST_WORKER_H

#include "test_options.h"
#include "test_plan.h"
#include "test_pool.h"

struct test_work {
	const struct test_options *options;
	const struct test_plan *plan;
};

/* pool_config.work: make a machine, run what the pool hands out. Why it cannot stands on standard
 * error. */
int test_work(const struct test_work *work, struct pool_worker *w);

#endif
