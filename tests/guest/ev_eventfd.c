/* eventfd(2). */
#include "test.h"
#include <poll.h>
#include <sys/eventfd.h>

static int events(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
	poll(&p, 1, 0);
	return p.revents;
}

int main(void)
{
	uint64_t v, max = ~0ull - 1, none = ~0ull, one = 1;
	CHECK_ERR(syscall(SYS_eventfd2, 0, 4), EINVAL);
	int fd = syscall(SYS_eventfd2, 5, EFD_NONBLOCK | EFD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	CHECK_EQ(events(fd), POLLIN | POLLOUT);
	CHECK_ERR(read(fd, &v, 7), EINVAL);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 5);
	CHECK_ERR(read(fd, &v, 8), EAGAIN);
	CHECK_EQ(events(fd), POLLOUT);
	CHECK_ERR(write(fd, &v, 7), EINVAL);
	CHECK_ERR(write(fd, &none, 8), EINVAL);
	CHECK_EQ(write(fd, &max, 8), 8);
	CHECK_EQ(events(fd), POLLIN);
	CHECK_ERR(write(fd, &one, 8), EAGAIN);
	CHECK_EQ(read(fd, &v, 16), 8);
	CHECK_EQ(v, max);
	CHECK_EQ(write(fd, &one, 8), 8);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 1);
	CHECK_ERR(write(fd, BAD_ADDRESS, 8), EFAULT);
	CHECK_EQ(write(fd, &one, 8), 8);
	CHECK_ERR(read(fd, BAD_ADDRESS, 8), EFAULT);
	CHECK_EQ(lseek(fd, 3, SEEK_SET), 0);
	close(fd);

	fd = eventfd(3, EFD_SEMAPHORE);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(read(fd, &v, 8), 8);
		CHECK_EQ(v, 1);
	}
	CHECK_EQ(events(fd), POLLOUT);
	close(fd);

	/* blocking: a reader waits for a writer, a writer for room */
	fd = eventfd(0, 0);
	pid_t child = fork();
	if (!child) {
		if (write(fd, &max, 8) != 8) /* fills it */
			_exit(1);
		_exit(write(fd, &one, 8) != 8); /* must wait for the read */
	}
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, max);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 1);
	int status;
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
#ifdef SYS_eventfd
	close(fd);
	fd = syscall(SYS_eventfd, 7);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 7);
#endif
	DONE();
}
