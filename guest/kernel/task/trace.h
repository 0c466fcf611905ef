/* Reports to the VMM for `mote run --trace`: nothing happens unless boot_info.flags has BOOT_TRACE. */
#ifndef KERNEL_TASK_TRACE_H
#define KERNEL_TASK_TRACE_H

#include "kernel/lib/types.h"
#include "kernel/task/signal.h"

struct boot_info;

/* Are calls reported? A debugger may change it at any time. */
extern bool trace_on;
/* Remember whether the run is traced. */
void trace_init(const struct boot_info *info);
void trace_syscall_enter(long nr, const u64 arg[6]);
void trace_syscall_exit(long nr, const u64 arg[6], long result);
/* A signal is about to be delivered to the current task. */
void trace_signal(const siginfo_t *info);
/* The current task ends with a wait(2) status. */
void trace_exited(int status);

#endif
