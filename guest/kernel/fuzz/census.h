/* Counting what the kernel has in use, to find what a program's end has left behind. */
#ifndef KERNEL_FUZZ_CENSUS_H
#define KERNEL_FUZZ_CENSUS_H

#include "shared/abi/fuzz.h"

/*
 * Everything that is kept for a later use alone is given back or left out, everything that comes into being at its first use is made, then what is
 * in use is counted: two censuses are equal when what was begun between them has ended. The kernel's log tells which kinds of objects have become
 * more or fewer since the census before ("census: NAME +N"). May sleep. 0 or -ENOMEM.
 */
int census_take(struct fuzz_census *out);

#endif
