/* mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2). */
#include "memory.h"
#include <sys/resource.h>

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

static int unprivileged(void)
{
	struct rlimit limit = {8 * PG, 8 * PG};
	unsigned char *p = pages(16);

	setrlimit(RLIMIT_MEMLOCK, &limit);
	if (setuid(12345))
		return 1;
	CHECK_EQ(mlock(p, 8 * PG), 0);
	CHECK_EQ(mlock(p, 8 * PG), 0);
	CHECK_ERR(mlock(p + 8 * PG, PG), ENOMEM);
	CHECK_EQ(munlock(p, PG), 0);
	CHECK_EQ(mlock(p + 8 * PG, PG), 0);
	CHECK_ERR(mlockall(MCL_CURRENT), ENOMEM);
	CHECK_ERR(RAW_MMAP(0, PG, RW, ANON | MAP_LOCKED, -1, 0), EAGAIN);
	munlock(p, 16 * PG);
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_MEMLOCK, &limit);
	CHECK_ERR(mlock(p, PG), EPERM);
	CHECK_ERR(mlockall(MCL_CURRENT), EPERM);
	CHECK_ERR(RAW_MMAP(0, PG, RW, ANON | MAP_LOCKED, -1, 0), EPERM);
	return test_failures != 0;
}

int main(void)
{
	unsigned char *p = pages(8), vec[8];

	CHECK_EQ(mlock(p + 1, PG), 0);
	CHECK_EQ(mincore(p, 8 * PG, vec), 0);
	CHECK_EQ(vec[0] & vec[1] & 1, 1);
	CHECK_EQ(munlock(p, 2 * PG), 0);
	CHECK_EQ(mlock(p, 0), 0);
	CHECK_EQ(mlock(p, -1ul), 0);
	CHECK_ERR(mlock(p, -PG), EINVAL);
	CHECK_ERR(munlock(p, -PG), EINVAL);
	CHECK_EQ(syscall(SYS_mlock2, p + 4 * PG, PG, MLOCK_ONFAULT), 0);
	CHECK_EQ(mincore(p, 8 * PG, vec), 0);
	CHECK_EQ(vec[4] & 1, 0);
	CHECK_ERR(syscall(SYS_mlock2, p, PG, 2), EINVAL);
	munmap(p + 2 * PG, PG);
	CHECK_ERR(mlock(p, 8 * PG), ENOMEM);
	CHECK_ERR(munlock(p, 8 * PG), ENOMEM);
	CHECK_ERR(mlock(BAD_ADDRESS, PG), ENOMEM);
	CHECK_ERR(mlockall(0), EINVAL);
	CHECK_ERR(mlockall(MCL_ONFAULT), EINVAL);
	CHECK_ERR(mlockall(8), EINVAL);
	CHECK_EQ(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	p = pages(4);
	CHECK_EQ(mincore(p, 4 * PG, vec), 0);
	CHECK_EQ(vec[3] & 1, 1);
	CHECK_EQ(munlockall(), 0);
	p = mmap(NULL, 64 * PG, RW, ANON, -1, 0);
	CHECK_EQ(mincore(p + 60 * PG, PG, vec), 0);
	CHECK_EQ(vec[0] & 1, 0);
	CHECK_EQ(in_child(unprivileged), 0);
	DONE();
}
