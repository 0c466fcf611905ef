/* getrusage(2), times(2): CPU time goes up and is handed to the parent. */
#include "test.h"
#include <sys/resource.h>
#include <sys/times.h>

static long long used(int who)
{
	struct rusage r;
	if (getrusage(who, &r))
		return -1;
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000ll + r.ru_utime.tv_usec + r.ru_stime.tv_usec;
}

static void burn(long long microseconds)
{
	long long start = used(RUSAGE_SELF);
	while (used(RUSAGE_SELF) - start < microseconds)
		for (volatile int i = 0; i < 10000; i++)
			;
}

int main(void)
{
	struct rusage r;
	struct tms t;
	int status;
	memset(&r, 0xff, sizeof(r));
	CHECK_EQ(getrusage(RUSAGE_SELF, &r), 0);
	CHECK(r.ru_utime.tv_usec >= 0 && r.ru_utime.tv_usec < 1000000);
	CHECK(r.ru_ixrss == 0 && r.ru_nswap == 0 && r.ru_nsignals == 0);
	burn(60000);
	CHECK(used(RUSAGE_SELF) >= 60000);
	CHECK(used(1 /* RUSAGE_THREAD */) >= 60000);
	CHECK(times(&t) != -1);
	CHECK(t.tms_utime + t.tms_stime >= 5);
	CHECK_EQ(t.tms_cutime, 0);
	CHECK(used(RUSAGE_CHILDREN) == 0);
	pid_t pid = fork();
	if (!pid) {
		long long mine = used(RUSAGE_SELF);
		burn(60000);
		_exit(mine >= 50000);
	}
	CHECK(used(RUSAGE_CHILDREN) == 0); /* not before it was waited for */
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 0);
	CHECK(used(RUSAGE_CHILDREN) >= 60000);
	times(&t);
	CHECK(t.tms_cutime + t.tms_cstime >= 5);
	CHECK(syscall(SYS_times, NULL) > 0);
	CHECK_ERR(syscall(SYS_times, BAD_ADDRESS), EFAULT);
	CHECK_ERR(getrusage(2, &r), EINVAL);
	CHECK_ERR(getrusage(-2, &r), EINVAL);
	CHECK_ERR(syscall(SYS_getrusage, 0, BAD_ADDRESS), EFAULT);
	DONE();
}
