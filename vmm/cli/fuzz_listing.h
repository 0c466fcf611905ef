/* A case as people read it. */
#ifndef MOTE_CLI_FUZZ_LISTING_H
#define MOTE_CLI_FUZZ_LISTING_H

#include <stdio.h>

#include "shared/abi/fuzz.h"
#include "shared/fuzz/program.h"

#define LISTING_CALL 8192 /* bytes that a printed call may have */

/* Who makes each call: owner[i] is the call whose child does, -1: thread call[i].thread of the program itself. */
void listing_owners(const struct fuzz_program *p, int owner[FUZZ_MAX_CALLS]);
/* One line a call: its number, who makes it, the call, its result (results NULL: without). */
void listing_program(FILE *out, const struct fuzz_program *p, const struct fuzz_results *results);

#endif
