/* mprotect(2) */
#include "memory.h"

/* The libc rounds addresses. */
#define MPROTECT(addr, len, prot) syscall(SYS_mprotect, addr, len, prot)

int main(void)
{
	unsigned char *p = pages(8);
	int fds[2];

	probe_init();
	memset(p, 3, 8 * PG);
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(MPROTECT(p + 2 * PG, 2 * PG, PROT_READ), 0);
	CHECK_EQ(store(p + PG, 4), 0);
	CHECK_EQ(store(p + 2 * PG, 4), ACCERR);
	CHECK_EQ(load(p + 3 * PG), 0);
	CHECK_EQ(store(p + 4 * PG, 4), 0);
	CHECK_EQ(MPROTECT(p, 8 * PG, PROT_NONE), 0);
	CHECK_EQ(load(p), ACCERR);
	CHECK_EQ(load(p + 7 * PG), ACCERR);
	/* The kernel may not read it on the program's behalf either. */
	CHECK_ERR(write(fds[1], p, 1), EFAULT);
	CHECK_EQ(MPROTECT(p, 8 * PG, RW), 0);
	CHECK_EQ(p[2 * PG], 3);
	CHECK_EQ(p[4 * PG], 4);
	CHECK_EQ(store(p + 2 * PG, 5), 0);
	CHECK_EQ(p[2 * PG], 5);
	CHECK_EQ(MPROTECT(p, PG, PROT_READ), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_ERR(read(fds[0], p, 1), EFAULT);
	CHECK_EQ(MPROTECT(p, 0, PROT_READ), 0);
	CHECK_ERR(MPROTECT(p + 1, PG, PROT_READ), EINVAL);
	CHECK_ERR(MPROTECT(p, PG, 0x40), EINVAL);
	CHECK_ERR(MPROTECT(p, PG, PROT_GROWSUP | PROT_GROWSDOWN), EINVAL);
	CHECK_ERR(MPROTECT(p, PG, PROT_READ | PROT_GROWSDOWN), EINVAL);
	CHECK_ERR(MPROTECT(p, -PG, PROT_READ), ENOMEM);
	CHECK_ERR(MPROTECT((void *)(1ul << 47), PG, PROT_READ), ENOMEM);
	/* What lies before a hole is changed. */
	munmap(p + 4 * PG, PG);
	CHECK_ERR(MPROTECT(p, 8 * PG, PROT_READ), ENOMEM);
	CHECK_EQ(store(p + 3 * PG, 1), ACCERR);
	CHECK_EQ(store(p + 5 * PG, 1), 0);
	DONE();
}
