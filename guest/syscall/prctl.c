/* prctl(2), unshare(2). */
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/task.h"
#include "syscall/syscall.h"

#define TIMER_SLACK_DEFAULT 50000

static long set_name(unsigned long user)
{
	struct task *t = task_current();
	char name[sizeof(t->comm)] = {0};
	isize n = strncpy_from_user(name, (const char __user *)user, sizeof(name));
	if (n == -EFAULT)
		return n;
	name[sizeof(name) - 1] = '\0';
	if (n >= 0)
		memset(name + n, 0, sizeof(name) - (size_t)n);
	memcpy(t->comm, name, sizeof(name));
	return 0;
}

static long set_bool(bool *flag, unsigned long value, bool rest_zero)
{
	if (value > 1 || !rest_zero)
		return -EINVAL;
	*flag = value;
	return 0;
}

/* ---- capabilities ---- */

static long bounding_drop(unsigned long cap)
{
	if (!capable(CAP_SETPCAP))
		return -EPERM;
	if (!cap_valid(cap))
		return -EINVAL;
	struct cred *c = cred_prepare();
	if (!c)
		return -ENOMEM;
	c->cap_bounding &= ~(1ull << cap);
	return 0;
}

static long ambient(unsigned long op, unsigned long cap)
{
	const struct cred *now = current_cred();
	if (op == PR_CAP_AMBIENT_CLEAR_ALL ? cap != 0 : !cap_valid(cap))
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_IS_SET)
		return now->cap_ambient >> cap & 1;
	if (op != PR_CAP_AMBIENT_CLEAR_ALL && op != PR_CAP_AMBIENT_RAISE &&
	    op != PR_CAP_AMBIENT_LOWER)
		return -EINVAL;
	bool may_raise = now->cap_permitted >> cap & now->cap_inheritable >> cap & 1 &&
			 !(now->securebits & (1 << SECURE_NO_CAP_AMBIENT_RAISE));
	if (op == PR_CAP_AMBIENT_RAISE && !may_raise)
		return -EPERM;
	struct cred *c = cred_prepare();
	if (!c)
		return -ENOMEM;
	if (op == PR_CAP_AMBIENT_CLEAR_ALL)
		c->cap_ambient = 0;
	else if (op == PR_CAP_AMBIENT_RAISE)
		c->cap_ambient |= 1ull << cap;
	else
		c->cap_ambient &= ~(1ull << cap);
	return 0;
}

/* capabilities(7), "The securebits flags": locked bits stay. */
static long set_securebits(unsigned long bits)
{
	const struct cred *now = current_cred();
	u32 locked = now->securebits & SECURE_ALL_LOCKS;
	if (!capable(CAP_SETPCAP) || (bits & ~(unsigned long)(SECURE_ALL_BITS | SECURE_ALL_LOCKS)))
		return -EPERM;
	if ((locked >> 1 & (now->securebits ^ bits)) || (locked & ~bits))
		return -EPERM;
	struct cred *c = cred_prepare();
	if (!c)
		return -ENOMEM;
	c->securebits = (u32)bits;
	return 0;
}

static long set_keepcaps(unsigned long on)
{
	const struct cred *now = current_cred();
	if (on > 1)
		return -EINVAL;
	if (now->securebits & (1 << SECURE_KEEP_CAPS_LOCKED))
		return -EPERM;
	struct cred *c = cred_prepare();
	if (!c)
		return -ENOMEM;
	c->securebits = (c->securebits & ~(1u << SECURE_KEEP_CAPS)) | (u32)on << SECURE_KEEP_CAPS;
	return 0;
}

static long capability_option(int option, unsigned long arg2, unsigned long arg3)
{
	const struct cred *c = current_cred();
	switch (option) {
	case PR_CAPBSET_READ:
		return cap_valid(arg2) ? (long)(c->cap_bounding >> arg2 & 1) : -EINVAL;
	case PR_CAPBSET_DROP: return bounding_drop(arg2);
	case PR_CAP_AMBIENT: return ambient(arg2, arg3);
	case PR_SET_SECUREBITS: return set_securebits(arg2);
	case PR_GET_SECUREBITS: return c->securebits;
	case PR_SET_KEEPCAPS: return set_keepcaps(arg2);
	case PR_GET_KEEPCAPS: return c->securebits >> SECURE_KEEP_CAPS & 1;
	default: return -EINVAL;
	}
}

/* ---- the rest ---- */

static long set_death_signal(struct process *p, unsigned long sig)
{
	if (sig > SIGNAL_COUNT)
		return -EINVAL;
	p->death_signal = (int)sig;
	return 0;
}

static long set_no_new_privs(struct process *p, unsigned long arg2, bool rest_zero)
{
	if (arg2 != 1 || !rest_zero)
		return -EINVAL;
	p->no_new_privs = true;
	return 0;
}

/* What becomes of a process whose memory breaks, which none here does: kept and told. */
static long set_memory_failure(struct task *t, unsigned long op, unsigned long policy, bool rest_zero)
{
	if (!rest_zero || (op != PR_MCE_KILL_CLEAR && op != PR_MCE_KILL_SET))
		return -EINVAL;
	if (op == PR_MCE_KILL_CLEAR ? policy != 0 : policy > PR_MCE_KILL_DEFAULT)
		return -EINVAL;
	t->memory_failure = op == PR_MCE_KILL_CLEAR ? PR_MCE_KILL_DEFAULT : (u8)policy;
	return 0;
}

