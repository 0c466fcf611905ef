/* Signals: signal(7), sigaction(2). */
#ifndef KERNEL_TASK_SIGNAL_H
#define KERNEL_TASK_SIGNAL_H

#include <linux/signal.h>
#include <asm/siginfo.h>
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"
#include "kernel/task/wait.h"

struct task;
struct process;
struct pid;
struct arch_regs;
struct posix_timer;
struct signal_user;

#define SIGNAL_COUNT 64
#define SIGNAL_BIT(sig) (1ull << ((sig)-1))
#define SIGNAL_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

#define SIGNAL_DFL 0ul /* values of sigaction_k.handler */
#define SIGNAL_IGN 1ul

/*
 * How much of a siginfo_t carries information for any si_code; the rest is padding, not kept in the
 * kernel.
 */
#define SIGNAL_INFO_BYTES 48

/*
 * The kernel's view of struct sigaction (the ABI's layout on x86_64 and, without restorer, on
 * aarch64).
 */
struct sigaction_k {
	vaddr handler; /* SIG_DFL 0, SIG_IGN 1 */
	u64 flags;
	vaddr restorer;
	u64 mask;
};

/* Actions, shared by CLONE_SIGHAND. */
struct sighand {
	u32 refcount;
	u64 changed; /* bit mask: actions that were ever set */
	struct waitq signalfd_wait; /* signalfd readers and pollers: woken by every signal sent */
	struct sigaction_k action[SIGNAL_COUNT];
};

struct sigqueue {
	struct list link;
	siginfo_t info;
	struct signal_user *account; /* the real user id whose RLIMIT_SIGPENDING it counts for */
	struct posix_timer *timer;   /* its owner; NULL: freed when taken off the queue */
};

struct sigpending {
	u64 set;
	struct list queue; /* struct sigqueue */
};

/* A signal taken off the queue, ready for delivery. */
struct ksignal {
	siginfo_t info;
	struct sigaction_k action;
	bool on_altstack; /* switch to the task's alternate stack first */
};

/*
 * Queue a signal. info NULL: SI_KERNEL. Ignored signals are dropped; SIGCONT and stop signals
 * cancel each other; a sleeping task that takes it is woken. 0, or -EAGAIN when a queued
 * (real-time) signal cannot be stored.
 */
int signal_send_task(struct task *t, int sig, const siginfo_t *info);
int signal_send_process(struct process *p, int sig, const siginfo_t *info);
/* To the process of t; t is the thread to take it if it will. */
int signal_send_through(struct task *t, int sig, const siginfo_t *info);
int signal_send_group(int pgid, int sig, const siginfo_t *info); /* -ESRCH: no member */
/*
 * Queue the preallocated entry q (q->info filled in) for t or, whole, for its process. 0; 1: the
 * signal is ignored and was dropped.
 */
int signal_send_queued(struct task *t, bool whole, struct sigqueue *q);
/*
 * An entry charged to the real user id of t, for signal_send_queued; NULL: over RLIMIT_SIGPENDING
 * or no memory.
 */
struct sigqueue *sigqueue_create(struct task *t);
/* Free an entry that is on no queue. */
void sigqueue_destroy(struct sigqueue *q);
/* How many signals are queued for a real user id (SigQ of /proc/PID/status). */
u32 signal_user_count(u32 uid);
/*
 * A fault of the current task: not to be ignored or blocked (forced to default then). code =
 * SEGV_MAPERR ..., addr = si_addr.
 */
void signal_fault(int sig, int code, vaddr addr);
/* Force a fatal signal on the current task whatever its actions. */
void signal_force_kill(struct task *t, int sig);
/* May a process of these credentials signal p? kill(2), "Permission". 0 or -EPERM. */
int signal_permitted(struct process *p, int sig);

/*
 * Is a deliverable signal waiting? (inline on thread_info.work in task.h: task_signal_pending)
 * Recompute WORK_SIGNAL of t.
 */
void signal_recalc(struct task *t);
/* Change the blocked mask of the current task. */
void signal_set_mask(u64 mask);
/*
 * ppoll(2), sigsuspend(2) ...: another mask for the time of a call. It is put back by
 * signal_restore_mask, or on the way to user mode after the signal that interrupted the call was
 * delivered.
 */
void signal_swap_mask(u64 mask);
void signal_restore_mask(void);
/*
 * Take the next signal in `set` off the queues of the current task: its number and the first
 * SIGNAL_INFO_BYTES of *info, or 0.
 */
int signal_dequeue(u64 set, siginfo_t *info);

/*
 * Set WORK_SIGNAL of t and bring it to the kernel: wakes an interruptible sleep, with fatal also
 * killable and stopped ones.
 */
void signal_wake(struct task *t, bool fatal);
/* Signals pending for the current task, its own and its process's. */
u64 signal_pending_set(void);
/*
 * t leaves its process: signals of the process that it was chosen for go to another thread, and a
 * stop that waited for it completes.
 */
void signal_thread_exit(struct task *t);
/*
 * No member of pgrp has a parent in another group of the same session: nobody could continue it
 * (POSIX "orphaned process group").
 */
bool signal_pgrp_orphaned(struct pid *pgrp);
/* The same, as if `leaving` were gone already; *stopped: a member is stopped. */
bool signal_pgrp_orphaned_without(struct pid *pgrp, struct process *leaving, bool *stopped);

/*
 * Called on the way to user mode with WORK_SIGNAL or WORK_RESTORE_MASK set: deliver, stop, or die;
 * handles restarts.
 */
void signal_deliver_pending(struct arch_regs *r);

struct sighand *sighand_create(void); /* all default; NULL */
struct sighand *sighand_copy(const struct sighand *s); /* NULL */
struct sighand *sighand_get(struct sighand *s);
void sighand_put(struct sighand *s);
/* execve(2): handled signals go back to default. The table must not be shared. */
void sighand_reset_for_exec(struct sighand *s);
/* sigaction(2): new and old may be NULL. 0 or -EINVAL. */
int signal_action(int sig, const struct sigaction_k *new, struct sigaction_k *old);
/*
 * sigaltstack(2): state of the current task as seen with stack pointer sp, and change it. 0,
 * -EINVAL, -EPERM, -ENOMEM.
 */
void signal_altstack_get(stack_t *out, vaddr sp);
int signal_altstack_set(const stack_t *new, vaddr sp);

void sigpending_init(struct sigpending *p);
void sigpending_flush(struct sigpending *p);

#endif
