/* clock_gettime(2), clock_getres(2), clock_settime(2), gettimeofday(2), settimeofday(2), time(2): answers, order, errors. */
#include "test.h"
#include <sys/time.h>

static long get(int clock, struct timespec *t)
{
	return syscall(SYS_clock_gettime, clock, t);
}

static long long ns(struct timespec t)
{
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void reading(void)
{
	static const int clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 11};
	for (unsigned i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		struct timespec a = {-1, -1}, b, res;
		SHOW(clocks[i]);
		CHECK_EQ(get(clocks[i], &a), 0);
		CHECK_EQ(get(clocks[i], &b), 0);
		CHECK(a.tv_sec >= 0 && a.tv_nsec >= 0 && a.tv_nsec < 1000000000);
		CHECK(ns(b) >= ns(a));
		if (clocks[i] < 7) {
			CHECK_EQ(syscall(SYS_clock_getres, clocks[i], &res), 0);
			CHECK(res.tv_sec == 0 && res.tv_nsec > 0);
			CHECK_EQ(syscall(SYS_clock_getres, clocks[i], NULL), 0);
		}
	}
}

static void errors(void)
{
	struct timespec t;
	CHECK_ERR(get(10, &t), EINVAL);
	CHECK_ERR(get(12, &t), EINVAL);
	CHECK_ERR(get(1000, &t), EINVAL);
	CHECK_ERR(get(-1, &t), EINVAL);
	CHECK_ERR(get(INT32_MIN, &t), EINVAL);
	CHECK_ERR(get(0, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_clock_getres, 1000, &t), EINVAL);
	CHECK_ERR(syscall(SYS_clock_getres, 1, BAD_ADDRESS), EFAULT);
	t = (struct timespec){-1, 0};
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &t), EINVAL);
	t = (struct timespec){1600000000, 1000000000};
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &t), EINVAL);
	t.tv_nsec = 0;
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &t), EINVAL);
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_BOOTTIME, &t), EINVAL);
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_PROCESS_CPUTIME_ID, &t), EINVAL);
	CHECK_ERR(syscall(SYS_clock_settime, (clockid_t)((unsigned)~0 << 3 | 2), &t), EPERM);
	CHECK_ERR(syscall(SYS_clock_settime, 1000, &t), EINVAL);
	struct timeval tv = {1600000000, 1000000};
	CHECK_ERR(syscall(SYS_settimeofday, &tv, NULL), EINVAL);
	tv.tv_usec = -1;
	CHECK_ERR(syscall(SYS_settimeofday, &tv, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_settimeofday, BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_settimeofday, NULL, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_gettimeofday, BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_gettimeofday, NULL, BAD_ADDRESS), EFAULT);
	CHECK_EQ(syscall(SYS_gettimeofday, NULL, NULL), 0);
#ifdef SYS_time
	CHECK_ERR(syscall(SYS_time, BAD_ADDRESS), EFAULT);
#endif
}

/* The real-time clocks agree, by system call and in the vDSO. */
static void agree(void)
{
	struct timespec a, b;
	struct timeval tv;
	struct timezone tz = {1, 1};
	get(CLOCK_REALTIME, &a);
	CHECK_EQ(syscall(SYS_gettimeofday, &tv, &tz), 0);
	get(CLOCK_REALTIME, &b);
	CHECK(ns(a) / 1000 <= tv.tv_sec * 1000000ll + tv.tv_usec);
	CHECK(tv.tv_sec * 1000000ll + tv.tv_usec <= ns(b) / 1000);
	CHECK_EQ(tz.tz_dsttime, 0);
#ifdef SYS_time
	long t = -1, r = syscall(SYS_time, &t);
	CHECK_EQ(r == t, 1);
	CHECK(r >= b.tv_sec && r <= b.tv_sec + 60);
#endif
	get(CLOCK_MONOTONIC, &a);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(ns(b) >= ns(a));
	get(CLOCK_MONOTONIC, &a);
	CHECK(ns(a) >= ns(b));
	clock_gettime(CLOCK_REALTIME, &b);
	CHECK(b.tv_sec > 1500000000);
}

static void user(void)
{
	int status;
	pid_t child = fork();
	if (!child) {
		struct timespec t = {1600000000, 0};
		struct timeval tv = {1600000000, 0};
		struct timezone tz = {0, 0};
		if (setuid(1000))
			_exit(99);
		CHECK_ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &t), EPERM);
		CHECK_ERR(syscall(SYS_settimeofday, &tv, NULL), EPERM);
		CHECK_ERR(syscall(SYS_settimeofday, NULL, &tz), EPERM);
		_exit(test_failures);
	}
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
}

/* CPU time: grows with work; of another process by id. */
static void cpu_time(void)
{
	struct timespec a, b, c;
	get(CLOCK_PROCESS_CPUTIME_ID, &a);
	do {
		for (volatile int i = 0; i < 100000; i++)
			;
		get(CLOCK_PROCESS_CPUTIME_ID, &b);
	} while (ns(b) - ns(a) < 5000000);
	CHECK(ns(b) > ns(a));
	get(CLOCK_THREAD_CPUTIME_ID, &c);
	CHECK(ns(c) >= 5000000);
	clockid_t own = (clockid_t)((unsigned)~getpid() << 3 | 2);
	CHECK_EQ(get(own, &c), 0);
	CHECK(ns(c) >= ns(b));
	CHECK_EQ(get((clockid_t)((unsigned)~0 << 3 | 2), &c), 0);
	CHECK_EQ(get((clockid_t)((unsigned)~0 << 3 | 6), &c), 0);
	CHECK_ERR(get((clockid_t)((unsigned)~4000000 << 3 | 2), &c), EINVAL);
	CHECK_ERR(get((clockid_t)((unsigned)~getpid() << 3 | 3), &c), EINVAL);
	pid_t child = fork();
	if (!child)
		for (;;)
			pause();
	CHECK_EQ(get((clockid_t)((unsigned)~child << 3 | 2), &c), 0);
	CHECK(ns(c) < ns(b));
	CHECK_ERR(get((clockid_t)((unsigned)~child << 3 | 6), &c), EINVAL); /* a thread of another process */
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK_ERR(get((clockid_t)((unsigned)~child << 3 | 2), &c), EINVAL);
}

int main(void)
{
	reading();
	errors();
	agree();
	user();
	cpu_time();
	DONE();
}
