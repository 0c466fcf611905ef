/* mote_advance_clock(): clocks jump together, and whoever sleeps until a time that has come is awake. On
 * Linux they wait a moment instead. */
#include "test.h"
#include <mote/test.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#define SECOND 1000000000ull
#define HOUR   (3600 * SECOND)

static bool here;

static long long now(int clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static long long now_by_call(int clock)
{
	struct timespec t;

	syscall(SYS_clock_gettime, clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* What a sleep of that many hours is here: on Linux a moment. */
static struct timespec hours(int n)
{
	return here ? (struct timespec){3600l * n, 0} : (struct timespec){0, 1000000 * n};
}

static void advance(unsigned long long ns)
{
	if (here && mote_advance_clock(ns)) {
		say("FAIL the clock does not advance (errno %d)", errno);
		test_failures++;
	}
}

static void clocks(void)
{
	long long mono = now(CLOCK_MONOTONIC), real = now(CLOCK_REALTIME), cpu = now(CLOCK_PROCESS_CPUTIME_ID);

	advance(5 * HOUR);
	long long mono2 = now(CLOCK_MONOTONIC), real2 = now(CLOCK_REALTIME), cpu2 = now(CLOCK_PROCESS_CPUTIME_ID);
	long long jump = here ? (long long)(5 * HOUR) : 0;
	CHECK(mono2 - mono >= jump && mono2 - mono < jump + 10 * (long long)SECOND);
	CHECK(real2 - real >= jump && real2 - real < jump + 10 * (long long)SECOND);
	CHECK(cpu2 - cpu < 5 * (long long)SECOND);
	/* The kernel's own clock and the vDSO's are one. */
	mono = now(CLOCK_MONOTONIC);
	mono2 = now_by_call(CLOCK_MONOTONIC);
	CHECK(mono2 >= mono && mono2 - mono < 10 * (long long)SECOND);
	CHECK(now(CLOCK_MONOTONIC) >= mono2);
	advance(0);
	advance(1);
	CHECK(now(CLOCK_MONOTONIC) > mono2);
}

static void limits(void)
{
	CHECK(mote_advance_clock(~0ull) == -1 && errno == (here ? EINVAL : ENOENT));
	CHECK_EQ(mote_advance_clock(1ull << 60), -1);
}

static int awake; /* sleepers that are done */

/* A sleeper ends with this: 0 when it slept as long as it should. */
static void *woken(long r)
{
	__atomic_add_fetch(&awake, 1, __ATOMIC_RELAXED);
	return (void *)r;
}

static void *sleeper(void *arg)
{
	struct timespec t = hours(2);

	(void)arg;
	return woken(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL));
}

static void *real_sleeper(void *arg)
{
	struct timespec t, wait = hours(2);

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += wait.tv_sec;
	t.tv_nsec += wait.tv_nsec;
	if (t.tv_nsec >= 1000000000)
		t.tv_sec++, t.tv_nsec -= 1000000000;
	return woken(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL));
}

static void *poller(void *arg)
{
	(void)arg;
	return woken(poll(NULL, 0, here ? 7200000 : 2));
}

static void *waiter(void *arg)
{
	static int word;
	struct timespec t = hours(2);
	long r = syscall(SYS_futex, &word, 0 /* WAIT */, 0, &t, NULL, 0);

	(void)arg;
	return woken(r != -1 || errno != ETIMEDOUT);
}

static void *epoller(void *arg)
{
	struct epoll_event e;

	return woken(epoll_wait(*(int *)arg, &e, 1, here ? 7200000 : 2));
}

static void sleepers(void)
{
	static void *(*const fn[])(void *) = {sleeper, real_sleeper, poller, waiter, epoller};
	pthread_t t[5];
	void *result;
	int ep = epoll_create1(0);

	for (int i = 0; i < 5; i++)
		pthread_create(&t[i], NULL, fn[i], &ep);
	/* Again and again: some may have fallen asleep only after a jump. */
	for (int i = 0; i < 3000 && __atomic_load_n(&awake, __ATOMIC_RELAXED) < 5; i++) {
		nanosleep(&(struct timespec){0, 10000000}, NULL);
		advance(1 * HOUR);
	}
	CHECK(awake == 5);
	for (int i = 0; i < 5; i++) {
		pthread_join(t[i], &result);
		CHECK(result == NULL);
	}
	close(ep);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void timers(void)
{
	struct itimerval it = {.it_value = {here ? 3600 : 0, here ? 0 : 1000}};
	struct itimerspec its = {.it_value = hours(1), .it_interval = hours(1)};
	struct pollfd p;
	uint64_t count = 0;
	int fd = timerfd_create(CLOCK_REALTIME, 0);

	signal(SIGALRM, on_alarm);
	CHECK_EQ(timerfd_settime(fd, 0, &its, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
	advance(3 * HOUR);
	while (!here && !alarms)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	CHECK_EQ(alarms, 1); /* on the way out of the call */
	p = (struct pollfd){fd, POLLIN, 0};
	CHECK_EQ(poll(&p, 1, here ? 0 : 10000), 1);
	CHECK_EQ(read(fd, &count, 8), 8);
	CHECK(here ? count == 3 : count >= 1); /* every interval is counted */
	close(fd);
	/* Not before its time. */
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	its = (struct itimerspec){.it_value = {7200, 0}};
	timerfd_settime(fd, 0, &its, NULL);
	advance(1 * HOUR);
	CHECK_ERR(read(fd, &count, 8), EAGAIN);
	CHECK_EQ(timerfd_gettime(fd, &its), 0);
	CHECK(its.it_value.tv_sec <= (here ? 3600 : 7200) && its.it_value.tv_sec > 3000);
	close(fd);
}

static void *spin(void *stop)
{
	while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED))
		;
	return NULL;
}

/* Others compute on: their CPU time and their turns know nothing of it. */
static void computing(void)
{
	pthread_t t[3];
	int stop = 0;

	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, spin, &stop);
	for (int i = 0; i < 20; i++) {
		advance(100 * SECOND);
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) < 100 * (long long)SECOND);
}

int main(void)
{
	here = mote_present();
	clocks();
	limits();
	sleepers();
	timers();
	computing();
	DONE();
}
