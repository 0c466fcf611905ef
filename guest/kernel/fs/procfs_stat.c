/* /proc/PID/stat and status: proc_pid_stat(5), proc_pid_status(5). */
#include <asm/mman.h>
#include <linux/capability.h>
#include "kernel/fs/procfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/vm.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/tty/tty.h"

typedef unsigned long long ull;

static const struct {
	char letter;
	const char *name;
} states[] = {
	[TASK_RUNNING] = {'R', "running"},
	[TASK_INTERRUPTIBLE] = {'S', "sleeping"},
	[TASK_UNINTERRUPTIBLE] = {'D', "disk sleep"},
	[TASK_KILLABLE] = {'D', "disk sleep"},
	[TASK_STOPPED] = {'T', "stopped"},
	[TASK_ZOMBIE] = {'Z', "zombie"},
	[TASK_DEAD] = {'X', "dead"},
};

void proc_cpu_time(const struct task *t, bool thread, u64 *user_ns, u64 *kernel_ns)
{
	const struct process *p = t->process;
	const struct task *it;
	*user_ns = t->user_ns;
	*kernel_ns = t->kernel_ns;
	if (thread)
		return;
	*user_ns = p->cpu_user_ns;
	*kernel_ns = p->cpu_kernel_ns;
	list_for_each (it, &p->threads, thread_link) {
		*user_ns += it->user_ns;
		*kernel_ns += it->kernel_ns;
	}
}

/* Sums over the threads of a process, beside what those already gone left. */
struct counts {
	u64 min_faults, maj_faults, voluntary, forced;
};

static struct counts count(const struct task *t, bool thread)
{
	const struct process *p = t->process;
	const struct task *it;
	struct counts c = {t->min_faults, t->maj_faults, t->switches_voluntary, t->switches_forced};
	if (thread)
		return c;
	c.min_faults = p->min_faults;
	c.maj_faults = p->maj_faults;
	list_for_each (it, &p->threads, thread_link) {
		c.min_faults += it->min_faults;
		c.maj_faults += it->maj_faults;
	}
	return c;
}

static int parent_of(const struct process *p)
{
	return p->parent && p->parent->pid ? p->parent->pid->nr : 0;
}

/* Which signals are ignored (handler SIG_IGN) and caught. */
static void dispositions(const struct task *t, u64 *ignored, u64 *caught)
{
	*ignored = *caught = 0;
	for (int k = 0; t->sighand && k < SIGNAL_COUNT; k++) {
		vaddr h = t->sighand->action[k].handler;
		if (h == (vaddr)SIG_IGN)
			*ignored |= 1ull << k;
		else if (h != (vaddr)SIG_DFL)
			*caught |= 1ull << k;
	}
}

/* ---- stat ---- */

static void stat_family(const struct task *t, struct proc_text *o)
{
	const struct process *p = t->process;
	proc_printf(o, "%d (%s) %c %d %d %d %d %d 0", task_tid(t), t->comm, states[t->state].letter,
		    parent_of(p), p->pgrp ? p->pgrp->nr : 0, p->session ? p->session->nr : 0,
		    p->tty ? (int)dev_encode(tty_device(p->tty)) : 0,
		    p->tty ? tty_foreground(p->tty) : -1);
}

static void stat_times(const struct task *t, bool thread, struct proc_text *o)
{
	const struct process *p = t->process;
	struct counts c = count(t, thread);
	u64 user, kernel, start = thread ? t->start_ns : p->start_ns;
	proc_cpu_time(t, thread, &user, &kernel);
	proc_printf(o, " %llu %llu %llu %llu %llu %llu %llu %llu", (ull)c.min_faults,
		    (ull)p->child_min_faults, (ull)c.maj_faults, (ull)p->child_maj_faults,
		    (ull)proc_ticks(user), (ull)proc_ticks(kernel),
		    (ull)proc_ticks(p->child_user_ns), (ull)proc_ticks(p->child_kernel_ns));
	int priority = t->rt_priority ? -1 - t->rt_priority : 20 + t->nice;
	proc_printf(o, " %d %d %u 0 %llu", priority, t->nice, p->thread_count,
		    (ull)proc_ticks(start));
}

