/*
 * Tasks (threads) and processes (thread groups), their identity, family and credentials.
 */
#ifndef KERNEL_TASK_TASK_H
#define KERNEL_TASK_TASK_H

#include <linux/resource.h>
#include "arch/arch.h"
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"
#include "kernel/task/signal.h"
#include "kernel/task/wait.h"
#include "kernel/time/clock_timer.h"
#include "kernel/time/timer.h"

struct mm;
struct fd_table;
struct fs_context;
struct tty;
struct pid;

enum task_state {
	TASK_RUNNING = 0,	  /* on the run queue or on a CPU */
	TASK_INTERRUPTIBLE = 1,	  /* asleep; signals wake it */
	TASK_UNINTERRUPTIBLE = 2, /* asleep; only its event (or SIGKILL when TASK_KILLABLE) */
	TASK_KILLABLE = 3,
	TASK_STOPPED = 4, /* job control */
	TASK_ZOMBIE = 5,  /* exited, not yet waited for (leader) or released */
	TASK_DEAD = 6,
};

/* thread_info.work: what to do before user mode is entered again. Non-zero takes the slow path. */
enum work_flag {
	WORK_RESCHED = 1 << 0,
	WORK_SIGNAL = 1 << 1,
	WORK_RESTORE_MASK = 1 << 2, /* task.saved_mask after sigsuspend, ppoll ... */
	WORK_READY = 1 << 3,	    /* stand at a ready point: kernel/task/ready.h */
};

/* Credentials: credentials(7). 32 supplementary groups inline keeps it one allocation. */
#define CRED_GROUPS 32
#define CAP_ALL 0x1ffffffffffull /* CAP_CHOWN .. CAP_CHECKPOINT_RESTORE */
struct cred {
	u32 refcount; /* shared between tasks after fork: written only through cred_prepare */
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
	u32 group_count;
	u32 group[CRED_GROUPS];
	u64 cap_permitted, cap_effective, cap_inheritable, cap_bounding, cap_ambient;
	u32 securebits;
};

/*
 * One id (pid, tid) and what it names now: a task, and process groups and sessions of that number.
 */
struct pid {
	int nr;
	u32 refcount;
	struct task *task; /* NULL when gone */
	struct list group;   /* struct process.group_link */
	struct list session; /* struct process.session_link */
	struct waitq exit_wait; /* woken when the process of this number has ended (pidfd) */
};

/* A thread group. */
struct process {
	struct pid *pid; /* = its leader's */
	struct list threads; /* struct task.thread_link; never empty while alive */
	struct task *leader;
	u32 thread_count; /* living */
	u32 refcount;

	struct process *parent; /* gets SIGCHLD; NULL only for init */
	struct list children;	/* struct process.sibling */
	struct list sibling;
	int exit_signal; /* SIGCHLD, or clone's */
	struct waitq child_wait; /* wait4 sleeps here */
	struct waitq thread_wait; /* execve waits here until it is the only thread */

	struct pid *pgrp, *session;
	struct list group_link, session_link;
	struct tty *tty; /* controlling terminal of the session */

	struct sigpending pending; /* process-wide signals */
	int exit_code;		   /* wait(2) status word */
	bool group_exit;	   /* exit_group or a fatal signal: all threads leave */
	bool execing;
	bool stopped;		/* job control: all threads to stop */
	bool stop_reported, continued;
	int stop_signal;
	bool vfork_done;

	struct rlimit64 rlimit[RLIM_NLIMITS];
	u64 cpu_user_ns, cpu_kernel_ns;		 /* of threads already gone */
	u64 child_user_ns, child_kernel_ns;	 /* of children waited for */
	u64 min_faults, maj_faults, child_min_faults, child_maj_faults;
	u64 switches_voluntary, switches_forced;
	u64 start_ns; /* monotonic */

	struct clock_timer itimer[3]; /* ITIMER_REAL, VIRTUAL, PROF; all zero: never used
					 (kernel/time/itimer.h) */
	struct clock_timer cpu_limit; /* RLIMIT_CPU; all zero: never limited */
	struct list posix_timers;
	int next_timer_id;

	bool dumpable, no_new_privs;
	bool thp_disabled; /* prctl PR_SET_THP_DISABLE, which has no effect here */
	bool child_subreaper;
	bool zombie;	    /* all threads have ended; waiting for wait(2) */
	bool did_exec;	    /* setpgid(2) by the parent is over */
	int death_signal;   /* prctl PR_SET_PDEATHSIG */
	int oom_score_adj; /* -1000..1000: proc(5) */
	u64 peak_rss_pages, child_peak_rss_pages; /* getrusage ru_maxrss */
	unsigned long personality;
};
/* pid 1: the kernel itself. Adopts orphans and reaps them at once; takes no signals. */
extern struct process init_process;

struct robust_list_head;

/* A thread. */
struct task {
	struct arch_thread arch;
	void *stack; /* kernel stack; thread_info at its lowest address */
	enum task_state state;
	bool on_queue;	     /* linked in the run queue */
	bool on_cpu;
	struct list run_link;
	u64 slice_end_ns;
	u64 slice_left_ns;    /* of a sleeper's slice: what it may use up ahead of the queue when it
				 wakes */
	u64 running_since_ns; /* on its CPU */
	bool woken;	     /* queued ahead of the round */
	int nice;
	int policy, rt_priority; /* SCHED_* */
	bool reset_on_fork;	 /* SCHED_RESET_ON_FORK */
	u64 affinity;		 /* CPU bit mask */

