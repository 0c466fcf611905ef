/*
 * Timers of timer_create(2). They belong to a process, are not inherited by fork and end with
 * execve.
 */
#ifndef KERNEL_TIME_POSIX_TIMER_H
#define KERNEL_TIME_POSIX_TIMER_H

#include <asm/siginfo.h>
#include "kernel/lib/types.h"

struct process;
struct posix_timer;

struct posix_timer_setting {
	u64 value, interval; /* ns */
};

/*
 * notify: SIGEV_*; sig 0..64; tid for SIGEV_THREAD_ID. The new id, or -EINVAL -EAGAIN -ENOMEM.
 * value_is_id: no sigevent was given, sigev_value is the timer's id.
 */
long posix_timer_create(int clockid, int notify, int sig, int tid, sigval_t value,
			bool value_is_id);
/* The id of the current process names a timer: NULL otherwise (EINVAL). */
struct posix_timer *posix_timer_find(int id);
void posix_timer_set(struct posix_timer *t, bool absolute, const struct posix_timer_setting *new);
void posix_timer_get(struct posix_timer *t, struct posix_timer_setting *out);
int posix_timer_overrun(const struct posix_timer *t);
void posix_timer_delete(struct posix_timer *t);
/* All timers of p (execve, exit). */
void posix_timers_release(struct process *p);
/* Its signal was taken off the queue: account overruns into *info, arm the next period. */
void posix_timer_signal_taken(struct posix_timer *t, siginfo_t *info);
/* Its signal was discarded from the queue. */
void posix_timer_signal_dropped(struct posix_timer *t);

#endif