static long io_flusher(struct task *t, int option, unsigned long arg2, bool rest_zero)
{
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (option == PR_SET_IO_FLUSHER)
		return set_bool(&t->io_flusher, arg2, rest_zero);
	return arg2 || !rest_zero ? -EINVAL : (long)t->io_flusher;
}

static long set_thp(struct process *p, unsigned long disabled, bool rest_zero)
{
	if (!rest_zero)
		return -EINVAL;
	p->thp_disabled = disabled;
	return 0;
}

static long set_timer_slack(struct task *t, unsigned long ns)
{
	t->timer_slack_ns = (long)ns > 0 ? ns : TIMER_SLACK_DEFAULT;
	return 0;
}

long sys_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4,
	       unsigned long arg5)
{
	struct task *t = task_current();
	struct process *p = t->process;
	bool rest_zero = !arg3 && !arg4 && !arg5;
	switch (option) {
	case PR_SET_NAME: return set_name(arg2);
	case PR_GET_NAME: return copy_to_user((void __user *)arg2, t->comm, sizeof(t->comm));
	case PR_SET_PDEATHSIG: return set_death_signal(p, arg2);
	case PR_GET_PDEATHSIG: return put_user(p->death_signal, (int __user *)arg2);
	case PR_SET_DUMPABLE: return set_bool(&p->dumpable, arg2, true);
	case PR_GET_DUMPABLE: return p->dumpable;
	case PR_SET_NO_NEW_PRIVS: return set_no_new_privs(p, arg2, rest_zero);
	case PR_GET_NO_NEW_PRIVS: return !arg2 && rest_zero ? (long)p->no_new_privs : -EINVAL;
	case PR_SET_CHILD_SUBREAPER:
		p->child_subreaper = arg2;
		return 0;
	case PR_GET_CHILD_SUBREAPER: return put_user((int)p->child_subreaper, (int __user *)arg2);
	case PR_GET_TID_ADDRESS:
		return put_user((vaddr)t->clear_child_tid, (vaddr __user *)arg2);
	case PR_SET_THP_DISABLE: return set_thp(p, arg2, rest_zero);
	case PR_GET_THP_DISABLE: return !arg2 && rest_zero ? (long)p->thp_disabled : -EINVAL;
	case PR_MCE_KILL: return set_memory_failure(t, arg2, arg3, !arg4 && !arg5);
	case PR_MCE_KILL_GET: return !arg2 && rest_zero ? (long)t->memory_failure : -EINVAL;
	case PR_SET_IO_FLUSHER:
	case PR_GET_IO_FLUSHER: return io_flusher(t, option, arg2, rest_zero);
	case PR_SET_TIMERSLACK: return set_timer_slack(t, arg2);
	case PR_GET_TIMERSLACK: return (long)t->timer_slack_ns;
	case PR_GET_TIMING: return PR_TIMING_STATISTICAL;
	case PR_SET_TIMING: return arg2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
	case PR_GET_SECCOMP: return 0;
	case PR_TASK_PERF_EVENTS_DISABLE:
	case PR_TASK_PERF_EVENTS_ENABLE: return 0;
	case PR_CAP_AMBIENT: return arg4 || arg5 ? -EINVAL : capability_option(option, arg2, arg3);
	default: return capability_option(option, arg2, arg3);
	}
}

/* ---- unshare(2) ---- */

#define UNSHARE_NAMESPACES                                                                       \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |          \
	 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)
#define UNSHARE_KNOWN                                                                              \
	(CLONE_FILES | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_VM | CLONE_SYSVSEM |        \
	 UNSHARE_NAMESPACES)

static int unshare_check(unsigned long flags)
{
	struct task *t = task_current();
	if (flags & ~(unsigned long)UNSHARE_KNOWN)
		return -EINVAL;
	if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) && t->process->thread_count > 1)
		return -EINVAL;
	if ((flags & (CLONE_SIGHAND | CLONE_VM)) && t->sighand->refcount > 1)
		return -EINVAL;
	if ((flags & CLONE_VM) && t->mm->refcount > 1)
		return -EINVAL;
	if (flags & UNSHARE_NAMESPACES)
		return capable(CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
	return 0;
}

long sys_unshare(unsigned long flags)
{
	struct task *t = task_current();
	struct fs_context *fs = NULL, *old_fs = t->fs;
	struct fd_table *files = NULL, *old_files = t->files;
	int err = unshare_check(flags);
	if (err)
		return err;
	if ((flags & CLONE_FS) && t->fs->refcount > 1 && !(fs = fs_context_copy(t->fs)))
		return -ENOMEM;
	if ((flags & CLONE_FILES) && !(files = fd_table_copy(t->files))) {
		if (fs)
			fs_context_put(fs);
		return -ENOMEM;
	}
	/* Changed before the old ones go: that may sleep, and /proc looks on. */
	if (fs) {
		t->fs = fs;
		fs_context_put(old_fs);
	}
	if (files) {
		t->files = files;
		fd_table_put(old_files);
	}
	return 0;
}
