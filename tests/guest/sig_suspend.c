/* rt_sigsuspend(2), pause(2). */
#include "test.h"

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
	unsigned long none = 0, old, all = ~0ul;
	struct sigaction a = {.sa_handler = handler};
	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGALRM, &a, NULL);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);

	raise(SIGUSR1);
	CHECK_EQ(got, 0);
	CHECK_ERR(syscall(SYS_rt_sigsuspend, &none, 8), EINTR);
	CHECK_EQ(got, SIGUSR1);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &old, 8);
	CHECK_EQ(old, 1ul << (SIGUSR1 - 1) | 1ul << (SIGUSR2 - 1));

	CHECK_ERR(syscall(SYS_rt_sigsuspend, &none, 4), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigsuspend, BAD_ADDRESS, 8), EFAULT);

	/* an ignored signal does not end the wait, a handled one does, even with everything else blocked */
	signal(SIGUSR2, SIG_IGN);
	raise(SIGUSR2);
	got = 0;
	all &= ~(1ul << (SIGALRM - 1)) & ~(1ul << (SIGUSR2 - 1));
	tick(1);
	CHECK_ERR(syscall(SYS_rt_sigsuspend, &all, 8), EINTR);
	CHECK_EQ(got, SIGALRM);

	/* with a periodic signal pause ends, SA_RESTART or not */
	got = 0;
	CHECK_ERR(syscall(SYS_pause), EINTR);
	CHECK_EQ(got, SIGALRM);
	a.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &a, NULL);
	got = 0;
	CHECK_ERR(syscall(SYS_pause), EINTR);
	CHECK_EQ(got, SIGALRM);
	tick(0);

	/* death ends it too */
	pid_t child = fork();
	if (!child)
		for (;;)
			syscall(SYS_pause);
	int status;
	kill(child, SIGTERM);
	waitpid(child, &status, 0);
	CHECK_EQ(status, SIGTERM);
	DONE();
}
