/* Ready points: where the VMM may remember the machine (snapshots). */
#ifndef KERNEL_TASK_READY_H
#define KERNEL_TASK_READY_H

#include "shared/abi/hypercall.h"

/* The current task says HC_READY on its way back to user mode, its registers complete. */
void ready_point_request(enum ready_point why);

#endif
