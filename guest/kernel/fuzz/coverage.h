/* Where the counters of a kernel with coverage lie. */
#ifndef KERNEL_FUZZ_COVERAGE_H
#define KERNEL_FUZZ_COVERAGE_H

#include "shared/abi/control.h"

/* Fill the coverage's part of the control page. Only in a kernel with coverage. */
void coverage_place(struct machine_control *c);

#endif
