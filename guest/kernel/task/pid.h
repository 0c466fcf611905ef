/* Ids: what only kernel/task and procfs need beside task.h. */
#ifndef KERNEL_TASK_PID_H
#define KERNEL_TASK_PID_H

/* The id handed out last: /proc/loadavg. */
int pid_last_used(void);

#endif
