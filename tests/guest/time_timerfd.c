/* timerfd_create(2), timerfd_settime(2), timerfd_gettime(2). */
#include "test.h"
#include <poll.h>
#include <sys/timerfd.h>

static long settime(int fd, int flags, long sec, long ns, long isec, long ins, void *old)
{
	struct itimerspec v = {{isec, ins}, {sec, ns}};
	return syscall(SYS_timerfd_settime, fd, flags, &v, old);
}

static void errors(void)
{
	struct itimerspec v;
	CHECK_ERR(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
	CHECK_ERR(timerfd_create(1000, 0), EINVAL);
	CHECK_ERR(timerfd_create(-1, 0), EINVAL);
	CHECK_ERR(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	CHECK_ERR(settime(-1, 0, 0, 0, 0, 0, NULL), EBADF);
	CHECK_ERR(settime(1, 0, 0, 0, 0, 0, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timerfd_gettime, -1, &v), EBADF);
	CHECK_ERR(syscall(SYS_timerfd_gettime, 1, &v), EINVAL);
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(settime(fd, 8, 0, 0, 0, 0, NULL), EINVAL);
	CHECK_ERR(settime(fd, 0, 0, 1000000000, 0, 0, NULL), EINVAL);
	CHECK_ERR(settime(fd, 0, -1, 0, 0, 0, NULL), EINVAL);
	CHECK_ERR(settime(fd, 0, 0, 0, 0, -1, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timerfd_settime, fd, 0, BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERR(settime(fd, 0, 0, 0, 0, 0, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_timerfd_gettime, fd, BAD_ADDRESS), EFAULT);
	uint64_t n;
	CHECK_ERR(read(fd, &n, 7), EINVAL);
	CHECK_ERR(read(fd, &n, 8), EAGAIN);
	CHECK_ERR(write(fd, &n, 8), EINVAL);
	close(fd);
}

static void use(int clock)
{
	struct itimerspec v;
	uint64_t n = 0;
	int fd = timerfd_create(clock, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
	SHOW(clock);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(settime(fd, 0, 0, 2000000, 0, 0, NULL), 0);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
	CHECK_EQ(syscall(SYS_timerfd_gettime, fd, &v), 0);
	CHECK_EQ(v.it_value.tv_nsec, 0);
	CHECK_EQ(settime(fd, 0, 0, 1000000, 0, 1000000, NULL), 0);
	struct timespec nap = {0, 10000000};
	nanosleep(&nap, NULL);
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_EQ(read(fd, &n, 100), 8);
	CHECK(n >= 5);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n >= 1);
	CHECK_EQ(settime(fd, 0, 100, 0, 5, 0, &v), 0);
	CHECK_EQ(v.it_interval.tv_nsec, 1000000);
	CHECK_EQ(syscall(SYS_timerfd_gettime, fd, &v), 0);
	CHECK(v.it_value.tv_sec >= 90 && v.it_value.tv_sec <= 100);
	CHECK_EQ(v.it_interval.tv_sec, 5);
	CHECK_EQ(settime(fd, 0, 0, 0, 5, 0, NULL), 0); /* disarmed */
	CHECK_EQ(poll(&p, 1, 5), 0);
	struct timespec now;
	clock_gettime(clock, &now);
	CHECK_EQ(settime(fd, TFD_TIMER_ABSTIME, now.tv_sec, now.tv_nsec, 0, 0, NULL), 0);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
	CHECK_EQ(settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, now.tv_sec + 1000, 0, 0, 0, NULL), 0);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(lseek(fd, 5, SEEK_SET), 0); /* without effect */
	close(fd);
}

int main(void)
{
	errors();
	use(CLOCK_MONOTONIC);
	use(CLOCK_REALTIME);
	use(CLOCK_BOOTTIME);
	DONE();
}
