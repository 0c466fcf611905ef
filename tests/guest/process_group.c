/* setpgid(2), getpgid(2), getpgrp(2), setsid(2), getsid(2); orphaned groups. */
#include "test.h"

static int go[2];

static pid_t waiting_child(void)
{
	pid_t pid = fork();
	if (!pid) {
		char c;
		close(go[1]);
		read(go[0], &c, 1);
		_exit(0);
	}
	return pid;
}

static void errors(pid_t child)
{
	CHECK_ERR(setpgid(0, -1), EINVAL);
	CHECK_ERR(setpgid(-1, 0), EINVAL);
	CHECK_ERR(setpgid(-1, 5), ESRCH);
	CHECK_ERR(setpgid(1, 0), ESRCH);
	CHECK_ERR(setpgid(30001, 0), ESRCH);
	CHECK_ERR(setpgid(child, 30001), EPERM);
	CHECK_ERR(setpgid(0, 1), EPERM);
	CHECK_ERR(getpgid(30001), ESRCH);
	CHECK_ERR(getpgid(-1), ESRCH);
	CHECK_ERR(getsid(30001), ESRCH);
	CHECK_ERR(getsid(-1), ESRCH);
}

static void moves(pid_t child)
{
	CHECK(getpgid(0) == getpgrp() && getpgid(getpid()) == getpgrp());
	CHECK(getpgid(child) == getpgrp());
	CHECK(getsid(child) == getsid(0));
	CHECK_EQ(setpgid(child, 0), 0);
	CHECK(getpgid(child) == child);
	CHECK_EQ(setpgid(child, child), 0);
	CHECK_EQ(setpgid(child, getpgrp()), 0);
	CHECK(getpgid(child) == getpgrp());
}

static int in_session(void)
{
	int bad = setsid() != getpid();
	bad |= (getsid(0) != getpid() || getpgrp() != getpid()) << 1;
	bad |= (setsid() != -1 || errno != EPERM) << 2;	       /* a leader already */
	bad |= (setpgid(0, 0) != -1 || errno != EPERM) << 3;   /* a session leader stays */
	bad |= (open("/dev/tty", O_RDWR) != -1 || errno != ENXIO) << 4;
	return bad;
}

static void sessions(void)
{
	int status;
	pid_t pid = fork();
	if (!pid)
		_exit(in_session());
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		_exit(setsid() == -1 && errno == EPERM ? 0 : 1); /* a group of that number exists */
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

static void other_session(void)
{
	int ready[2];
	char c;
	pipe(ready);
	pid_t pid = fork();
	if (!pid) {
		close(go[1]);
		setsid();
		write(ready[1], "x", 1);
		read(go[0], &c, 1);
		_exit(0);
	}
	read(ready[0], &c, 1);
	CHECK_ERR(setpgid(pid, getpgrp()), EPERM);
	CHECK(getsid(pid) == pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void after_exec(char *self)
{
	int ready[2];
	char c, fd[16];
	pipe(ready);
	snprintf(fd, sizeof(fd), "%d", ready[1]);
	pid_t pid = fork();
	if (!pid) {
		execl(self, self, fd, NULL);
		_exit(1);
	}
	read(ready[0], &c, 1);
	CHECK_ERR(setpgid(pid, pid), EACCES);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A stopped child whose parent, its last link to the session, ends: SIGHUP and SIGCONT reach it. */
static void orphaned(void)
{
	int told[2], status;
	char c = 0;
	pipe(told);
	pid_t pid = fork();
	if (!pid) {
		setsid();
		pid_t stopped = fork();
		if (!stopped) {
			setpgid(0, 0);
			signal(SIGHUP, SIG_IGN);
			raise(SIGSTOP);
			write(told[1], "c", 1); /* continued */
			_exit(0);
		}
		waitpid(stopped, &status, WUNTRACED);
		_exit(WIFSTOPPED(status) ? 0 : 1);
	}
	close(told[1]);
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
	CHECK_EQ(read(told[0], &c, 1), 1);
	CHECK_EQ(c, 'c');
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		write(atoi(argv[1]), "x", 1);
		pause();
	}
	pipe(go);
	pid_t child = waiting_child();
	moves(child);
	errors(child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	sessions();
	other_session();
	after_exec(argv[0]);
	orphaned();
	DONE();
}
