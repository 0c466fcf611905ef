/* Making a program smaller while something about it stays true. */
#ifndef MOTE_CLI_FUZZ_SHRINK_H
#define MOTE_CLI_FUZZ_SHRINK_H

#include <stdbool.h>

#include "shared/fuzz/program.h"

/* Is it still true of p? -1: no more can be asked. */
typedef int shrink_test(void *ctx, const struct fuzz_program *p);

/*
 * Make *p, of which it is true, as small as one step at a time can: fewer calls, threads and children, arguments that are nothing but 0, less
 * data, data of zeros. Each step is kept when test() answers 1. 0, or -1 as soon as test() does; *p is true in any case.
 */
int shrink(struct fuzz_program *p, shrink_test *test, void *ctx);

#endif
