/* Ready points: where a machine may be remembered and later go on from (HC_READY, shared/abi/hypercall.h). */
#ifndef KERNEL_TASK_READY_H
#define KERNEL_TASK_READY_H

#include "shared/abi/hypercall.h"

/* Have the current task stand at a ready point when it is next about to enter user mode, all signals delivered. */
void ready_point_request(enum ready_point why);
/* WORK_READY of the current task: tell the VMM, and do what it answers. */
void ready_point(void);

#endif
