/* timer_create(2), timer_settime(2), timer_gettime(2), timer_getoverrun(2), timer_delete(2). */
#include "test.h"
#include <pthread.h>

struct event { /* struct sigevent as the kernel has it */
	union sigval value;
	int signo, notify, tid;
	int pad[11];
};

static long create(int clock, struct event *e, int *id)
{
	return syscall(SYS_timer_create, clock, e, id);
}

static long settime(int id, int flags, long sec, long ns, long isec, long ins, void *old)
{
	struct itimerspec v = {{isec, ins}, {sec, ns}};
	return syscall(SYS_timer_settime, id, flags, &v, old);
}

static sigset_t set;

static void errors(void)
{
	struct event e = {.signo = 40, .notify = SIGEV_SIGNAL};
	int id = -1;
	struct itimerspec v;
	CHECK_ERR(create(1000, &e, &id), EINVAL);
	CHECK_ERR(create(CLOCK_MONOTONIC, BAD_ADDRESS, &id), EFAULT);
	CHECK_ERR(create(CLOCK_MONOTONIC, &e, BAD_ADDRESS), EFAULT);
	e.signo = 65;
	CHECK_ERR(create(CLOCK_MONOTONIC, &e, &id), EINVAL);
	e.signo = 0;
	CHECK_ERR(create(CLOCK_MONOTONIC, &e, &id), EINVAL);
	e.signo = 40;
	e.notify = 77;
	CHECK_ERR(create(CLOCK_MONOTONIC, &e, &id), EINVAL);
	e.notify = 4; /* SIGEV_THREAD_ID */
	e.tid = 4000000;
	CHECK_ERR(create(CLOCK_MONOTONIC, &e, &id), EINVAL);
	CHECK_ERR(syscall(SYS_timer_gettime, 12345, &v), EINVAL);
	CHECK_ERR(syscall(SYS_timer_getoverrun, 12345), EINVAL);
	CHECK_ERR(syscall(SYS_timer_delete, 12345), EINVAL);
	CHECK_ERR(syscall(SYS_timer_delete, -1), EINVAL);
	CHECK_ERR(settime(12345, 0, 0, 0, 0, 0, NULL), EINVAL);
	e.notify = SIGEV_NONE;
	CHECK_EQ(create(CLOCK_MONOTONIC, &e, &id), 0);
	CHECK_ERR(settime(id, 0, 0, 1000000000, 0, 0, NULL), EINVAL);
	CHECK_ERR(settime(id, 0, -1, 0, 0, 0, NULL), EINVAL);
	CHECK_ERR(settime(id, 0, 0, 0, 0, -1, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timer_settime, id, 0, BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_timer_settime, id, 0, NULL, NULL), EINVAL);
	CHECK_ERR(settime(id, 0, 1, 0, 0, 0, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_timer_gettime, id, BAD_ADDRESS), EFAULT);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
	CHECK_ERR(syscall(SYS_timer_delete, id), EINVAL);
}

static void signals(int clock)
{
	struct event e = {.signo = 40, .notify = SIGEV_SIGNAL, .value.sival_int = 1234};
	struct itimerspec v;
	siginfo_t info;
	int id = -1;
	SHOW(clock);
	CHECK_EQ(create(clock, &e, &id), 0);
	CHECK_EQ(settime(id, 0, 0, 2000000, 0, 0, &v), 0);
	CHECK_EQ(v.it_value.tv_sec, 0);
	CHECK_EQ(sigwaitinfo(&set, &info), 40);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK_EQ(info.si_value.sival_int, 1234);
	CHECK_EQ(info.si_timerid == id, 1);
	CHECK_EQ(info.si_overrun, 0);
	CHECK_EQ(syscall(SYS_timer_gettime, id, &v), 0);
	CHECK_EQ(v.it_value.tv_nsec, 0);
	/* periodic, taken late: the periods between are overruns */
	CHECK_EQ(settime(id, 0, 0, 1000000, 0, 1000000, NULL), 0);
	struct timespec nap = {0, 10000000};
	nanosleep(&nap, NULL);
	CHECK_EQ(sigwaitinfo(&set, &info), 40);
	CHECK(info.si_overrun >= 5);
	CHECK_EQ(syscall(SYS_timer_getoverrun, id) == info.si_overrun, 1);
	CHECK_EQ(sigwaitinfo(&set, &info), 40);
	CHECK_EQ(settime(id, 0, 0, 0, 0, 0, &v), 0);
	CHECK_EQ(v.it_interval.tv_nsec, 1000000);
	/* absolute */
	struct timespec now;
	clock_gettime(clock, &now);
	sigset_t pending;
	while (sigpending(&pending), sigismember(&pending, 40))
		sigwaitinfo(&set, &info);
	CHECK_EQ(settime(id, TIMER_ABSTIME, now.tv_sec, now.tv_nsec, 0, 0, NULL), 0);
	CHECK_EQ(sigwaitinfo(&set, &info), 40);
	CHECK_EQ(settime(id, TIMER_ABSTIME, now.tv_sec + 1000, 0, 0, 0, NULL), 0);
	CHECK_EQ(syscall(SYS_timer_gettime, id, &v), 0);
	CHECK(v.it_value.tv_sec >= 900 && v.it_value.tv_sec <= 1000);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
}

