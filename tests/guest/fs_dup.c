/* dup(2), dup2(2), dup3(2), close(2), close_range(2), RLIMIT_NOFILE */
#include "fs.h"
#include <sys/resource.h>

static void limits(int fd)
{
	struct rlimit old, few = {20, 20};
	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_max = old.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
	CHECK_ERR(dup2(fd, 20), EBADF);
	CHECK_EQ(dup2(fd, 19), 19);
	CHECK_ERR(fcntl(fd, F_DUPFD, 20), EINVAL);
	CHECK_ERR(fcntl(fd, F_DUPFD, -1), EINVAL);
	int n = 0;
	while (dup(fd) >= 0)
		n++;
	CHECK_ERR(dup(fd), EMFILE);
	CHECK_ERR(open("f", O_RDONLY), EMFILE);
	CHECK_ERR(pipe((int[2]){0}), EMFILE);
	SHOW(n);
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
	CHECK_EQ(syscall(SYS_close_range, 5, 100, 0), 0);
}

static void ranges(int fd)
{
	CHECK_EQ(dup2(fd, 30), 30);
	CHECK_EQ(dup2(fd, 31), 31);
	CHECK_EQ(dup2(fd, 200), 200);
	CHECK_EQ(syscall(SYS_close_range, 30, 31, 4 /* CLOEXEC */), 0);
	CHECK_EQ(fcntl(30, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(200, F_GETFD), 0);
	CHECK_EQ(syscall(SYS_close_range, 30, 30, 0), 0);
	CHECK_ERR(fcntl(30, F_GETFD), EBADF);
	CHECK_EQ(fcntl(31, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(syscall(SYS_close_range, 31, ~0u, 2 /* UNSHARE */), 0);
	CHECK_ERR(fcntl(200, F_GETFD), EBADF);
	CHECK_ERR(syscall(SYS_close_range, 5, 4, 0), EINVAL);
	CHECK_ERR(syscall(SYS_close_range, 5, 6, 64), EINVAL);
}

int main(void)
{
	fs_enter();
	int fd = make_file("f", "text");
	CHECK_EQ(fd, 3);
	CHECK_EQ(dup(fd), 4);
	CHECK_EQ(close(4), 0);
	CHECK_ERR(close(4), EBADF);
	CHECK_ERR(close(-1), EBADF);
	CHECK_ERR(dup(4), EBADF);
	CHECK_ERR(dup(-1), EBADF);
	CHECK_EQ(dup2(fd, 10), 10);
	CHECK_EQ(dup2(fd, 10), 10);
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_ERR(dup2(77, 77), EBADF);
	CHECK_ERR(dup2(77, 10), EBADF);
	CHECK_EQ(fcntl(10, F_GETFD), 0);
	CHECK_ERR(dup2(fd, -1), EBADF);
	CHECK_EQ(dup3(fd, 11, O_CLOEXEC), 11);
	CHECK_EQ(fcntl(11, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(syscall(SYS_dup3, fd, fd, 0), EINVAL);
	CHECK_ERR(syscall(SYS_dup3, fd, 12, 1), EINVAL);
	CHECK_EQ(dup(11), 4);
	CHECK_EQ(fcntl(4, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_DUPFD, 100), 100);
	CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 100), 101);
	CHECK_EQ(fcntl(101, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup2(fd, 1000), 1000);
	CHECK_EQ(syscall(SYS_close_range, 4, ~0u, 0), 0);
	CHECK_ERR(fcntl(1000, F_GETFD), EBADF);
	limits(fd);
	ranges(fd);
	fs_leave();
	DONE();
}
