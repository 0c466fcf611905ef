/* Which code of a kernel with coverage (make FUZZ=1) a test passes: mote_coverage() of images/include/mote/test.h. */
#ifndef MOTE_COVERAGE_H
#define MOTE_COVERAGE_H

#include <stdbool.h>

struct machine;

/* HC_COVERAGE: counting begins from nothing, or what was counted so far is kept for machine_coverage(). 0; -EOPNOTSUPP: this kernel has
 * none; -ENOMEM. On the thread of a vCPU. */
int coverage_switch(struct machine *m, bool on);

#endif
