/* Which code of a kernel with coverage (make FUZZ=1) a test passes: mote_coverage() of images/include/mote/test.h. */
#ifndef MOTE_COVERAGE_H
#define MOTE_COVERAGE_H

#include <stdbool.h>

#include "shared/abi/control.h"

struct machine;

/* The kernel's control page into *c, what it says of its counters checked: whole in memory, page aligned. 0; -EOPNOTSUPP: it has none; -EINVAL:
 * what it says is no good. */
int coverage_find(const struct machine *m, struct machine_control *c);

/* HC_COVERAGE: counting begins from nothing, or what was counted so far is kept for machine_coverage(). 0; -EOPNOTSUPP: this kernel has
 * none; -ENOMEM. On the thread of a vCPU. */
int coverage_switch(struct machine *m, bool on);

#endif
