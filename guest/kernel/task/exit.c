/* The end of threads and processes: _exit(2), exit_group(2), and what wait(2) and the family are
 * told. */
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/first.h"
#include "kernel/task/futex.h"
#include "kernel/task/life.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/task/trace.h"
#include "kernel/time/itimer.h"
#include "kernel/tty/tty.h"

/* set_tid_address(2): told only when somebody else could still look. */
static void clear_child_tid(struct task *t)
{
	int __user *tid = t->clear_child_tid;
	t->clear_child_tid = NULL;
	if (!tid || t->mm->refcount == 1)
		return;
	int zero = 0;
	if (!copy_to_user(tid, &zero, sizeof(zero)))
		futex_wake_user((u32 __user *)tid, 1);
}

void task_leave_mm(struct task *t)
{
	if (!t->mm)
		return;
	robust_list_exit(t);
	clear_child_tid(t);
	t->rseq = NULL;
	vfork_done(t);
}

static void drop_mm(struct task *t)
{
	struct mm *mm = t->mm;
	struct process *p = t->process;
	if (!mm)
		return;
	p->peak_rss_pages = MAX(p->peak_rss_pages, mm->peak_rss_pages);
	t->mm = NULL;
	cpu_load_mm(NULL);
	mm_put(mm);
}

static void drop_resources(struct task *t)
{
	struct fd_table *files = t->files;
	struct fs_context *fs = t->fs;
	t->files = NULL;
	if (files)
		fd_table_put(files);
	t->fs = NULL;
	if (fs)
		fs_context_put(fs);
}

static void add_times(struct process *p, struct task *t)
{
	sched_charge_kernel();
	p->cpu_user_ns += t->user_ns;
	p->cpu_kernel_ns += t->kernel_ns;
	p->min_faults += t->min_faults;
	p->maj_faults += t->maj_faults;
	p->switches_voluntary += t->switches_voluntary;
	p->switches_forced += t->switches_forced;
	t->user_ns = t->kernel_ns = 0;
	t->min_faults = t->maj_faults = 0;
	t->switches_voluntary = t->switches_forced = 0;
}

void process_begin_exit(struct process *p, int status)
{
	if (p->group_exit || p->zombie || p == &init_process)
		return;
	p->group_exit = true;
	p->exit_code = status;
	p->stopped = false;
	struct task *t;
	list_for_each(t, &p->threads, thread_link)
		task_kill(t);
}

/* The machine ends with PROGRAM's last thread: nobody will see what it held, so there is nothing to
 * take apart. A debug kernel does it all the same, for its checks. */
static void end_with_program(struct process *p, int status)
{
#ifndef KERNEL_DEBUG
	if (p->pid->nr == FIRST_PID && p->thread_count == 1) {
		trace_exited(status);
		machine_end(p->group_exit ? p->exit_code : status);
	}
#else
	(void)p, (void)status;
#endif
}

void process_exit_group(int status)
{
	struct process *p = task_current()->process;
	end_with_program(p, status);
	process_begin_exit(p, status);
	task_exit(p->exit_code);
}

/* Sleeps until every other thread has let go of the process (they are marked killed). */
int process_kill_other_threads(void)
{
	struct task *self = task_current(), *t;
	struct process *p = self->process;
	if (p->group_exit || p->execing)
		return -ERESTARTNOINTR;
	p->execing = true;
	list_for_each(t, &p->threads, thread_link) {
		if (t != self)
			task_kill(t);
	}
	while (p->thread_count > 1 && !p->group_exit)
		waitq_sleep(&p->thread_wait, TASK_KILLABLE, NO_DEADLINE);
	p->execing = false;
	return p->group_exit ? -ERESTARTNOINTR : 0;
}

/* Its threads are gone: whatever belonged to the process as a whole. */
static void process_release(struct process *p)
{
	process_timers_exit(p);
	if (p->cpu_limit.fn)
		clock_timer_stop(&p->cpu_limit);
	if (p->session == p->pid)
		tty_session_leader_exit(p);
	p->tty = NULL;
	sigpending_flush(&p->pending);
}

void task_exit(int status)
{
	struct task *t = task_current();
	struct process *p = t->process;
	t->exit_code = status;
	end_with_program(p, status);
	sched_charge_current();
	trace_exited(status);
	arch_heavy_begin(); /* and for good */
	t->killed = true; /* signals have nothing to say any more */
	task_leave_mm(t);
	drop_mm(t);
	drop_resources(t);
	signal_thread_exit(t);
	sigpending_flush(&t->pending);
	add_times(p, t);
	bool last = --p->thread_count == 0;
	if (t != p->leader) {
		task_unlink(t);
		t->state = TASK_DEAD;
	} else {
		t->state = TASK_ZOMBIE;
	}
	if (last) {
		process_release(p);
		process_end(p);
	} else {
		waitq_wake_all(&p->thread_wait, 0);
	}
	schedule();
	panic("a dead task runs");
}
