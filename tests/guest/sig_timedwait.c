/* rt_sigtimedwait(2). */
#include "test.h"

#define BIT(s) (1ul << ((s)-1))

static long twait(unsigned long set, siginfo_t *info, long sec, long ns)
{
	struct timespec t = {sec, ns};
	return syscall(SYS_rt_sigtimedwait, &set, info, sec == -2 ? NULL : &t, 8);
}

static volatile int got;

static void handler(int sig)
{
	got = sig;
}

static void tick(int on)
{
	struct {
		struct timeval interval, value;
	} t = {{0, on ? 5000 : 0}, {0, on ? 5000 : 0}};
	syscall(SYS_setitimer, 0, &t, NULL);
}

int main(void)
{
	unsigned long set = BIT(SIGUSR1) | BIT(40) | BIT(41) | BIT(SIGCHLD);
	siginfo_t info;
	struct timespec zero = {0, 0};
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);

	CHECK_ERR(twait(set, &info, 0, 0), EAGAIN);
	CHECK_ERR(twait(set, &info, 0, 2000000), EAGAIN);
	CHECK_ERR(twait(set, &info, -1, 0), EINVAL);
	CHECK_ERR(twait(set, &info, 0, 1000000000), EINVAL);
	CHECK_ERR(twait(set, &info, 0, -1), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, BAD_ADDRESS, NULL, &zero, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, BAD_ADDRESS, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 4), EINVAL);

	raise(SIGUSR1);
	CHECK_EQ(twait(set, &info, 0, 0), SIGUSR1);
	CHECK_EQ(info.si_signo, SIGUSR1);
	CHECK_EQ(info.si_code, SI_TKILL);
	CHECK_EQ(info.si_pid == getpid(), 1);
	union sigval v = {.sival_int = 5};
	sigqueue(getpid(), 41, v);
	v.sival_int = 6;
	sigqueue(getpid(), 40, v);
	raise(SIGUSR1);
	CHECK_EQ(twait(BIT(40) | BIT(41), &info, 1, 0), 40);
	CHECK_EQ(info.si_value.sival_int, 6);
	CHECK_EQ(twait(~0ul, &info, -2, 0), SIGUSR1);
	CHECK_EQ(twait(~0ul, NULL, -2, 0), 41);
	raise(SIGUSR1);
	CHECK_ERR(twait(set, BAD_ADDRESS, 0, 0), EFAULT);
	CHECK_ERR(twait(set, NULL, 0, 0), EAGAIN); /* it was taken all the same */

	/* a child's end wakes the wait, ignored by default or not */
	pid_t child = fork();
	if (!child)
		_exit(3);
	CHECK_EQ(twait(BIT(SIGCHLD), &info, -2, 0), SIGCHLD);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 3);
	CHECK_EQ(info.si_pid == child, 1);
	waitpid(child, NULL, 0);

	/* another signal's handler: EINTR, never restarted */
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &a, NULL);
	tick(1);
	CHECK_ERR(twait(set, &info, -2, 0), EINTR);
	CHECK_EQ(got, SIGALRM);
	/* waiting for an unblocked signal takes it before its handler */
	tick(0);
	got = 0;
	struct sigaction b = {.sa_handler = handler};
	sigaction(SIGUSR2, &b, NULL);
	child = fork();
	if (!child) {
		pid_t parent = getppid();
		unsigned long both = BIT(SIGUSR2);
		syscall(SYS_rt_sigprocmask, SIG_BLOCK, &both, NULL, 8);
		kill(parent, 40);
		_exit(0);
	}
	CHECK_EQ(twait(BIT(40), &info, -2, 0), 40);
	CHECK_EQ(info.si_code, SI_USER);
	CHECK_EQ(info.si_pid == child, 1);
	CHECK_EQ(got, 0);
	waitpid(child, NULL, 0);
	DONE();
}
