/* pkey_alloc(2), pkey_free(2), pkey_mprotect(2) on a processor without protection keys. */
#include "memory.h"

int main(void)
{
	unsigned char *p = pages(2);

	probe_init();
	p[0] = 1;
	CHECK_ERR(syscall(SYS_pkey_alloc, 1, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pkey_alloc, 0, 8), EINVAL);
	CHECK_ERR(syscall(SYS_pkey_free, 5), EINVAL);
	CHECK_ERR(syscall(SYS_pkey_free, -1), EINVAL);
	CHECK_EQ(syscall(SYS_pkey_mprotect, p, PG, PROT_READ, -1), 0);
	CHECK_EQ(store(p, 2), ACCERR);
	CHECK_EQ(p[0], 1);
	CHECK_ERR(syscall(SYS_pkey_mprotect, p, PG, RW, 99), EINVAL);
	CHECK_ERR(syscall(SYS_pkey_mprotect, p + 1, PG, RW, -1), EINVAL);
	CHECK_ERR(syscall(SYS_pkey_mprotect, BAD_ADDRESS, PG, RW, 16), EINVAL);
	DONE();
}
