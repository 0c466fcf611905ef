/* What a kernel for fuzzing (`make FUZZ=1`) has beyond others: coverage, and its part of /dev/mote. Elsewhere nothing of it is there. */
#ifndef KERNEL_FUZZ_FUZZ_H
#define KERNEL_FUZZ_FUZZ_H

#include "kernel/lib/types.h"
#include "shared/abi/control.h"

#ifdef KERNEL_COVERAGE

/* Fill the coverage's part of the control page. */
void coverage_place(struct machine_control *c);

/* MOTE_FUZZ_SHARE, MOTE_FUZZ_END, MOTE_CENSUS (shared/abi/testdev.h): their answers, -ENOTTY for other commands. May sleep. */
long fuzz_ioctl(unsigned int cmd, unsigned long arg);

#else

static inline void coverage_place(struct machine_control *c __unused)
{
}
static inline long fuzz_ioctl(unsigned int cmd __unused, unsigned long arg __unused)
{
	return -EOPNOTSUPP;
}

#endif
#endif
