/* Interval timers: setitimer(2), alarm(2). They belong to a process. */
#ifndef KERNEL_TIME_ITIMER_H
#define KERNEL_TIME_ITIMER_H

#include "kernel/lib/types.h"

struct process;

/*
 * Stop all timers of a process that ends, interval timers and timer_create(2)'s. Harmless when
 * repeated.
 */
void process_timers_exit(struct process *p);
/*
 * SIGALRM was taken off the queue: arm a periodic ITIMER_REAL again (so a blocked signal costs no
 * interrupts).
 */
void itimer_signal_taken(struct process *p);
/* Of the current process; which = ITIMER_*. ns left and the interval. 0 or -EINVAL. */
int itimer_get(int which, u64 *left, u64 *interval);
int itimer_set(int which, u64 value, u64 interval);

#endif
