/* Tasks for the test of the run queue. */
#ifndef FAKE_RUNNABLE_H
#define FAKE_RUNNABLE_H

#include "kernel/lib/types.h"

struct task;
/* Task number i, 0..7, made anew. */
struct task *fake_runnable(int i, int policy, int priority, int nice, u64 affinity);
/* Its number, -1 for NULL. */
int fake_runnable_index(const struct task *t);
bool fake_runnable_queued(const struct task *t);

#endif