/* Addresses only for those who may look inside, else 0. */
static void stat_memory(const struct task *t, struct proc_text *o)
{
	static const struct mm none;
	const struct mm *mm = t->mm ? t->mm : &none;
	const struct mm *seen = proc_may_inspect(t) ? &none : mm;
	proc_printf(o, " %llu %llu %llu", (ull)mm->total_pages << PAGE_SHIFT, (ull)mm->rss_pages,
		    (ull)t->process->rlimit[RLIMIT_RSS].rlim_cur);
	proc_printf(o, " %lu %lu %lu 0 0", seen->code_start, seen->code_end, seen->stack_start);
}

static void stat_signals(const struct task *t, struct proc_text *o)
{
	u64 ignored, caught;
	dispositions(t, &ignored, &caught);
	proc_printf(o, " %llu %llu %llu %llu", (ull)t->pending.set & 0x7fffffff,
		    (ull)t->blocked & 0x7fffffff, (ull)ignored & 0x7fffffff,
		    (ull)caught & 0x7fffffff);
}

static void stat_rest(const struct task *t, struct proc_text *o)
{
	static const struct mm none;
	const struct mm *mm = t->mm && !proc_may_inspect(t) ? t->mm : &none;
	bool asleep = t->state == TASK_INTERRUPTIBLE || t->state == TASK_UNINTERRUPTIBLE ||
		      t->state == TASK_KILLABLE;
	proc_printf(o, " %d 0 0 %d %u %d %d 0 0 0", asleep, t->process->exit_signal,
		    t->stack ? task_info((struct task *)t)->cpu : 0, t->rt_priority, t->policy);
	proc_printf(o, " %lu %lu %lu %lu %lu %lu %lu %d\n", mm->data_start, mm->data_end,
		    mm->brk_start, mm->arg_start, mm->arg_end, mm->env_start, mm->env_end,
		    proc_may_inspect(t) ? 0 : t->process->exit_code);
}

int proc_show_stat(const struct proc_node *n, struct proc_text *o)
{
	const struct task *t = proc_task(n);
	stat_family(t, o);
	stat_times(t, n->thread, o);
	stat_memory(t, o);
	stat_signals(t, o);
	stat_rest(t, o);
	return 0;
}

/* ---- status ---- */

static int count_fd(void *ctx, int fd, struct file *f, bool cloexec)
{
	(void)f, (void)cloexec;
	*(u32 *)ctx = (u32)fd + 1;
	return 0;
}

/* Slots of the descriptor table, a multiple of 64. */
static u32 fd_size(const struct task *t)
{
	u32 last = 0;
	if (t->files)
		fd_for_each(t->files, count_fd, &last);
	return t->files ? MAX(ALIGN_UP(last, 64u), 64u) : 0;
}

static void status_identity(const struct task *t, struct proc_text *o)
{
	const struct process *p = t->process;
	const struct cred *c = t->cred;
	proc_printf(o, "Name:\t%s\n", t->comm);
	if (t->fs)
		proc_printf(o, "Umask:\t%04o\n", t->fs->umask);
	proc_printf(o, "State:\t%c (%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		    states[t->state].letter, states[t->state].name, task_tgid(t), task_tid(t),
		    parent_of(p));
	proc_printf(o, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t", c->uid,
		    c->euid, c->suid, c->fsuid, c->gid, c->egid, c->sgid, c->fsgid, fd_size(t));
	for (u32 k = 0; k < c->group_count; k++)
		proc_printf(o, "%s%u", k ? " " : "", c->group[k]);
	proc_printf(o, " \nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", task_tgid(t),
		    task_tid(t), p->pgrp ? p->pgrp->nr : 0, p->session ? p->session->nr : 0);
}

struct sizes {
	u64 data, stack, text, library;
};

