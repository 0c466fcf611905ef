/* signal(7), "Interruption of system calls": EINTR without SA_RESTART, going on with it. A periodic timer interrupts sooner or later. */
#include "test.h"
#include <poll.h>
#include <sys/select.h>

static int pipes[2];
static volatile int ticks, write_at;

static void handler(int sig)
{
	(void)sig;
	if (++ticks == write_at && write(pipes[1], "x", 1) != 1)
		_exit(9);
}

static void start(int flags, int at)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = flags};
	struct {
		struct timeval interval, value;
	} t = {{0, 5000}, {0, 5000}};
	ticks = 0;
	write_at = at;
	sigaction(SIGALRM, &a, NULL);
	syscall(SYS_setitimer, 0, &t, NULL);
}

static void stop(void)
{
	struct {
		struct timeval interval, value;
	} t = {0};
	syscall(SYS_setitimer, 0, &t, NULL);
}

static void reading(void)
{
	char c;
	start(0, 0);
	CHECK_ERR(read(pipes[0], &c, 1), EINTR);
	stop();
	start(SA_RESTART, 3);
	CHECK_EQ(read(pipes[0], &c, 1), 1);
	CHECK(ticks >= 3);
	stop();
}

static void waiting(void)
{
	int hold[2], status;
	if (pipe(hold))
		_exit(8);
	pid_t child = fork();
	if (!child) {
		char c;
		close(hold[1]);
		_exit(read(hold[0], &c, 1) == 0 ? 5 : 6);
	}
	close(hold[0]);
	start(0, 0);
	CHECK_ERR(waitpid(child, &status, 0), EINTR);
	stop();
	close(hold[1]);
	CHECK_EQ(waitpid(child, &status, 0) == child, 1);
	CHECK_EQ(WEXITSTATUS(status), 5);
}

/* These are never restarted after a handler (signal(7)). */
static void never(void)
{
	struct timespec hour = {3600, 0}, left = {0, 0};
	start(SA_RESTART, 0);
	CHECK_ERR(nanosleep(&hour, &left), EINTR);
	CHECK(left.tv_sec > 3000 && left.tv_sec <= 3600);
	left.tv_sec = 0;
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, &left), EINTR);
	CHECK(left.tv_sec > 3000 && left.tv_sec <= 3600);
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 3600;
	left = (struct timespec){77, 77};
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, &left), EINTR);
	CHECK_EQ(left.tv_sec, 77);
	struct pollfd p = {.fd = pipes[0], .events = POLLIN};
	CHECK_ERR(poll(&p, 1, -1), EINTR);
	CHECK_ERR(poll(&p, 1, 3600000), EINTR);
	struct timeval tv = {3600, 0};
	fd_set set;
	FD_ZERO(&set);
	FD_SET(pipes[0], &set);
	CHECK_ERR(syscall(SYS_select, pipes[0] + 1, &set, NULL, NULL, &tv), EINTR);
	CHECK(tv.tv_sec > 3000 && tv.tv_sec <= 3600);
	CHECK(FD_ISSET(pipes[0], &set));
	stop();
}

/* A stop and a continuation, without a handler, are not seen by the sleeper. */
static void unseen(void)
{
	int ready[2], status;
	char c;
	if (pipe(ready))
		_exit(8);
	pid_t child = fork();
	if (!child) {
		struct timespec nap = {0, 30000000};
		struct pollfd p = {.fd = pipes[0], .events = POLLIN};
		if (write(ready[1], "r", 1) != 1)
			_exit(7);
		if (nanosleep(&nap, NULL) || poll(&p, 1, 30) || read(pipes[0], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	if (read(ready[0], &c, 1) != 1)
		_exit(7);
	for (int i = 0; i < 10; i++) {
		kill(child, SIGSTOP);
		waitpid(child, &status, WUNTRACED);
		kill(child, SIGCONT);
	}
	if (write(pipes[1], "y", 1) != 1)
		_exit(7);
	waitpid(child, &status, 0);
	/* poll may have seen the byte already: then it answered 1 */
	CHECK(status == 0 || WEXITSTATUS(status) == 1);
	CHECK(WIFEXITED(status));
}

int main(void)
{
	if (pipe(pipes))
		return 9;
	reading();
	waiting();
	never();
	unseen();
	CHECK_ERR(syscall(SYS_restart_syscall), EINTR);
	DONE();
}
