/* Making, replacing and ending processes. */
#include <linux/fcntl.h>
#include <linux/sched.h>
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/exec.h"
#include "kernel/task/task.h"
#include "syscall/copy_struct.h"
#include "syscall/syscall.h"

long sys_fork(void)
{
	return task_clone(&(struct clone_request){.exit_signal = SIGCHLD});
}

long sys_vfork(void)
{
	return task_clone(
		&(struct clone_request){.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD});
}

long sys_clone(unsigned long flags, unsigned long stack, int __user *parent_tid,
	       int __user *child_tid, unsigned long tls)
{
	struct clone_request req = {
		.flags = (u32)flags & ~CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.stack = stack,
		.tls = tls,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.pidfd = parent_tid,
	};
	return task_clone(&req);
}

#define CLONE3_FLAGS                                                                               \
	((0xffffffffull & ~(CSIGNAL | CLONE_DETACHED)) | CLONE_NEWTIME | CLONE_CLEAR_SIGHAND |     \
	 CLONE_INTO_CGROUP)
#define CLONE3_SET_TID_MAX 32

/* clone(2), "EINVAL (clone3() only)" */
static int clone3_check(const struct clone_args *a)
{
	if (a->flags & ~CLONE3_FLAGS)
		return -EINVAL;
	if (a->exit_signal > SIGNAL_COUNT ||
	    ((a->flags & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal))
		return -EINVAL;
	if (!a->stack != !a->stack_size)
		return -EINVAL;
	if (a->stack && !user_range_ok((const void __user *)a->stack, a->stack_size))
		return -EINVAL;
	if (a->set_tid_size > CLONE3_SET_TID_MAX || !a->set_tid != !a->set_tid_size)
		return -EINVAL;
	if (a->set_tid_size) /* choosing ids is nobody's privilege here */
		return -EPERM;
	return a->flags & CLONE_INTO_CGROUP ? -EBADF : 0;
}

long sys_clone3(void __user *args, size_t size)
{
	struct clone_args a = {0};
	int err = copy_struct_from_user(&a, sizeof(a), args, size, CLONE_ARGS_SIZE_VER0);
	if (!err)
		err = clone3_check(&a);
	if (err)
		return err;
	struct clone_request req = {
		.flags = a.flags,
		.exit_signal = (int)a.exit_signal,
		.stack = a.stack + a.stack_size,
		.tls = a.tls,
		.parent_tid = (int __user *)a.parent_tid,
		.child_tid = (int __user *)a.child_tid,
		.pidfd = (int __user *)a.pidfd,
	};
	return task_clone(&req);
}

static long exec(int dirfd, const char __user *path, void __user *argv, void __user *envp,
		 int flags)
{
	struct exec_args args;
	int err = exec_args_from_user(&args, path, argv, envp);
	if (err)
		return err;
	if (!args.path[0] && !(flags & AT_EMPTY_PATH))
		err = -ENOENT;
	else if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		err = -EINVAL;
	else
		err = task_exec(dirfd, &args, flags);
	exec_args_release(&args);
	return err;
}

long sys_execve(const char __user *path, void __user *argv, void __user *envp)
{
	return exec(AT_FDCWD, path, argv, envp, 0);
}

long sys_execveat(int dirfd, const char __user *path, void __user *argv, void __user *envp,
		  int flags)
{
	return exec(dirfd, path, argv, envp, flags);
}

long sys_exit(int status)
{
	task_exit((status & 0xff) << 8);
}

long sys_exit_group(int status)
{
	process_exit_group((status & 0xff) << 8);
}

long sys_getpid(void)
{
	return task_tgid(task_current());
}

long sys_gettid(void)
{
	return task_tid(task_current());
}

long sys_getppid(void)
{
	return task_current()->process->parent->pid->nr;
}

long sys_set_tid_address(int __user *tid)
{
	task_current()->clear_child_tid = tid;
	return task_tid(task_current());
}
