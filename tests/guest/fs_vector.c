/* readv(2), writev(2), preadv(2), pwritev(2), preadv2(2), pwritev2(2) */
#include "fs.h"
#include <sys/uio.h>

static char a[5000], b[100], c[3];

int main(void)
{
	struct iovec out[4] = {{"one", 3}, {"", 0}, {"two", 3}, {"three", 5}};
	struct iovec in[3] = {{a, 2}, {b, 4}, {c, 3}};
	struct iovec many[1025];
	int pipes[2];
	fs_enter();
	int fd = make_file("f", "");
	CHECK_EQ(writev(fd, out, 4), 11);
	CHECK(file_is("f", "onetwothree"));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(readv(fd, in, 3), 9);
	CHECK(!memcmp(a, "on", 2) && !memcmp(b, "etwo", 4) && !memcmp(c, "thr", 3));
	CHECK_EQ(readv(fd, in, 3), 2);
	CHECK_EQ(readv(fd, in, 0), 0);
	CHECK_EQ(writev(fd, out, 0), 0);
	CHECK_ERR(readv(fd, in, -1), EINVAL);
	CHECK_ERR(readv(fd, in, 1025), EINVAL);
	CHECK_ERR(writev(fd, BAD_ADDRESS, 1), EFAULT);
	CHECK_ERR(writev(-1, out, 1), EBADF);
	in[1].iov_len = (size_t)-1;
	CHECK_ERR(readv(fd, in, 3), EINVAL);
	in[1].iov_len = 4;
	in[0].iov_base = BAD_ADDRESS;
	CHECK_ERR(preadv(fd, in, 3, 0), EFAULT);
	in[0].iov_base = a;
	in[1].iov_base = BAD_ADDRESS;
	CHECK_EQ(preadv(fd, in, 3, 0), 2);
	in[1].iov_base = b;
	for (int i = 0; i < 1024; i++)
		many[i] = (struct iovec){a + i, 1};
	CHECK_EQ(pwritev(fd, many, 1024, 0), 1024);
	CHECK_EQ(preadv(fd, in, 3, 1022), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 11);
	CHECK_EQ(pwritev(fd, out, 4, 5000), 11);
	CHECK_EQ(size_of("f"), 5011);
	CHECK_ERR(preadv(fd, in, 3, -1), EINVAL);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(preadv(pipes[0], in, 1, 0), ESPIPE);
	CHECK_EQ(writev(pipes[1], out, 4), 11);
	CHECK_EQ(readv(pipes[0], in, 3), 9);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(syscall(SYS_preadv2, fd, in, 3, -1l, -1l, 0), 9);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 9);
	CHECK_EQ(syscall(SYS_preadv2, fd, in, 3, 0l, 0l, 0), 9);
	CHECK_EQ(syscall(SYS_pwritev2, fd, out, 4, 0l, 0l, 0x10 /* RWF_APPEND */), 11);
	CHECK_EQ(size_of("f"), 5022);
	CHECK_ERR(syscall(SYS_preadv2, fd, in, 3, 0l, 0l, 0x4000000), EOPNOTSUPP);
	fs_leave();
	DONE();
}
