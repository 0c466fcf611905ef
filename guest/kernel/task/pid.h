/* Ids: what only kernel/task and procfs need beside task.h. */
#ifndef KERNEL_TASK_PID_H
#define KERNEL_TASK_PID_H

/* Ids are 1..PID_MAX-1. */
#define PID_MAX 32768

/* The id handed out last: /proc/loadavg. */
int pid_last_used(void);

#endif
