/* msync(2) */
#include "memory.h"

int main(void)
{
	char name[] = "/tmp/msync-XXXXXX";
	int fd = mkstemp(name);
	unsigned char *p, b;

	CHECK_EQ(ftruncate(fd, 4 * PG), 0);
	p = mmap(NULL, 4 * PG, RW, MAP_SHARED, fd, 0);
	p[PG] = 9;
	CHECK_EQ(msync(p, 4 * PG, MS_SYNC), 0);
	CHECK_EQ(pread(fd, &b, 1, PG), 1);
	CHECK_EQ(b, 9);
	CHECK_EQ(msync(p, 4 * PG, MS_ASYNC), 0);
	CHECK_EQ(msync(p, 4 * PG, MS_ASYNC | MS_INVALIDATE), 0);
	CHECK_EQ(msync(p, 0, MS_SYNC), 0);
	CHECK_EQ(msync(p, 1, 0), 0);
	CHECK_ERR(msync(p + 1, PG, MS_SYNC), EINVAL);
	CHECK_ERR(msync(p, PG, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERR(msync(p, PG, 64), EINVAL);
	CHECK_ERR(msync(p, -PG, MS_SYNC), ENOMEM);
	CHECK_EQ(mlock(p, PG), 0);
	CHECK_ERR(msync(p, PG, MS_INVALIDATE), EBUSY);
	munmap(p + 2 * PG, PG);
	CHECK_ERR(msync(p, 4 * PG, MS_SYNC), ENOMEM);
	CHECK_ERR(msync((void *)(1ul << 47), PG, MS_SYNC), ENOMEM);
	unlink(name);
	DONE();
}
