/* Resource limits and usage: getrlimit(2), getrusage(2), times(2). */
#include <linux/capability.h>
#include <linux/time.h>
#include <linux/times.h>
#include "kernel/lib/string.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "syscall/rusage.h"
#include "syscall/syscall.h"

#define TICK_NS 10000000ull /* clock_t counts in 1/100 s */
#define NR_OPEN 1048576	    /* proc(5), /proc/sys/fs/nr_open */

/* ---- limits ---- */

static int check_limit(int which, const struct rlimit64 *new, const struct rlimit64 *old)
{
	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->rlim_max > NR_OPEN)
		return -EPERM;
	return new->rlim_max > old->rlim_max && !capable(CAP_SYS_RESOURCE) ? -EPERM : 0;
}

static int change_limit(struct process *p, unsigned int which, const struct rlimit64 *new,
			struct rlimit64 *old)
{
	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	*old = p->rlimit[which];
	if (!new)
		return 0;
	int err = check_limit((int)which, new, old);
	if (err)
		return err;
	p->rlimit[which] = *new;
	if (which == RLIMIT_CPU)
		process_watch_cpu(p);
	return 0;
}

/* prlimit(2), EPERM: all three user and group ids must match. */
static int check_access(const struct process *p)
{
	const struct cred *c = current_cred(), *t = p->leader->cred;
	if (p == task_current()->process || capable(CAP_SYS_RESOURCE))
		return 0;
	bool same = c->uid == t->euid && c->uid == t->suid && c->uid == t->uid &&
		    c->gid == t->egid && c->gid == t->sgid && c->gid == t->gid;
	return same ? 0 : -EPERM;
}

long sys_prlimit64(int pid, int resource, const void __user *new, void __user *old)
{
	struct rlimit64 value, before;
	if (new && get_user(value, (const struct rlimit64 __user *)new))
		return -EFAULT;
	struct task *t = pid ? task_find(pid) : task_current();
	if (!t)
		return -ESRCH;
	int err = check_access(t->process);
	if (!err)
		err = change_limit(t->process, (unsigned int)resource, new ? &value : NULL,
				   &before);
	if (err)
		return err;
	return old ? copy_to_user(old, &before, sizeof(before)) : 0;
}

long sys_getrlimit(int resource, void __user *limit)
{
	struct rlimit64 old;
	int err = change_limit(task_current()->process, (unsigned int)resource, NULL, &old);
	return err ? err : copy_to_user(limit, &old, sizeof(old));
}

long sys_setrlimit(int resource, const void __user *limit)
{
	struct rlimit64 new, old;
	if (get_user(new, (const struct rlimit64 __user *)limit))
		return -EFAULT;
	return change_limit(task_current()->process, (unsigned int)resource, &new, &old);
}

/* ---- usage ---- */

static struct __kernel_old_timeval to_timeval(u64 ns)
{
	return (struct __kernel_old_timeval){.tv_sec = (long)(ns / NSEC_PER_SEC),
					     .tv_usec = (long)(ns % NSEC_PER_SEC / 1000)};
}

int usage_to_user(const struct usage *u, void __user *to)
{
	struct rusage r;
	memset(&r, 0, sizeof(r));
	r.ru_utime = to_timeval(u->user_ns);
	r.ru_stime = to_timeval(u->kernel_ns);
	r.ru_maxrss = (long)(u->peak_rss_pages * (PAGE_SIZE / 1024));
	r.ru_minflt = (long)u->min_faults;
	r.ru_majflt = (long)u->maj_faults;
	r.ru_nvcsw = (long)u->switches_voluntary;
	r.ru_nivcsw = (long)u->switches_forced;
	return copy_to_user(to, &r, sizeof(r));
}

static void add_thread(struct usage *u, const struct task *t)
{
	u->user_ns += t->user_ns;
	u->kernel_ns += t->kernel_ns;
	u->min_faults += t->min_faults;
	u->maj_faults += t->maj_faults;
	u->switches_voluntary += t->switches_voluntary;
	u->switches_forced += t->switches_forced;
}

static void usage_self(struct usage *u)
{
	struct process *p = task_current()->process;
	struct task *t;
	*u = (struct usage){
		.user_ns = p->cpu_user_ns,
		.kernel_ns = p->cpu_kernel_ns,
		.min_faults = p->min_faults,
		.maj_faults = p->maj_faults,
		.switches_voluntary = p->switches_voluntary,
		.switches_forced = p->switches_forced,
	};
	list_for_each(t, &p->threads, thread_link)
		add_thread(u, t);
}

static void usage_children(struct usage *u)
{
	const struct process *p = task_current()->process;
	*u = (struct usage){
		.user_ns = p->child_user_ns,
		.kernel_ns = p->child_kernel_ns,
		.min_faults = p->child_min_faults,
		.maj_faults = p->child_maj_faults,
		.peak_rss_pages = p->child_peak_rss_pages,
	};
}

long sys_getrusage(int who, void __user *to)
{
	struct task *t = task_current();
	struct usage u = {0};
	sched_charge_current();
	if (who == RUSAGE_SELF)
		usage_self(&u);
	else if (who == RUSAGE_THREAD)
		add_thread(&u, t);
	else if (who == RUSAGE_CHILDREN)
		usage_children(&u);
	else
		return -EINVAL;
	if (who != RUSAGE_CHILDREN)
		u.peak_rss_pages = MAX(t->process->peak_rss_pages, t->mm->peak_rss_pages);
	return usage_to_user(&u, to);
}

long sys_times(void __user *buf)
{
	struct process *p = task_current()->process;
	struct usage u;
	sched_charge_current();
	usage_self(&u);
	struct tms t = {
		.tms_utime = (long)(u.user_ns / TICK_NS),
		.tms_stime = (long)(u.kernel_ns / TICK_NS),
		.tms_cutime = (long)(p->child_user_ns / TICK_NS),
		.tms_cstime = (long)(p->child_kernel_ns / TICK_NS),
	};
	if (buf && copy_to_user(buf, &t, sizeof(t)))
		return -EFAULT;
	return (long)(clock_monotonic_ns() / TICK_NS);
}
