/* Where the counters of a kernel with coverage lie. */
#ifndef KERNEL_FUZZ_COVERAGE_H
#define KERNEL_FUZZ_COVERAGE_H

#include "kernel/lib/types.h"
#include "shared/abi/control.h"

/* Fill the coverage's part of the control page; without coverage it stays as it is. */
#ifdef KERNEL_COVERAGE
void coverage_place(struct machine_control *c);
#else
static inline void coverage_place(struct machine_control *c __unused)
{
}
#endif

#endif
