/* brk(2), by the bare call. */
#include "memory.h"
#include <sys/resource.h>

static long raw_brk(long at)
{
	return syscall(SYS_brk, at);
}

int main(void)
{
	long start = raw_brk(0), at;
	unsigned char *p;
	struct rlimit limit = {1 << 20, 1 << 20};

	probe_init();
	CHECK(start > 0);
	CHECK_EQ(raw_brk(0) - start, 0);
	CHECK_EQ(raw_brk(start + 10 * PG) - start, 10 * PG);
	p = (unsigned char *)((start + PG - 1) & ~(PG - 1));
	CHECK_EQ(p[0] | p[5 * PG], 0);
	memset(p, 1, 9 * PG);
	/* Down and up again: zero. */
	CHECK_EQ(raw_brk(start + 2 * PG) - start, 2 * PG);
	CHECK_EQ(load(p + 5 * PG), MAPERR);
	CHECK_EQ(raw_brk(start + 10 * PG + 1) - start, 10 * PG + 1);
	CHECK_EQ(p[5 * PG], 0);
	CHECK_EQ(p[0], 1);
	/* What cannot be leaves the break where it is. */
	at = raw_brk(0);
	CHECK_EQ(raw_brk(1) - at, 0);
	CHECK_EQ(raw_brk(-1) - at, 0);
	CHECK_EQ(raw_brk(1l << 47) - at, 0);
	CHECK_EQ(setrlimit(RLIMIT_DATA, &limit), 0);
	CHECK_EQ(raw_brk(start + (4 << 20)) - at, 0);
	CHECK_EQ(raw_brk(start) - start, 0);
	DONE();
}
