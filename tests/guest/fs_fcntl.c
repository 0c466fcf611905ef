/* fcntl(2): descriptor and status flags, owner; ioctl(2): generic commands */
#include "fs.h"
#include <sys/ioctl.h>

static void user_part(void)
{
	int fd = open("f", O_RDONLY);
	CHECK_ERR(fcntl(fd, F_SETFL, O_NOATIME), EPERM);
}

int main(void)
{
	int pipes[2], n = 1;
	char c;
	fs_enter();
	int fd = make_file("f", "0123456789");
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_SETFD, 0), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_WRONLY | O_CREAT), 0);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_APPEND | O_NONBLOCK | 0100000);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(size_of("f"), 11);
	CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | 0100000);
	CHECK_ERR(fcntl(-1, F_GETFD), EBADF);
	CHECK_ERR(fcntl(77, F_GETFL), EBADF);
	CHECK_ERR(fcntl(fd, 9999), EINVAL);
	CHECK_EQ(fcntl(fd, F_GETOWN), 0);
	CHECK_EQ(fcntl(fd, F_SETOWN, getpid()), 0);
	CHECK_EQ(fcntl(fd, F_GETOWN) == getpid(), 1);
	CHECK_EQ(fcntl(fd, F_SETOWN, 0), 0);
	CHECK_ERR(fcntl(fd, F_SETOWN, 99999999), ESRCH);
	CHECK_EQ(fcntl(fd, F_GETSIG), 0);
	CHECK_EQ(fcntl(fd, F_SETSIG, SIGUSR1), 0);
	CHECK_EQ(fcntl(fd, F_GETSIG), SIGUSR1);
	CHECK_ERR(fcntl(fd, F_SETSIG, 100), EINVAL);
	as_user(user_part);

	CHECK_EQ(ioctl(fd, FIOCLEX), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(ioctl(fd, FIONCLEX), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(ioctl(fd, FIONBIO, &n), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	n = 0;
	CHECK_EQ(ioctl(fd, FIONBIO, &n), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	CHECK_ERR(ioctl(fd, FIONBIO, BAD_ADDRESS), EFAULT);
	CHECK_EQ(lseek(fd, 4, SEEK_SET), 4);
	CHECK_EQ(ioctl(fd, FIONREAD, &n), 0);
	CHECK_EQ(n, 7);
	CHECK_ERR(ioctl(fd, TIOCGWINSZ, &n), ENOTTY);
	CHECK_ERR(ioctl(fd, 0xdeadbeef, &n), ENOTTY);
	CHECK_ERR(ioctl(-1, FIONREAD, &n), EBADF);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(ioctl(pipes[0], TIOCGWINSZ, &n), ENOTTY);
	n = 1;
	CHECK_EQ(ioctl(pipes[0], FIONBIO, &n), 0);
	CHECK_ERR(read(pipes[0], &c, 1), EAGAIN);
	fs_leave();
	DONE();
}
