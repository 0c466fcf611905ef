/* What the signal files share among themselves. */
#ifndef KERNEL_TASK_SIGNAL_INTERNAL_H
#define KERNEL_TASK_SIGNAL_INTERNAL_H

#include "kernel/lib/string.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"

/* signal(7), "Standard signals": the default dispositions that do not end the process. */
#define SIGNALS_IGNORED                                                                         \
	(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH))
#define SIGNALS_STOP                                                                            \
	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
/* Faults go before anything else: their handler must see the context of the fault. */
#define SIGNALS_FAULT                                                                           \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) |  \
	 SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS))

static inline bool signal_in(u64 set, int sig)
{
	return (set & SIGNAL_BIT(sig)) != 0;
}

/* Neither gone nor on its way out. */
static inline bool task_living(const struct task *t)
{
	return !t->killed && t->state < TASK_ZOMBIE;
}

static inline bool task_work_signal(struct task *t)
{
	return (task_info(t)->work & WORK_SIGNAL) != 0;
}

static inline void signal_info_copy(siginfo_t *dst, const siginfo_t *src)
{
	u64 *d = (u64 *)dst;
	const u64 *s = (const u64 *)src;

	for (unsigned int i = 0; i < SIGNAL_INFO_BYTES / 8; i++)
		d[i] = s[i];
}

/*
 * process_exit_group() from outside: every thread but the caller's own is marked killed and woken.
 */
void process_begin_exit(struct process *p, int status);
/* The first living thread (the leader when it lives), NULL: only zombies are left. */
struct task *process_main_thread(struct process *p);
/* Drop the queued signals of `set`. */
void sigpending_remove(struct sigpending *p, u64 set);
/* The same on every queue of the process. */
void signal_cancel(struct process *p, u64 set);
/* Put a signal on a queue, allocating its entry. 0 or -EAGAIN. info NULL: SI_KERNEL. */
int sigpending_add(struct task *t, struct sigpending *pending, int sig, const siginfo_t *info);

/* stop.c: job control. */
void stop_begin(int sig);	  /* the current task takes a stop signal */
void stop_wait(void);		  /* sleep while the current process is stopped */
void stop_continue(struct process *p); /* SIGCONT is sent */
void stop_thread_left(struct process *p);

#endif
