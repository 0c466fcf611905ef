/* AFL++'s side of the fork server: what afl-fuzz does to its target, without the fuzzing. */
#ifndef MOTE_CLI_BENCH_AFL_H
#define MOTE_CLI_BENCH_AFL_H

#include <stdint.h>
#include <sys/types.h>

#include "shared/abi/fuzz.h"

struct afl {
	pid_t pid;
	int control, status; /* -1: not open */
	int map_id, case_id;
	uint8_t *map;
	struct fuzz_case *kase;
	size_t map_size;
};

/* Start argv and shake hands. 0 or -1, said. */
int afl_open(struct afl *a, char *const argv[]);
void afl_close(struct afl *a);
/* One case that lies in a->kase: its wait status, or -1, said. */
int afl_run(struct afl *a);

#endif