/* No event given: SIGALRM with the timer's id. */
static void plain(void)
{
	siginfo_t info;
	int id = -1;
	CHECK_EQ(create(CLOCK_MONOTONIC, NULL, &id), 0);
	CHECK_EQ(settime(id, 0, 0, 1000000, 0, 0, NULL), 0);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGALRM);
	CHECK_EQ(info.si_value.sival_int == id, 1);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
}

static void to_thread(void)
{
	struct event e = {.signo = 41, .notify = 4, .tid = syscall(SYS_gettid)};
	siginfo_t info;
	int id = -1;
	CHECK_EQ(create(CLOCK_MONOTONIC, &e, &id), 0);
	CHECK_EQ(settime(id, 0, 0, 1000000, 0, 0, NULL), 0);
	CHECK_EQ(sigwaitinfo(&set, &info), 41);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
}

static void none(void)
{
	struct event e = {.notify = SIGEV_NONE};
	struct itimerspec v;
	int id = -1;
	CHECK_EQ(create(CLOCK_REALTIME, &e, &id), 0);
	CHECK_EQ(settime(id, 0, 500, 0, 7, 0, NULL), 0);
	CHECK_EQ(syscall(SYS_timer_gettime, id, &v), 0);
	CHECK(v.it_value.tv_sec >= 400 && v.it_value.tv_sec <= 500);
	CHECK_EQ(v.it_interval.tv_sec, 7);
	CHECK_EQ(settime(id, 0, 0, 1000, 0, 0, NULL), 0);
	struct timespec nap = {0, 2000000};
	nanosleep(&nap, NULL);
	CHECK_EQ(syscall(SYS_timer_gettime, id, &v), 0);
	CHECK_EQ(v.it_value.tv_nsec, 0);
	CHECK_EQ(syscall(SYS_timer_getoverrun, id), 0);
	/* not inherited by fork */
	pid_t child = fork();
	int status;
	if (!child)
		_exit(syscall(SYS_timer_gettime, id, &v) == -1 && errno == EINVAL ? 0 : 1);
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
}

static void cpu(void)
{
	struct event e = {.signo = 40, .notify = SIGEV_SIGNAL};
	sigset_t pending;
	int id = -1;
	CHECK_EQ(create(CLOCK_PROCESS_CPUTIME_ID, &e, &id), 0);
	CHECK_EQ(settime(id, 0, 0, 5000000, 0, 0, NULL), 0);
	do
		sigpending(&pending);
	while (!sigismember(&pending, 40));
	CHECK(sigismember(&pending, 40));
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
}

/* A timer of a nanosecond whose signal is ignored does not keep the processor to itself. */
static void ignored(void)
{
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec v = {{0, 1}, {0, 1}};
	timer_t t;
	signal(SIGUSR1, SIG_IGN);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &e, &t), 0);
	CHECK_EQ(timer_settime(t, 0, &v, NULL), 0);
	CHECK_EQ(usleep(20000), 0);
	CHECK_EQ(timer_delete(t), 0);
}

int main(void)
{
	sigemptyset(&set);
	sigaddset(&set, 40);
	sigaddset(&set, 41);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	errors();
	signals(CLOCK_MONOTONIC);
	signals(CLOCK_REALTIME);
	plain();
	to_thread();
	none();
	cpu();
	ignored();
	DONE();
}
