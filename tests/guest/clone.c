/* clone(2), clone3(2): combinations of flags, ids stored and cleared, CLONE_PARENT, CLONE_PIDFD. */
#include "test.h"
#include <poll.h>
#include <sched.h>

/* <linux/sched.h>, which the musl headers do not have */
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#define CLONE_ARGS_SIZE_VER0 64
struct clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static long raw_clone(unsigned long flags, void *stack, int *ptid, int *ctid, unsigned long tls)
{
	return syscall(SYS_clone, flags, stack, ptid, ctid, tls);
}

static long clone3(struct clone_args *a, size_t size)
{
	return syscall(SYS_clone3, a, size);
}

static int wait_for(pid_t pid)
{
	int status = -1;
	waitpid(pid, &status, __WALL);
	return status;
}

static void refused(void)
{
	CHECK_ERR(raw_clone(CLONE_THREAD, 0, 0, 0, 0), EINVAL);
#ifdef __x86_64__
	CHECK_ERR(raw_clone(CLONE_SETTLS | SIGCHLD, 0, 0, 0, 0x7fffffffffffffff), EPERM);
#endif
	CHECK_ERR(raw_clone(CLONE_SIGHAND, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_THREAD | CLONE_SIGHAND, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_FS | CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, &(int){0}, 0, 0), EINVAL);
	int slot;
	CHECK_ERR(raw_clone(CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &slot, 0, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_PIDFD | SIGCHLD, 0, BAD_ADDRESS, 0, 0), EFAULT);
}

static void stores_ids(void)
{
	int ptid = 0, ctid = 0;
	pid_t pid = raw_clone(CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &ptid, &ctid, 0);
	if (!pid)
		_exit(ctid == (int)syscall(SYS_gettid) ? 0 : 1);
	CHECK(ptid == pid);
	CHECK_EQ(ctid, 0);
	CHECK_EQ(wait_for(pid), 0);
	/* a bad address is not reported */
	pid = raw_clone(CLONE_PARENT_SETTID | SIGCHLD, 0, BAD_ADDRESS, 0, 0);
	if (!pid)
		_exit(4);
	CHECK_EQ(wait_for(pid), 4 << 8);
}

static void other_signal(void)
{
	int status;
	pid_t pid = raw_clone(0, 0, 0, 0, 0);
	if (!pid)
		_exit(5);
	CHECK_ERR(waitpid(pid, &status, 0), ECHILD);
	CHECK(waitpid(pid, &status, __WCLONE) == pid);
	CHECK_EQ(status, 5 << 8);
	pid = raw_clone(SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(6);
	CHECK_ERR(waitpid(pid, &status, __WCLONE), ECHILD);
	CHECK(waitpid(pid, &status, __WALL) == pid);
}

static void sibling(void)
{
	int pipes[2], grandchild = 0;
	pipe(pipes);
	pid_t pid = fork();
	if (!pid) {
		pid_t p = raw_clone(CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
		if (!p)
			_exit(8);
		write(pipes[1], &p, sizeof(p));
		_exit(0);
	}
	CHECK_EQ(wait_for(pid), 0);
	CHECK_EQ(read(pipes[0], &grandchild, sizeof(grandchild)), 4);
	CHECK_EQ(wait_for(grandchild), 8 << 8); /* it is our child */
}

static void pidfd(void)
{
	int fd = -1;
	pid_t pid = raw_clone(CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
	if (!pid) {
		pause();
		_exit(0);
	}
	struct pollfd p = {.fd = fd, .events = POLLIN};
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), 0);
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_EQ(wait_for(pid), SIGKILL);
	close(fd);
}

static void size_checks(void)
{
	struct clone_args a = {.exit_signal = SIGCHLD};
	char big[4096 + 8] = {0};
	CHECK_ERR(clone3(&a, 0), EINVAL);
	CHECK_ERR(clone3(&a, CLONE_ARGS_SIZE_VER0 - 1), EINVAL);
	CHECK_ERR(clone3((void *)big, sizeof(big)), E2BIG);
	memset(big, 0, sizeof(big));
	big[sizeof(struct clone_args) + 100] = 1;
	CHECK_ERR(clone3((void *)big, 4096), E2BIG);
	CHECK_ERR(clone3(BAD_ADDRESS, sizeof(a)), EFAULT);
}

static void clone3_checks(void)
{
	struct clone_args a = {.exit_signal = 65};
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a = (struct clone_args){.flags = CLONE_DETACHED, .exit_signal = SIGCHLD};
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a = (struct clone_args){.flags = 1ull << 40, .exit_signal = SIGCHLD};
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a = (struct clone_args){.stack = 0x10000, .exit_signal = SIGCHLD};
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a = (struct clone_args){.stack_size = 0x10000, .exit_signal = SIGCHLD};
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a = (struct clone_args){.flags = CLONE_PARENT, .exit_signal = SIGCHLD};
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a = (struct clone_args){.flags = CLONE_SIGHAND | CLONE_VM | CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a = (struct clone_args){.set_tid_size = 1, .exit_signal = SIGCHLD};
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
	a = (struct clone_args){.set_tid = (uintptr_t)&a, .set_tid_size = 33, .exit_signal = SIGCHLD};
	CHECK_ERR(clone3(&a, sizeof(a)), EINVAL);
}

static void handler(int sig)
{
	(void)sig;
}

static void clone3_works(void)
{
	int fd = -1, ptid = 0;
	signal(SIGUSR1, handler);
	struct clone_args a = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CLEAR_SIGHAND,
		.pidfd = (uintptr_t)&fd,
		.parent_tid = (uintptr_t)&ptid,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = clone3(&a, sizeof(a));
	if (!pid) {
		struct sigaction sa;
		sigaction(SIGUSR1, NULL, &sa);
		_exit(sa.sa_handler == SIG_DFL ? 0 : 1);
	}
	CHECK(pid > 0 && ptid == pid && fd >= 0);
	CHECK_EQ(wait_for(pid), 0);
	close(fd);
	a = (struct clone_args){.exit_signal = SIGCHLD};
	pid = clone3(&a, CLONE_ARGS_SIZE_VER0);
	if (!pid)
		_exit(2);
	CHECK_EQ(wait_for(pid), 2 << 8);
}

int main(void)
{
	refused();
	stores_ids();
	other_signal();
	sibling();
	pidfd();
	size_checks();
	clone3_checks();
	clone3_works();
	DONE();
}