/* Where the pages of mm belong, in pages. */
static struct sizes measure(struct mm *mm)
{
	struct sizes s = {0};
	for (struct vma *v = vma_find_next(mm, 0); v; v = vma_next(v)) {
		u64 pages = (v->end - v->start) >> PAGE_SHIFT;
		if (v->flags & VMA_STACK)
			s.stack += pages;
		else if (v->prot & PROT_EXEC && v->start < mm->code_end && v->end > mm->code_start)
			s.text += pages;
		else if (v->prot & PROT_EXEC && v->file)
			s.library += pages;
		else if (v->prot & PROT_WRITE && !(v->flags & VMA_SHARED))
			s.data += pages;
	}
	return s;
}

static void status_memory(struct mm *mm, struct proc_text *o)
{
	struct sizes s = measure(mm);
	const struct {
		const char *name;
		u64 pages;
	} lines[] = {{"VmPeak", mm->total_pages},
		     {"VmSize", mm->total_pages},
		     {"VmLck", mm->locked_pages},
		     {"VmPin", 0},
		     {"VmHWM", MAX(mm->peak_rss_pages, mm->rss_pages)},
		     {"VmRSS", mm->rss_pages},
		     {"VmData", s.data},
		     {"VmStk", s.stack},
		     {"VmExe", s.text},
		     {"VmLib", s.library},
		     {"VmSwap", 0}};
	for (size_t k = 0; k < ARRAY_SIZE(lines); k++)
		proc_printf(o, "%s:\t%8llu kB\n", lines[k].name,
			    (ull)lines[k].pages << (PAGE_SHIFT - 10));
}

static void status_signals(const struct task *t, struct proc_text *o)
{
	u64 ignored, caught;
	dispositions(t, &ignored, &caught);
	proc_printf(o, "Threads:\t%u\nSigQ:\t%u/%llu\n", t->process->thread_count, signal_user_count(t->cred->uid),
		    (ull)t->process->rlimit[RLIMIT_SIGPENDING].rlim_cur);
	proc_printf(o,
		    "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\nSigIgn:\t%"
		    "016llx\nSigCgt:\t%016llx\n",
		    (ull)t->pending.set, (ull)t->process->pending.set, (ull)t->blocked,
		    (ull)ignored, (ull)caught);
}

static void status_capabilities(const struct task *t, struct proc_text *o)
{
	const struct cred *c = t->cred;
	proc_printf(o, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\nCapBnd:\t%016llx\n",
		    (ull)c->cap_inheritable, (ull)c->cap_permitted, (ull)c->cap_effective,
		    (ull)c->cap_bounding);
	proc_printf(o, "NoNewPrivs:\t%d\nSeccomp:\t0\n", t->process->no_new_privs);
}

/* "0-3,5" */
static void cpu_list(u64 mask, struct proc_text *o)
{
	const char *comma = "";
	for (unsigned int k = 0; k < 64; k++) {
		unsigned int first = k;
		if (!(mask >> k & 1))
			continue;
		while (k < 63 && mask >> (k + 1) & 1)
			k++;
		proc_printf(o, first == k ? "%s%u" : "%s%u-%u", comma, first, k);
		comma = ",";
	}
}

static void status_cpus(const struct task *t, bool thread, struct proc_text *o)
{
	u64 mask = t->affinity & ((1ull << cpu_count) - 1);
	struct counts c = count(t, true);
	(void)thread;
	proc_printf(o, "Cpus_allowed:\t%llx\nCpus_allowed_list:\t", (ull)mask);
	cpu_list(mask, o);
	proc_printf(o,
		    "\nMems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t%llu\n"
		    "nonvoluntary_ctxt_switches:\t%llu\n",
		    (ull)c.voluntary, (ull)c.forced);
}

int proc_show_status(const struct proc_node *n, struct proc_text *o)
{
	const struct task *t = proc_task(n);
	status_identity(t, o);
	if (t->mm)
		status_memory(t->mm, o);
	status_signals(t, o);
	status_capabilities(t, o);
	status_cpus(t, n->thread, o);
	return 0;
}
