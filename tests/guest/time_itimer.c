/* setitimer(2), getitimer(2), alarm(2). */
#include "test.h"
#include <sys/time.h>

static volatile int alarms, virtuals, profs;

static void handler(int sig)
{
	alarms += sig == SIGALRM;
	virtuals += sig == SIGVTALRM;
	profs += sig == SIGPROF;
}

static long set(int which, long sec, long usec, long isec, long iusec, struct itimerval *old)
{
	struct itimerval v = {{isec, iusec}, {sec, usec}};
	return syscall(SYS_setitimer, which, &v, old);
}

static void real(void)
{
	struct itimerval old;
	sigset_t block, none;
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGALRM);
	sigprocmask(SIG_BLOCK, &block, NULL);
	CHECK_EQ(set(ITIMER_REAL, 0, 2000, 0, 0, NULL), 0);
	sigsuspend(&none);
	CHECK_EQ(alarms, 1);
	CHECK_EQ(syscall(SYS_getitimer, ITIMER_REAL, &old), 0);
	CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
	CHECK_EQ(set(ITIMER_REAL, 0, 2000, 0, 3000, NULL), 0);
	while (alarms < 5)
		sigsuspend(&none);
	CHECK_EQ(set(ITIMER_REAL, 100, 0, 50, 7, &old), 0);
	CHECK_EQ(old.it_interval.tv_usec, 3000);
	CHECK_EQ(syscall(SYS_getitimer, ITIMER_REAL, &old), 0);
	CHECK(old.it_value.tv_sec >= 90 && old.it_value.tv_sec <= 100);
	CHECK_EQ(old.it_interval.tv_sec, 50);
	CHECK_EQ(old.it_interval.tv_usec, 7);
	CHECK_EQ(set(ITIMER_REAL, 0, 0, 50, 0, &old), 0);
	CHECK_EQ(syscall(SYS_getitimer, ITIMER_REAL, &old), 0);
	CHECK_EQ(old.it_value.tv_sec, 0);
}

static void burn(volatile int *until)
{
	while (*until < 2)
		for (volatile int i = 0; i < 100000; i++)
			;
}

static void cpu(void)
{
	struct itimerval old;
	CHECK_EQ(set(ITIMER_VIRTUAL, 0, 5000, 0, 5000, NULL), 0);
	burn(&virtuals);
	CHECK(virtuals >= 2);
	CHECK_EQ(set(ITIMER_VIRTUAL, 0, 0, 0, 0, &old), 0);
	CHECK_EQ(old.it_interval.tv_usec, 5000);
	CHECK_EQ(set(ITIMER_PROF, 0, 5000, 0, 5000, NULL), 0);
	burn(&profs);
	CHECK(profs >= 2);
	CHECK_EQ(set(ITIMER_PROF, 0, 0, 0, 0, NULL), 0);
	CHECK_EQ(syscall(SYS_getitimer, ITIMER_PROF, &old), 0);
	CHECK_EQ(old.it_value.tv_usec, 0);
}

static void errors(void)
{
	struct itimerval v = {{0, 0}, {0, 0}};
	CHECK_ERR(syscall(SYS_getitimer, 3, &v), EINVAL);
	CHECK_ERR(syscall(SYS_getitimer, -1, &v), EINVAL);
	CHECK_ERR(syscall(SYS_getitimer, 0, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_setitimer, 3, &v, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_setitimer, -1, &v, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_setitimer, 0, BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_setitimer, 0, &v, BAD_ADDRESS), EFAULT);
	CHECK_ERR(set(0, 0, 1000000, 0, 0, NULL), EINVAL);
	CHECK_ERR(set(0, 0, -1, 0, 0, NULL), EINVAL);
	CHECK_ERR(set(0, -1, 0, 0, 0, NULL), EINVAL);
	CHECK_ERR(set(0, 0, 0, 0, 1000000, NULL), EINVAL);
}

static void alarms_of_alarm(void)
{
#ifdef SYS_alarm
	CHECK_EQ(syscall(SYS_alarm, 0), 0);
	CHECK_EQ(syscall(SYS_alarm, 1000), 0);
	long left = syscall(SYS_alarm, 10);
	CHECK(left >= 990 && left <= 1000);
	CHECK_EQ(set(ITIMER_REAL, 1, 400000, 0, 0, NULL), 0);
	left = syscall(SYS_alarm, 0);
	CHECK_EQ(left, 1); /* to the nearest second, but never 0 for one that is set */
	CHECK_EQ(syscall(SYS_alarm, 0), 0);
	CHECK_EQ(syscall(SYS_alarm, -1), 0);
	CHECK(syscall(SYS_alarm, 0) > 1000000);
#endif
	/* not inherited */
	int status;
	set(ITIMER_REAL, 1000, 0, 0, 0, NULL);
	pid_t child = fork();
	if (!child) {
		struct itimerval v;
		syscall(SYS_getitimer, ITIMER_REAL, &v);
		_exit(v.it_value.tv_sec != 0);
	}
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
	set(ITIMER_REAL, 0, 0, 0, 0, NULL);
}

int main(void)
{
	struct sigaction a = {.sa_handler = handler};
	sigaction(SIGALRM, &a, NULL);
	sigaction(SIGVTALRM, &a, NULL);
	sigaction(SIGPROF, &a, NULL);
	real();
	cpu();
	errors();
	alarms_of_alarm();
	DONE();
}
