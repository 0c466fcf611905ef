/* process_vm_readv(2), process_vm_writev(2). */
#include "memory.h"
#include <sys/uio.h>

static pid_t child;

#define READV(l, nl, r, nr, f) syscall(SYS_process_vm_readv, child, l, nl, r, nr, f)
#define WRITEV(l, nl, r, nr, f) syscall(SYS_process_vm_writev, child, l, nl, r, nr, f)

int main(void)
{
	unsigned char *p = pages(4), *ro = pages(1), buf[16] = {0}, big[3 * PG];
	struct iovec local[2] = {{buf, 4}, {buf + 8, 4}}, remote[2], all = {big, sizeof(big)};
	int go[2];

	memset(p, 1, 4 * PG);
	memcpy(p + PG - 4, "abcdefgh", 8);
	mprotect(ro, PG, PROT_READ);
	munmap(p + 3 * PG, PG);
	CHECK_EQ(pipe(go), 0);
	child = fork();
	if (child == 0) {
		char c;

		close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(p[0] == 'X' && p[PG] == 'Y' ? 7 : 8);
	}
	memset(p, 2, 2 * PG);
	remote[0] = (struct iovec){p + PG - 4, 8};
	CHECK_EQ(READV(local, 2, remote, 1, 0), 8);
	CHECK_EQ(memcmp(buf, "abcd", 4), 0);
	CHECK_EQ(memcmp(buf + 8, "efgh", 4), 0);
	remote[0] = (struct iovec){p, 1};
	remote[1] = (struct iovec){p + PG, 1};
	local[0] = (struct iovec){"XY", 2};
	CHECK_EQ(WRITEV(local, 1, remote, 2, 0), 2);
	CHECK_EQ(p[0], 2);
	/* Up to the first hole. */
	remote[0] = (struct iovec){p + 2 * PG, 2 * PG};
	CHECK_EQ(READV(&all, 1, remote, 1, 0), PG);
	remote[0] = (struct iovec){p + 3 * PG, 8};
	CHECK_ERR(READV(&all, 1, remote, 1, 0), EFAULT);
	remote[0] = (struct iovec){ro, 4};
	CHECK_ERR(WRITEV(&all, 1, remote, 1, 0), EFAULT);
	CHECK_EQ(READV(local, 0, remote, 1, 0), 0);
	CHECK_EQ(READV(local, 1, remote, 0, 0), 0);
	remote[0] = (struct iovec){p, 0};
	CHECK_EQ(READV(&all, 1, remote, 1, 0), 0);
	remote[0] = (struct iovec){p, 4};
	CHECK_ERR(READV(&all, 1, remote, 1, 1), EINVAL);
	CHECK_ERR(READV(&all, 5000, remote, 1, 0), EINVAL);
	CHECK_ERR(READV(BAD_ADDRESS, 1, remote, 1, 0), EFAULT);
	CHECK_ERR(READV(&all, 1, BAD_ADDRESS, 1, 0), EFAULT);
	local[0] = (struct iovec){buf, -1ul};
	CHECK_ERR(READV(local, 1, remote, 1, 0), EINVAL);
	local[0] = (struct iovec){BAD_ADDRESS, 4};
	CHECK_ERR(READV(local, 1, remote, 1, 0), EFAULT);
	CHECK_EQ(write(go[1], "x", 1), 1);
	int status;
	CHECK_EQ(waitpid(child, &status, 0) == child, 1);
	CHECK_EQ(WEXITSTATUS(status), 7);
	CHECK_ERR(READV(&all, 1, remote, 1, 0), ESRCH);
	DONE();
}
