/* Ids: what only kernel/task and procfs need beside task.h. */
#ifndef KERNEL_TASK_PID_H
#define KERNEL_TASK_PID_H

#include "kernel/lib/types.h"

/* Ids are 1..PID_MAX-1. */
#define PID_MAX 32768

/* The id handed out last: /proc/loadavg. */
int pid_last_used(void);

/* Pages that hold the table of ids: as the ids in use are spread. */
u64 pid_table_pages(void);

#endif
