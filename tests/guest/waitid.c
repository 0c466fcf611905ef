/* waitid(2): kinds of ids, WNOWAIT, siginfo, P_PIDFD, errors. */
#include "test.h"
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static long waitid_raw(int which, int id, void *info, int options)
{
	return syscall(SYS_waitid, which, id, info, options, NULL);
}

static pid_t child(int how)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	if (how < 0)
		kill(getpid(), -how);
	_exit(how);
}

static void show(const char *what, const siginfo_t *i, pid_t pid)
{
	say("     %s: signo %d code %d status %d pid %s uid %d", what, i->si_signo, i->si_code, i->si_status,
	    i->si_pid == pid ? "right" : i->si_pid ? "wrong" : "0", (int)i->si_uid);
}

static void exits(void)
{
	siginfo_t i = {0};
	pid_t pid = child(7);
	CHECK_EQ(waitid_raw(P_PID, pid, &i, WEXITED | WNOWAIT), 0);
	show("left", &i, pid);
	CHECK_EQ(waitid_raw(P_ALL, 0, &i, WEXITED), 0);
	show("taken", &i, pid);
	CHECK_ERR(waitid_raw(P_PID, pid, &i, WEXITED), ECHILD);
	pid = child(-SIGUSR2);
	CHECK_EQ(waitid_raw(P_PGID, getpgrp(), &i, WEXITED), 0);
	show("killed", &i, pid);
	pid = child(3);
	CHECK_EQ(waitid_raw(P_PGID, 0, NULL, WEXITED), 0);
}

static void stops(void)
{
	siginfo_t i = {0};
	int go[2];
	char c;
	pipe(go);
	pid_t pid = fork();
	if (!pid) {
		raise(SIGSTOP);
		read(go[0], &c, 1);
		_exit(0);
	}
	CHECK_EQ(waitid_raw(P_PID, pid, &i, WSTOPPED), 0);
	show("stopped", &i, pid);
	kill(pid, SIGCONT);
	CHECK_EQ(waitid_raw(P_PID, pid, &i, WCONTINUED), 0);
	show("continued", &i, pid);
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EQ(waitid_raw(P_PID, pid, &i, WEXITED), 0);
	show("exited", &i, pid);
}

static void nothing_yet(void)
{
	siginfo_t i;
	memset(&i, 0x55, sizeof(i));
	pid_t pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	CHECK_EQ(waitid_raw(P_ALL, 0, &i, WEXITED | WNOHANG), 0);
	CHECK_EQ(i.si_signo, 0);
	CHECK_EQ(i.si_pid, 0);
	kill(pid, SIGKILL);
	CHECK_EQ(waitid_raw(P_PID, pid, &i, WEXITED), 0);
	show("killed", &i, pid);
}

static void errors(void)
{
	siginfo_t i;
	CHECK_ERR(waitid_raw(P_ALL, 0, &i, WEXITED), ECHILD);
	CHECK_ERR(waitid_raw(P_ALL, 0, &i, 0), EINVAL);
	CHECK_ERR(waitid_raw(P_ALL, 0, &i, WNOHANG), EINVAL);
	CHECK_ERR(waitid_raw(P_ALL, 0, &i, WEXITED | 0x100), EINVAL);
	CHECK_ERR(waitid_raw(99, 0, &i, WEXITED), EINVAL);
	CHECK_ERR(waitid_raw(P_PID, 0, &i, WEXITED), EINVAL);
	CHECK_ERR(waitid_raw(P_PID, -5, &i, WEXITED), EINVAL);
	CHECK_ERR(waitid_raw(P_PGID, -5, &i, WEXITED), EINVAL);
	CHECK_ERR(waitid_raw(P_PIDFD, -1, &i, WEXITED), EINVAL);
	CHECK_ERR(waitid_raw(P_PIDFD, 1000, &i, WEXITED), EBADF);
	CHECK_ERR(waitid_raw(P_PIDFD, 1, &i, WEXITED), EBADF);
	child(0);
	CHECK_ERR(waitid_raw(P_ALL, 0, BAD_ADDRESS, WEXITED), EFAULT);
}

static void pidfd(void)
{
	siginfo_t i = {0};
	pid_t pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	int fd = syscall(SYS_pidfd_open, pid, O_NONBLOCK);
	CHECK(fd >= 0);
	CHECK_ERR(waitid_raw(P_PIDFD, fd, &i, WEXITED), EAGAIN);
	CHECK_EQ(waitid_raw(P_PIDFD, fd, &i, WEXITED | WNOHANG), 0);
	kill(pid, SIGTERM);
	fcntl(fd, F_SETFL, 0);
	CHECK_EQ(waitid_raw(P_PIDFD, fd, &i, WEXITED), 0);
	show("pidfd", &i, pid);
	close(fd);
}

int main(void)
{
	exits();
	stops();
	nothing_yet();
	errors();
	pidfd();
	DONE();
}
