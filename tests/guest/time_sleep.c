/* nanosleep(2), clock_nanosleep(2): never too short; errors. */
#include "test.h"

static long long now(int clock)
{
	struct timespec t;
	syscall(SYS_clock_gettime, clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static long nap(const void *req, void *rem)
{
	return syscall(SYS_nanosleep, req, rem);
}

static long clock_nap(int clock, int flags, const void *req, void *rem)
{
	return syscall(SYS_clock_nanosleep, clock, flags, req, rem);
}

static void relative(int clock)
{
	struct timespec t = {0, 3000000};
	long long start = now(CLOCK_MONOTONIC);
	SHOW(clock);
	CHECK_EQ(clock_nap(clock, 0, &t, NULL), 0);
	CHECK(now(CLOCK_MONOTONIC) - start >= 3000000);
}

static void absolute(int clock)
{
	long long until = now(clock) + 3000000;
	struct timespec t = {until / 1000000000, until % 1000000000};
	SHOW(clock);
	CHECK_EQ(clock_nap(clock, TIMER_ABSTIME, &t, NULL), 0);
	CHECK(now(clock) >= until);
	CHECK_EQ(clock_nap(clock, TIMER_ABSTIME, &t, NULL), 0); /* past already */
}

int main(void)
{
	struct timespec t = {0, 2000000}, zero = {0, 0}, left = {5, 5};
	long long start = now(CLOCK_MONOTONIC);
	CHECK_EQ(nap(&t, &left), 0);
	CHECK(now(CLOCK_MONOTONIC) - start >= 2000000);
	CHECK_EQ(left.tv_sec, 5);
	CHECK_EQ(nap(&zero, NULL), 0);
	t = (struct timespec){0, 1000000000};
	CHECK_ERR(nap(&t, NULL), EINVAL);
	t = (struct timespec){0, -1};
	CHECK_ERR(nap(&t, NULL), EINVAL);
	t = (struct timespec){-1, 0};
	CHECK_ERR(nap(&t, NULL), EINVAL);
	CHECK_ERR(nap(BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERR(nap(NULL, NULL), EFAULT);
	CHECK_EQ(nap(&zero, BAD_ADDRESS), 0);

	relative(CLOCK_REALTIME);
	relative(CLOCK_MONOTONIC);
	relative(CLOCK_BOOTTIME);
	relative(CLOCK_TAI);
	absolute(CLOCK_REALTIME);
	absolute(CLOCK_MONOTONIC);
	absolute(CLOCK_BOOTTIME);
	absolute(CLOCK_TAI);
	CHECK_ERR(clock_nap(CLOCK_THREAD_CPUTIME_ID, 0, &zero, NULL), EOPNOTSUPP);
	CHECK_ERR(clock_nap(CLOCK_MONOTONIC_RAW, 0, &zero, NULL), EOPNOTSUPP);
	CHECK_ERR(clock_nap(CLOCK_MONOTONIC_COARSE, 0, &zero, NULL), EOPNOTSUPP);
	CHECK_ERR(clock_nap(CLOCK_REALTIME_COARSE, 0, &zero, NULL), EOPNOTSUPP);
	CHECK_ERR(clock_nap(1000, 0, &zero, NULL), EINVAL);
	CHECK_ERR(clock_nap(10, 0, &zero, NULL), EINVAL);
	CHECK_ERR(clock_nap(CLOCK_MONOTONIC, 0, BAD_ADDRESS, NULL), EFAULT);
	t = (struct timespec){0, 1000000000};
	CHECK_ERR(clock_nap(CLOCK_MONOTONIC, 0, &t, NULL), EINVAL);
	t = (struct timespec){-1, 0};
	CHECK_ERR(clock_nap(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), EINVAL);
	CHECK_EQ(clock_nap(CLOCK_MONOTONIC, 0, &zero, NULL), 0);

	/* the longest sleep there is does not end by overflow: a signal ends it */
	pid_t child = fork();
	if (!child) {
		struct timespec ever = {INT64_MAX, 999999999};
		nap(&ever, NULL);
		_exit(1);
	}
	t = (struct timespec){0, 20000000};
	nap(&t, NULL);
	int status;
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	kill(child, SIGTERM);
	waitpid(child, &status, 0);
	CHECK_EQ(status, SIGTERM);
	DONE();
}
