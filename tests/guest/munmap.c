/* munmap(2) */
#include "memory.h"

int main(void)
{
	unsigned char *p = pages(10);

	probe_init();
	memset(p, 1, 10 * PG);
	CHECK_EQ(munmap(p + 4 * PG, 2 * PG), 0);
	CHECK_EQ(p[3 * PG], 1);
	CHECK_EQ(load(p + 4 * PG), MAPERR);
	CHECK_EQ(load(p + 5 * PG), MAPERR);
	CHECK_EQ(p[6 * PG], 1);
	/* Holes do not matter, lengths are rounded up. */
	CHECK_EQ(munmap(p, 10 * PG), 0);
	CHECK_EQ(munmap(p, 10 * PG), 0);
	p = pages(2);
	CHECK_EQ(munmap(p, PG + 1), 0);
	CHECK_EQ(load(p + PG), MAPERR);
	p = pages(1);
	CHECK_ERR(munmap(p + 1, PG), EINVAL);
	CHECK_ERR(munmap(p, 0), EINVAL);
	CHECK_ERR(munmap(p, -1ul), EINVAL);
	CHECK_ERR(munmap((void *)-PG, PG), EINVAL);
	CHECK_ERR(munmap((void *)(1ul << 47), PG), EINVAL);
	CHECK_EQ(load(p), 0);
	/* A system call sees the hole. */
	munmap(p, PG);
	CHECK_ERR(write(1, p, 1), EFAULT);
	DONE();
}
