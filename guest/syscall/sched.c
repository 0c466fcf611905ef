/* Scheduling: sched(7), sched_setscheduler(2), sched_setattr(2), sched_setaffinity(2),
 * getpriority(2). */
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/time_types.h>
#include "kernel/lib/string.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/runqueue.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "syscall/copy_struct.h"
#include "syscall/syscall.h"

#define RT_PRIORITY_MAX 99
#define NICE_MIN (-20)
#define NICE_MAX 19

struct scheduling {
	int policy, priority, nice;
	bool reset_on_fork;
};

static struct task *find(int pid)
{
	return pid ? task_find(pid) : task_current();
}

static int find_checked(int pid, struct task **out)
{
	if (pid < 0)
		return -EINVAL;
	*out = find(pid);
	return *out ? 0 : -ESRCH;
}

/* sched_setscheduler(2), setpriority(2): one's own threads, or CAP_SYS_NICE. */
static bool owns(const struct task *t)
{
	const struct cred *c = current_cred();
	return c->euid == t->cred->euid || c->euid == t->cred->uid || capable(CAP_SYS_NICE);
}

long sys_sched_yield(void)
{
	sched_yield();
	return 0;
}

/* ---- policy ---- */

static bool realtime(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool valid(const struct scheduling *s)
{
	if (s->policy != SCHED_NORMAL && s->policy != SCHED_BATCH && s->policy != SCHED_IDLE &&
	    !realtime(s->policy))
		return false;
	return realtime(s->policy) ? s->priority >= 1 && s->priority <= RT_PRIORITY_MAX
				   : s->priority == 0;
}

/* sched(7), "Privileges and resource limits" */
static bool may_change(const struct task *t, const struct scheduling *s)
{
	u64 rt = t->process->rlimit[RLIMIT_RTPRIO].rlim_cur;
	u64 nice = t->process->rlimit[RLIMIT_NICE].rlim_cur;
	if (capable(CAP_SYS_NICE))
		return true;
	if (!owns(t))
		return false;
	if (realtime(s->policy) && s->policy != t->policy && !rt)
		return false;
	if (realtime(s->policy) && s->priority > t->rt_priority && (u64)s->priority > rt)
		return false;
	/* Out of SCHED_IDLE leads only what could lower the nice value. */
	if (t->policy == SCHED_IDLE && s->policy != SCHED_IDLE && (u64)(20 - t->nice) > nice)
		return false;
	if (!realtime(s->policy) && s->nice < t->nice && (u64)(20 - s->nice) > nice)
		return false;
	return s->reset_on_fork || !t->reset_on_fork;
}

static int apply(struct task *t, const struct scheduling *s)
{
	if (!valid(s))
		return -EINVAL;
	if (!may_change(t, s))
		return -EPERM;
	t->policy = s->policy;
	t->rt_priority = s->priority;
	t->reset_on_fork = s->reset_on_fork;
	if (!realtime(s->policy))
		t->nice = s->nice;
	sched_requeue(t);
	return 0;
}

static int setscheduler(int pid, int policy, void __user *param)
{
	struct task *t;
	int priority;
	if (pid < 0 || !param)
		return -EINVAL;
	if (get_user(priority, (int __user *)param))
		return -EFAULT;
	int err = find_checked(pid, &t);
	if (err)
		return err;
	struct scheduling s = {t->policy, priority, t->nice, t->reset_on_fork};
	if (policy >= 0) {
		s.policy = policy & ~SCHED_RESET_ON_FORK;
		s.reset_on_fork = policy & SCHED_RESET_ON_FORK;
	}
	return apply(t, &s);
}

long sys_sched_setscheduler(int pid, int policy, void __user *param)
{
	return policy < 0 ? -EINVAL : setscheduler(pid, policy, param);
}

long sys_sched_setparam(int pid, void __user *param)
{
	return setscheduler(pid, -1, param);
}

long sys_sched_getscheduler(int pid)
{
	struct task *t;
	int err = find_checked(pid, &t);
	return err ? err : t->policy | (t->reset_on_fork ? SCHED_RESET_ON_FORK : 0);
}

long sys_sched_getparam(int pid, void __user *param)
{
	struct task *t;
	if (!param)
		return -EINVAL;
	int err = find_checked(pid, &t);
	return err ? err : put_user(t->rt_priority, (int __user *)param);
}

static long priority_bound(int policy, int of_realtime)
{
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return of_realtime;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_DEADLINE:
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_sched_get_priority_max(int policy)
{
	return priority_bound(policy, RT_PRIORITY_MAX);
}

long sys_sched_get_priority_min(int policy)
{
	return priority_bound(policy, 1);
}

long sys_sched_rr_get_interval(int pid, void __user *interval)
{
	struct task *t;
	int err = find_checked(pid, &t);
	if (err)
		return err;
	u64 slice = sched_slice(t);
	struct __kernel_timespec ts = ns_to_timespec(slice == NO_SLICE ? 0 : slice);
	return copy_to_user(interval, &ts, sizeof(ts));
}

/* ---- attributes ---- */

#define ATTR_SIZE_MIN 48 /* SCHED_ATTR_SIZE_VER0 */

/* The size field rules how much is copied; a size we cannot take is answered with ours. */
static int attr_from_user(struct sched_attr *a, void __user *user)
{
	u32 __user *size_field = user;
	u32 size;
	if (get_user(size, size_field))
		return -EFAULT;
	if (!size)
		size = ATTR_SIZE_MIN;
	int err = size < ATTR_SIZE_MIN
			  ? -E2BIG
			  : copy_struct_from_user(a, sizeof(*a), user, size, ATTR_SIZE_MIN);
	if (err == -E2BIG)
		put_user((u32)sizeof(*a), size_field);
	return err;
}

long sys_sched_setattr(int pid, void __user *attr, unsigned int flags)
{
	struct sched_attr a = {0};
	struct task *t;
	if (!attr || pid < 0 || flags)
		return -EINVAL;
	int err = attr_from_user(&a, attr);
	if (!err && (s32)a.sched_policy < 0)
		err = -EINVAL;
	if (!err)
		err = find_checked(pid, &t);
	if (!err && a.sched_flags & ~(u64)SCHED_FLAG_ALL)
		err = -EINVAL;
	if (err)
		return err;
	struct scheduling s = {
		.policy = (int)a.sched_policy,
		.priority = (int)a.sched_priority,
		.nice = MIN(MAX(a.sched_nice, NICE_MIN), NICE_MAX),
		.reset_on_fork = a.sched_flags & SCHED_FLAG_RESET_ON_FORK,
	};
	if (a.sched_flags & SCHED_FLAG_KEEP_POLICY)
		s.policy = t->policy;
	if (a.sched_flags & SCHED_FLAG_KEEP_PARAMS) {
		s.priority = t->rt_priority;
		s.nice = t->nice;
	}
	return apply(t, &s);
}

long sys_sched_getattr(int pid, void __user *attr, unsigned int size, unsigned int flags)
{
	struct task *t;
	if (!attr || pid < 0 || flags || size < ATTR_SIZE_MIN || size > PAGE_SIZE)
		return -EINVAL;
	int err = find_checked(pid, &t);
	if (err)
		return err;
	struct sched_attr a = {
		.size = MIN(size, (u32)sizeof(a)),
		.sched_policy = (u32)t->policy,
		.sched_flags = t->reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0,
		.sched_nice = realtime(t->policy) ? 0 : t->nice,
		.sched_priority = (u32)t->rt_priority,
	};
	if (sizeof(a) > ATTR_SIZE_MIN && size >= sizeof(a))
		((u32 *)&a)[ATTR_SIZE_MIN / 4 + 1] = 1024; /* sched_util_max: no clamp */
	return copy_to_user(attr, &a, a.size);
}

/* ---- processors ---- */

static u64 all_cpus(void)
{
	return (1ull << cpu_count) - 1;
}

long sys_sched_setaffinity(int pid, size_t size, void __user *mask)
{
	u64 cpus = 0;
	if (copy_from_user(&cpus, mask, MIN(size, sizeof(cpus))))
		return -EFAULT;
	struct task *t = find(pid);
	if (!t)
		return -ESRCH;
	if (!owns(t))
		return -EPERM;
	if (!(cpus & all_cpus()))
		return -EINVAL;
	t->affinity = cpus;
	sched_requeue(t);
	return 0;
}

long sys_sched_getaffinity(int pid, size_t size, void __user *mask)
{
	u32 bits = (u32)size * 8; /* as Linux counts them, overflow included */
	if (bits < cpu_count || size % sizeof(u64))
		return -EINVAL;
	struct task *t = find(pid);
	if (!t)
		return -ESRCH;
	u64 cpus = t->affinity & all_cpus();
	return copy_to_user(mask, &cpus, sizeof(cpus)) ? -EFAULT : (long)sizeof(cpus);
}

long sys_getcpu(void __user *cpu, void __user *node, void __user *cache __unused)
{
	unsigned int here = cpu_current()->id;
	if (cpu && put_user(here, (unsigned int __user *)cpu))
		return -EFAULT;
	return node && put_user(0u, (unsigned int __user *)node) ? -EFAULT : 0;
}

/* ---- nice ---- */

struct nice_walk {
	int which;
	u32 who;
	int value; /* set: the nice value; get: the best found */
	bool set;
	bool found;
	int err;
};

static bool nice_selects(const struct nice_walk *w, const struct task *t)
{
	if (w->which == PRIO_USER)
		return t->cred->uid == w->who;
	return t->process->pgrp && t->process->pgrp->nr == (int)w->who;
}

static int set_nice(struct task *t, int nice)
{
	const struct cred *c = current_cred();
	if (c->euid != t->cred->euid && c->euid != t->cred->uid && !capable(CAP_SYS_NICE))
		return -EPERM;
	if (nice < t->nice && (u64)(20 - nice) > t->process->rlimit[RLIMIT_NICE].rlim_cur &&
	    !capable(CAP_SYS_NICE))
		return -EACCES;
	t->nice = nice;
	sched_requeue(t);
	return 0;
}

static void nice_visit(struct nice_walk *w, struct task *t)
{
	if (w->set) {
		int err = set_nice(t, w->value);
		w->err = err ? err : w->err;
	} else if (!w->found || t->nice < w->value) {
		w->value = t->nice;
	}
	w->found = true;
}

static void nice_step(void *ctx, struct task *t)
{
	struct nice_walk *w = ctx;
	if (t->state < TASK_ZOMBIE && t->mm && nice_selects(w, t))
		nice_visit(w, t);
}

/* who 0: the caller's own. -EINVAL, -ESRCH, or what setting met. */
static int nice_run(struct nice_walk *w)
{
	struct task *self = task_current();
	if (w->which != PRIO_PROCESS && w->which != PRIO_PGRP && w->which != PRIO_USER)
		return -EINVAL;
	if (w->which == PRIO_PROCESS) {
		struct task *t = find((int)w->who);
		if (t)
			nice_visit(w, t);
	} else {
		if (!w->who)
			w->who = w->which == PRIO_USER ? self->cred->uid
						       : (u32)self->process->pgrp->nr;
		task_for_each(nice_step, w);
	}
	return w->found ? w->err : -ESRCH;
}

long sys_getpriority(int which, int who)
{
	struct nice_walk w = {.which = which, .who = (u32)who};
	int err = nice_run(&w);
	return err ? err : 20 - w.value;
}

long sys_setpriority(int which, int who, int nice)
{
	struct nice_walk w = {.which = which, .who = (u32)who, .set = true};
	w.value = MIN(MAX(nice, NICE_MIN), NICE_MAX);
	return nice_run(&w);
}
