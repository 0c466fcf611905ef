/* Signals: signal(7), sigaction(2). */
#ifndef KERNEL_TASK_SIGNAL_H
#define KERNEL_TASK_SIGNAL_H

#include <asm/signal.h>
#include <asm/siginfo.h>
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

struct task;
struct process;
struct arch_regs;

#define SIGNAL_COUNT 64
#define SIGNAL_BIT(sig) (1ull << ((sig)-1))
#define SIGNAL_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

/* The kernel's view of struct sigaction (the ABI's layout on x86_64 and, without restorer, on aarch64). */
struct sigaction_k {
	vaddr handler; /* SIG_DFL 0, SIG_IGN 1 */
	u64 flags;
	vaddr restorer;
	u64 mask;
};

/* Actions, shared by CLONE_SIGHAND. */
struct sighand {
	u32 refcount;
	struct sigaction_k action[SIGNAL_COUNT];
};

struct sigqueue {
	struct list link;
	siginfo_t info;
	struct process *account; /* whose RLIMIT_SIGPENDING it counts against */
	struct posix_timer *timer; /* preallocated entry of a timer, not freed */
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
 * Queue a signal. info NULL: SI_KERNEL. Ignored signals are dropped; SIGCONT and stop signals cancel each other; a sleeping
 * task that takes it is woken. 0, or -EAGAIN when a queued (real-time) signal cannot be stored.
 */
int signal_send_task(struct task *t, int sig, const siginfo_t *info);
int signal_send_process(struct process *p, int sig, const siginfo_t *info);
int signal_send_group(int pgid, int sig, const siginfo_t *info); /* -ESRCH: no member */
/* A fault of the current task: not to be ignored or blocked (forced to default then). code = SEGV_MAPERR ..., addr = si_addr. */
void signal_fault(int sig, int code, vaddr addr);
/* Force a fatal signal on the current task whatever its actions. */
void signal_force_kill(struct task *t, int sig);
/* May a process of these credentials signal p? kill(2), "Permission". 0 or -EPERM. */
int signal_permitted(struct process *p, int sig);

/* Is a deliverable signal waiting? (inline on thread_info.work in task.h: task_signal_pending) Recompute WORK_SIGNAL of t. */
void signal_recalc(struct task *t);
/* Change the blocked mask of the current task. */
void signal_set_mask(u64 mask);
/* Take the next signal in `set` off the queues of the current task: its number and *info, or 0. */
int signal_dequeue(u64 set, siginfo_t *info);

/* Called on the way to user mode with WORK_SIGNAL set: deliver, stop, or die; handles restarts. */
void signal_deliver_pending(struct arch_regs *r);

struct sighand *sighand_create(void);
struct sighand *sighand_get(struct sighand *s);
void sighand_put(struct sighand *s);
/* execve(2): handled signals go back to default. The table must not be shared. */
void sighand_reset_for_exec(struct sighand *s);
void sigpending_init(struct sigpending *p);
void sigpending_flush(struct sigpending *p);

#endif
