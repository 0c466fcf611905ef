/* How tasks and processes come and go: between the files of kernel/task only. All under the kernel
 * lock. */
#ifndef KERNEL_TASK_LIFE_H
#define KERNEL_TASK_LIFE_H

#include "kernel/lib/types.h"

struct task;
struct process;
struct pid;
struct waitq;
struct mm;

/* ---- task.c ---- */
/* Every task, by all_link: for task.c and the debugger's table; others use task_for_each(). */
extern struct list task_list;
/* A zeroed task with a kernel stack and its thread_info; NULL: no memory. */
struct task *task_alloc(void);
/* Free a task that is on no list and holds nothing but its stack, arch state and pid. */
void task_free(struct task *t);
/* Fill in a task of pid 1 that never enters user mode (idle, init). */
void task_init_kernel(struct task *t, const char *name);
/* Onto / off the list of all tasks and its process's threads. */
void task_link(struct task *t, struct process *p);
void task_unlink(struct task *t);
/* Mark a thread killed and get it moving towards sched_exit_work. */
void task_kill(struct task *t);

/* ---- process.c ---- */
void process_init(void);
struct process *process_alloc(void);
/* Family: make child a child of parent. */
void process_adopt(struct process *parent, struct process *child);
/* Join a group and a session (references are counted); drop them. */
void process_set_group(struct process *p, struct pid *group);
void process_set_session(struct process *p, struct pid *session);
/* The last thread has gone: zombie or, when nobody waits for it, gone at once. */
void process_end(struct process *p);
/* Take a zombie out of the world: its pid is free again, its times are added to its parent's when
 * `account`. */
void process_reap(struct process *p, bool account);

/* ---- jobs.c: setpgid(2), "orphaned process group" ---- */
/* p has ended: if its group is orphaned by that and has stopped members, they get SIGHUP and
 * SIGCONT. */
void jobs_process_exits(struct process *p);
/* The same for the group of a child that `from`, ending, has just given away. */
void jobs_child_moved(struct process *child, const struct process *from);

/* ---- leaving the old program behind: exit and execve ---- */
/* Robust futexes, clear_child_tid and a parent waiting in vfork: before t's mm is given up. */
void task_leave_mm(struct task *t);
void robust_list_exit(struct task *t);



/* ---- fork.c ---- */
/* Undo a task that was never linked: drops mm, files, fs, sighand as far as set, and frees it. */
void task_drop(struct task *t);
/* A process with what is inherited from parent; NULL: no memory. Not linked anywhere. */
struct process *process_fork(struct process *parent);
/*
 * A new process, child of parent, whose first thread runs fn(arg) in the kernel and then enters
 * user mode (fn must have exec'd): own copies of files, fs and signal actions of like. Not started.
 * NULL: no memory.
 */
struct task *process_create(struct process *parent, const struct task *like, void (*fn)(void *),
			    void *arg);
/* Give it its leader and its place: a child of parent, in the group and session of like. */
void process_link(struct process *p, struct task *leader, struct process *parent,
		  const struct process *like);
/* Parents of vfork children wait for this. */
void vfork_done(struct task *t);

#endif
