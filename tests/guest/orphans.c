/* Orphans: reparenting to init or a subreaper, PR_SET_PDEATHSIG, exit of a thread group's leader. */
#include "test.h"
#include <pthread.h>
#include <sys/prctl.h>

/* A grandchild whose parent ends; what it sees as its new parent. */
static pid_t new_parent(void)
{
	int told[2], go[2];
	pid_t seen = 0;
	pipe(told);
	pipe(go);
	pid_t pid = fork();
	if (!pid) {
		if (fork())
			_exit(0);
		char c;
		close(go[1]);
		read(go[0], &c, 1);
		pid_t now = getppid();
		write(told[1], &now, sizeof(now));
		_exit(12);
	}
	waitpid(pid, NULL, 0);
	close(go[1]);
	read(told[0], &seen, sizeof(seen));
	return seen;
}

static void reparenting(void)
{
	int value = 7, status;
	CHECK(new_parent() != getpid());
	CHECK_EQ(prctl(PR_GET_CHILD_SUBREAPER, &value), 0);
	CHECK_EQ(value, 0);
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	CHECK_EQ(prctl(PR_GET_CHILD_SUBREAPER, &value), 0);
	CHECK_EQ(value, 1);
	CHECK(new_parent() == getpid());
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 12 << 8);
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	CHECK_ERR(wait(&status), ECHILD);
}

static void death_signal(void)
{
	int told[2], status, value = 5;
	char c = 0;
	CHECK_ERR(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	CHECK_EQ(prctl(PR_GET_PDEATHSIG, &value), 0);
	CHECK_EQ(value, 0);
	pipe(told);
	pid_t pid = fork();
	if (!pid) {
		int ready[2];
		pipe(ready);
		if (!fork()) {
			sigset_t set;
			int sig;
			sigemptyset(&set);
			sigaddset(&set, SIGUSR1);
			sigprocmask(SIG_BLOCK, &set, NULL);
			prctl(PR_SET_PDEATHSIG, SIGUSR1);
			write(ready[1], "x", 1);
			sigwait(&set, &sig);
			c = sig == SIGUSR1 ? 'y' : 'n';
			write(told[1], &c, 1);
			_exit(0);
		}
		read(ready[0], &c, 1);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(read(told[0], &c, 1), 1);
	CHECK_EQ(c, 'y');
}

static void *second(void *arg)
{
	(void)arg;
	usleep(30000);
	syscall(SYS_exit_group, 23);
	return NULL;
}

/* The leader leaves first; the process lives until its last thread goes. */
static void leader_leaves(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		pthread_t t;
		pthread_create(&t, NULL, second, NULL);
		syscall(SYS_exit, 5);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 23 << 8);
}

static void *third(void *arg)
{
	(void)arg;
	usleep(20000);
	syscall(SYS_exit, 9);
	return NULL;
}

/* Without exit_group the last thread's status counts. */
static void last_status_counts(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		pthread_t t;
		pthread_create(&t, NULL, third, NULL);
		syscall(SYS_exit, 5);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 9 << 8);
}

int main(void)
{
	reparenting();
	death_signal();
	leader_leaves();
	last_status_counts();
	DONE();
}
