/* wait4(2): which children, what status, options, rusage, errors; zombies and who reaps them. */
#include "test.h"
#include <sys/resource.h>

static pid_t child(int how)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	if (how < 0)
		kill(getpid(), -how);
	_exit(how);
}

static void statuses(void)
{
	int status = -1;
	pid_t pid = child(42);
	CHECK(wait4(pid, &status, 0, NULL) == pid);
	CHECK_EQ(status, 42 << 8);
	pid = child(0x1ff);
	CHECK(wait4(-1, &status, 0, NULL) == pid);
	CHECK_EQ(status, 0xff00);
	pid = child(-SIGTERM);
	CHECK(wait4(0, &status, 0, NULL) == pid);
	CHECK_EQ(status, SIGTERM);
	pid = child(-SIGKILL);
	CHECK(wait4(-getpgrp(), &status, 0, NULL) == pid);
	CHECK_EQ(status, SIGKILL);
}

static void errors(void)
{
	int status;
	CHECK_ERR(wait4(-1, &status, 0, NULL), ECHILD);
	CHECK_ERR(wait4(1, &status, 0, NULL), ECHILD);
	CHECK_ERR(wait4(getpid(), &status, 0, NULL), ECHILD);
	CHECK_ERR(wait4(-1, &status, 0x40, NULL), EINVAL);
	CHECK_ERR(wait4(-1, &status, WEXITED, NULL), EINVAL);
	CHECK_ERR(wait4((int)0x80000000, &status, 0, NULL), ESRCH);
	CHECK_ERR(wait4(-30000, &status, WNOHANG, NULL), ECHILD);
	pid_t pid = child(1);
	CHECK_ERR(wait4(pid, BAD_ADDRESS, 0, NULL), EFAULT);
	CHECK_ERR(wait4(pid, &status, 0, NULL), ECHILD); /* gone all the same */
	pid = child(1);
	CHECK_ERR(wait4(pid, &status, 0, BAD_ADDRESS), EFAULT);
}

static void nohang(void)
{
	int go[2], status = 77;
	pipe(go);
	pid_t pid = fork();
	if (!pid) {
		char c;
		read(go[0], &c, 1);
		_exit(3);
	}
	CHECK_EQ(wait4(-1, &status, WNOHANG, NULL), 0);
	CHECK_EQ(status, 77);
	write(go[1], "x", 1);
	CHECK(wait4(-1, &status, 0, NULL) == pid);
	CHECK_EQ(status, 3 << 8);
	close(go[0]);
	close(go[1]);
}

static void stops(void)
{
	int status = 0, go[2];
	char c;
	pipe(go);
	pid_t pid = fork();
	if (!pid) {
		raise(SIGSTOP);
		read(go[0], &c, 1);
		_exit(6);
	}
	CHECK(wait4(pid, &status, WUNTRACED, NULL) == pid);
	CHECK_EQ(status, SIGSTOP << 8 | 0x7f);
	CHECK_EQ(wait4(pid, &status, WUNTRACED | WNOHANG, NULL), 0); /* told once */
	kill(pid, SIGCONT);
	CHECK(wait4(pid, &status, WCONTINUED, NULL) == pid);
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK(wait4(pid, &status, 0, NULL) == pid);
	CHECK_EQ(status, 6 << 8);
	close(go[0]);
	close(go[1]);
}

static void usage(void)
{
	struct rusage r;
	memset(&r, 0xff, sizeof(r));
	pid_t pid = child(0);
	CHECK(wait4(pid, NULL, 0, &r) == pid);
	CHECK(r.ru_utime.tv_sec >= 0 && r.ru_utime.tv_sec < 10 && r.ru_utime.tv_usec < 1000000);
	CHECK(r.ru_maxrss >= 0);
	CHECK_EQ(r.ru_nswap, 0);
}

static void not_waited_for(void)
{
	int status;
	signal(SIGCHLD, SIG_IGN);
	pid_t pid = child(4);
	CHECK_ERR(wait4(pid, &status, 0, NULL), ECHILD); /* waits, but there is no zombie */
	signal(SIGCHLD, SIG_DFL);
	struct sigaction sa = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
	sigaction(SIGCHLD, &sa, NULL);
	pid = child(4);
	CHECK_ERR(wait4(pid, &status, 0, NULL), ECHILD);
	signal(SIGCHLD, SIG_DFL);
}

static void zombie(void)
{
	int done[2];
	char c;
	pipe(done);
	pid_t pid = fork();
	if (!pid)
		_exit(9);
	close(done[1]);
	read(done[0], &c, 1); /* its end closed: it has gone */
	CHECK_EQ(kill(pid, 0), 0);
	CHECK(getpgid(pid) == getpgrp());
	int status;
	CHECK(wait4(pid, &status, 0, NULL) == pid);
	CHECK_ERR(kill(pid, 0), ESRCH);
}

static volatile int seen;

static void on_child(int sig, siginfo_t *info, void *context)
{
	(void)context;
	seen = sig == SIGCHLD && info->si_code == CLD_EXITED && info->si_status == 11 ? info->si_pid : -1;
}

static void tells(void)
{
	struct sigaction sa = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
	sigaction(SIGCHLD, &sa, NULL);
	int status;
	pid_t pid = child(11);
	CHECK(wait4(pid, &status, 0, NULL) == pid);
	CHECK(seen == pid);
	signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
	statuses();
	errors();
	nohang();
	stops();
	usage();
	not_waited_for();
	zombie();
	tells();
	DONE();
}