	struct pid *pid;
	struct process *process;
	struct list thread_link;
	struct list all_link; /* every task: task_for_each */
	char comm[16];

	struct mm *mm; /* NULL: kernel thread */
	struct fd_table *files;
	struct fs_context *fs;
	struct cred *cred;
	struct sighand *sighand;
	struct sigpending pending;
	u64 blocked;	/* signal mask */
	u64 real_blocked; /* the mask beneath sigtimedwait's, 0 outside it */
	u64 saved_mask; /* to restore: WORK_RESTORE_MASK */
	vaddr altstack;
	size_t altstack_size;
	int altstack_flags;

	/* restart_syscall(2) */
	long (*restart_fn)(struct task *t);
	u64 restart_arg[5];

	int __user *set_child_tid;
	int __user *clear_child_tid;
	struct robust_list_head __user *robust_list;
	struct waitq *vfork_wait; /* parent sleeping in vfork */
	u64 user_ns, kernel_ns, last_ns; /* CPU time; last_ns = when it was last charged */
	u64 min_faults, maj_faults;
	u64 switches_voluntary, switches_forced;
	struct waiter *sleeping_on;
	struct timer sleep_timer;
	bool timed_out;
	bool killed; /* SIGKILL or group exit: leave as soon as possible */
	u64 start_ns;
	u64 timer_slack_ns;
	u8 memory_failure; /* prctl PR_MCE_KILL */
	bool io_flusher;   /* prctl PR_SET_IO_FLUSHER */
	int exit_code;
	u8 ready_why; /* enum ready_point: WORK_READY */
	struct rseq __user *rseq;
	u32 rseq_len, rseq_sig;
};

/* The first program: fds 0-2, session, exec in a new task; called once by kernel_main before
 * cpu_idle_loop(). */
void process_start_first(const struct boot_info *info);

/* The task of the running context. */
static inline struct task *task_current(void)
{
	return arch_thread_info()->task;
}
static inline struct thread_info *task_info(struct task *t)
{
	return (struct thread_info *)t->stack;
}
static inline bool task_signal_pending(void)
{
	return (arch_thread_info()->work & WORK_SIGNAL) != 0;
}
static inline int task_tgid(const struct task *t)
{
	return t->process->pid->nr;
}
static inline int task_tid(const struct task *t)
{
	return t->pid->nr;
}

/* ---- ids ---- */
struct pid *pid_alloc(void); /* NULL: no memory or no numbers left */
struct pid *pid_get(struct pid *p);
void pid_put(struct pid *p);
/* A process's memory outlives its reaping while references are held (sigqueue.account). */
struct process *process_get(struct process *p);
void process_put(struct process *p);
struct pid *pid_find(int nr); /* no reference; NULL */
struct task *task_find(int tid);
struct process *process_find(int pid); /* by thread-group id; NULL */
/* The next pid >= nr that names a process (procfs readdir); NULL. */
struct process *process_next(int nr);
void task_for_each(void (*fn)(void *ctx, struct task *t), void *ctx);
u32 task_count(void);

/* ---- life: kernel/task/fork.c exec.c exit.c ---- */
struct clone_request { /* clone(2), clone3(2), fork, vfork */
	u64 flags;
	int exit_signal;
	vaddr stack; /* new sp, 0 = the parent's */
	u64 tls;
	int __user *parent_tid, *child_tid;
	int __user *pidfd;
};
/* The child's id, or -EINVAL -EAGAIN -ENOMEM -EFAULT. */
long task_clone(const struct clone_request *req);
/* A kernel thread running fn(arg); NULL on failure. */
struct task *task_kernel_thread(const char *name, void (*fn)(void *), void *arg);

struct exec_args; /* kernel/task/exec.h */
struct path;
/*
 * Replace the current program. at/flags as execveat(2) (AT_FDCWD for execve). Never returns to the
 * old program on success (0). Errors: ENOENT EACCES ENOEXEC ELIBBAD ENOMEM E2BIG ETXTBSY EIO
 * ENAMETOOLONG ELOOP ENOTDIR EISDIR.
 */
int task_exec(int dirfd, struct exec_args *args, int flags);
/*
 * Start a child of the current process on a new program, sharing nothing but copies of descriptors
 * (LevitateOS spawn): pid or -errno of the exec. args stay the caller's.
 */
long task_spawn(struct exec_args *args);

/* End the current thread / the whole process with a wait(2) status. */
_Noreturn void task_exit(int status);
_Noreturn void process_exit_group(int status);
/* Start the end of a whole process from outside or inside (fatal signal): every thread is marked
 * killed and woken. */
void process_begin_exit(struct process *p, int status);
/* Mark all other threads of the current process killed and wait until they are gone (execve). */
int process_kill_other_threads(void);

/* ---- credentials ---- */
struct cred *cred_copy(const struct cred *c);
struct cred *cred_get(struct cred *c);
void cred_put(struct cred *c);
/* The current task's credentials made its own, to be changed in place; NULL: no memory. */
struct cred *cred_prepare(void);
bool cred_in_group(const struct cred *c, u32 gid);
static inline const struct cred *current_cred(void)
{
	return task_current()->cred;
}
bool capable(int cap); /* CAP_* of the current task's effective set */

/* RLIMIT_CPU of p was set or inherited: watch its CPU time (SIGXCPU at the soft limit and every
 * second after it, SIGKILL at the hard one). */
void process_watch_cpu(struct process *p);

/* rlimit of the current process, soft value */
static inline u64 rlimit_current(int which)
{
	return task_current()->process->rlimit[which].rlim_cur;
}

#endif
