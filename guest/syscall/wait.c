/* wait4(2), waitid(2), pidfd_open(2), pidfd_send_signal(2). */
#include <linux/pidfd.h>
#include <linux/wait.h>
#include "kernel/fs/file.h"
#include "kernel/lib/string.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/pidfd.h"
#include "kernel/task/reap.h"
#include "kernel/task/task.h"
#include "syscall/rusage.h"
#include "syscall/syscall.h"

#define WAIT4_OPTIONS (WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)
#define WAITID_CHANGES (WEXITED | WSTOPPED | WCONTINUED)

static int put_usage(const struct wait_result *w, void __user *to)
{
	struct usage u = {
		.user_ns = w->user_ns,
		.kernel_ns = w->kernel_ns,
		.min_faults = w->min_faults,
		.maj_faults = w->maj_faults,
		.switches_voluntary = w->switches_voluntary,
		.switches_forced = w->switches_forced,
		.peak_rss_pages = w->peak_rss_pages,
	};
	return to ? usage_to_user(&u, to) : 0;
}

static void wait4_target(int pid, struct wait_request *req)
{
	if (pid > 0) {
		req->which = WAIT_PID;
		req->id = pid;
	} else if (pid == -1) {
		req->which = WAIT_ANY;
	} else {
		req->which = WAIT_GROUP;
		req->id = pid ? -pid : task_current()->process->pgrp->nr;
	}
}

long sys_wait4(int pid, int __user *status, int options, void __user *rusage)
{
	struct wait_request req = {.options = options | WEXITED};
	struct wait_result result;
	if (options & ~WAIT4_OPTIONS)
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	wait4_target(pid, &req);
	int err = process_wait(&req, &result);
	if (err || !result.pid)
		return err;
	if (status && put_user(result.status, status))
		return -EFAULT;
	return put_usage(&result, rusage) ? -EFAULT : result.pid;
}

static int pidfd_target(int fd, struct wait_request *req)
{
	struct pid *pid = fd < 0 ? NULL : pidfd_get_pid(fd);
	if (!pid)
		return fd < 0 ? -EINVAL : -EBADF;
	req->which = WAIT_PID;
	req->id = pid->nr;
	pid_put(pid);
	return 0;
}

static int waitid_target(int which, int id, struct wait_request *req)
{
	switch (which) {
	case P_ALL:
		req->which = WAIT_ANY;
		return 0;
	case P_PID:
		req->which = WAIT_PID;
		req->id = id;
		return id > 0 ? 0 : -EINVAL;
	case P_PGID:
		req->which = WAIT_GROUP;
		req->id = id ? id : task_current()->process->pgrp->nr;
		return id >= 0 ? 0 : -EINVAL;
	case P_PIDFD:
		return pidfd_target(id, req);
	default:
		return -EINVAL;
	}
}

static int put_info(const struct wait_result *w, void __user *to)
{
	siginfo_t info;
	memset(&info, 0, sizeof(info));
	if (w->pid) {
		info.si_signo = SIGCHLD;
		info.si_code = w->code;
		info.si_pid = w->pid;
		info.si_uid = w->uid;
		info.si_status = w->value;
	}
	/* the fields up to si_status: waitid(2) leaves the rest alone */
	return to ? copy_to_user(to, &info, offsetof(siginfo_t, si_status) + sizeof(int)) : 0;
}

static int wait_by_id(int which, int id, int options, struct wait_result *result)
{
	struct wait_request req = {.options = options};
	if (options & ~(WAIT4_OPTIONS | WNOWAIT | WAITID_CHANGES) || !(options & WAITID_CHANGES))
		return -EINVAL;
	int err = waitid_target(which, id, &req);
	if (err)
		return err;
	bool poll = which == P_PIDFD && pidfd_nonblocking(id);
	if (poll)
		req.options |= WNOHANG;
	err = process_wait(&req, result);
	return !err && poll && !result->pid && !(options & WNOHANG) ? -EAGAIN : err;
}

long sys_waitid(int which, int id, void __user *info, int options, void __user *rusage)
{
	struct wait_result result = {0};
	int err = wait_by_id(which, id, options, &result);
	if (err)
		result.pid = 0;
	if (result.pid && put_usage(&result, rusage))
		return -EFAULT;
	/* Nothing is said about nobody even where the call fails. */
	return put_info(&result, info) ? -EFAULT : err;
}

long sys_pidfd_open(int pid, unsigned int flags)
{
	struct file *f;
	if ((flags & ~PIDFD_NONBLOCK) || pid <= 0)
		return -EINVAL;
	struct pid *p = pid_find(pid);
	if (!p || !p->task)
		return -ESRCH;
	if (p->task->process->pid != p)
		return -EINVAL;
	int err = pidfd_create(p, flags, &f);
	if (err)
		return err;
	int fd = fd_add(f, true);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* May the caller say this about the signal? rt_sigqueueinfo(2): only to itself may it speak in the
 * kernel's name. */
static int check_info(const siginfo_t *info, int sig, const struct pid *to)
{
	if (info->si_signo != sig)
		return -EINVAL;
	if (to != task_current()->pid && (info->si_code >= 0 || info->si_code == SI_TKILL))
		return -EPERM;
	return 0;
}

static long send(struct pid *pid, int sig, void __user *user_info)
{
	siginfo_t info = {.si_signo = sig, .si_code = SI_USER};
	struct process *p = process_find(pid->nr);
	info.si_pid = task_tgid(task_current());
	info.si_uid = current_cred()->uid;
	if (user_info && copy_from_user(&info, user_info, sizeof(info)))
		return -EFAULT;
	int err = user_info ? check_info(&info, sig, pid) : 0;
	if (!err && (!p || pid->task != p->leader))
		err = -ESRCH;
	if (!err && (sig < 0 || sig > SIGNAL_COUNT))
		err = -EINVAL;
	if (!err)
		err = signal_permitted(p, sig);
	if (err || !sig)
		return err;
	return signal_send_process(p, sig, &info);
}

long sys_pidfd_send_signal(int pidfd, int sig, void __user *info, unsigned int flags)
{
	if (flags)
		return -EINVAL;
	struct pid *pid = pidfd_get_pid(pidfd);
	if (!pid)
		return -EBADF;
	long err = send(pid, sig, info);
	pid_put(pid);
	return err;
}
