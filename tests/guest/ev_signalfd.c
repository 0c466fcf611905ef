/* signalfd(2). */
#include "test.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

static int events(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
	poll(&p, 1, 0);
	return p.revents;
}

int main(void)
{
	unsigned long mask = 1ul << (SIGUSR1 - 1) | 1ul << 39 | 1ul << (SIGCHLD - 1), other = 1ul << (SIGUSR2 - 1);
	unsigned long all = mask | other;
	struct signalfd_siginfo info[4];
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, 8);
	CHECK_ERR(syscall(SYS_signalfd4, -1, &mask, 4, 0), EINVAL);
	CHECK_ERR(syscall(SYS_signalfd4, -1, &mask, 8, 1), EINVAL);
	CHECK_ERR(syscall(SYS_signalfd4, -1, BAD_ADDRESS, 8, 0), EFAULT);
	CHECK_ERR(syscall(SYS_signalfd4, -2, &mask, 8, 0), EBADF);
	CHECK_ERR(syscall(SYS_signalfd4, 1, &mask, 8, 0), EINVAL);
	int fd = syscall(SYS_signalfd4, -1, &mask, 8, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(read(fd, info, 127), EINVAL);
	CHECK_ERR(read(fd, info, 128), EAGAIN);
	CHECK_ERR(write(fd, info, 128), EINVAL);
	CHECK_EQ(events(fd), 0);

	raise(SIGUSR1);
	raise(SIGUSR2); /* not ours */
	union sigval v = {.sival_int = 321};
	sigqueue(getpid(), 40, v);
	v.sival_int = 322;
	sigqueue(getpid(), 40, v);
	CHECK_EQ(events(fd), POLLIN);
	CHECK_EQ(read(fd, info, sizeof(info)), 3 * 128);
	CHECK_EQ(info[0].ssi_signo, SIGUSR1);
	CHECK_EQ(info[0].ssi_code, SI_TKILL);
	CHECK_EQ(info[0].ssi_pid == (unsigned)getpid(), 1);
	CHECK_EQ(info[1].ssi_signo, 40);
	CHECK_EQ(info[1].ssi_code, SI_QUEUE);
	CHECK_EQ(info[1].ssi_int, 321);
	CHECK_EQ(info[2].ssi_int, 322);
	CHECK_EQ(events(fd), 0);

	/* another mask for the same descriptor */
	CHECK_EQ(syscall(SYS_signalfd4, fd, &other, 8, 0) == fd, 1);
	CHECK_EQ(events(fd), POLLIN);
	CHECK_EQ(read(fd, info, 128), 128);
	CHECK_EQ(info[0].ssi_signo, SIGUSR2);
	raise(SIGUSR2);
	CHECK_ERR(read(fd, BAD_ADDRESS, 128), EFAULT);
	close(fd);

	/* blocking, and through epoll */
	fd = syscall(SYS_signalfd4, -1, &mask, 8, 0);
	int ep = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN};
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), 0);
	pid_t child = fork();
	if (!child)
		_exit(6);
	CHECK_EQ(epoll_wait(ep, &e, 1, -1), 1);
	CHECK_EQ(read(fd, info, 128), 128);
	CHECK_EQ(info[0].ssi_signo, SIGCHLD);
	CHECK_EQ(info[0].ssi_code, CLD_EXITED);
	CHECK_EQ(info[0].ssi_status, 6);
	CHECK_EQ(info[0].ssi_pid == (unsigned)child, 1);
	waitpid(child, NULL, 0);
	child = fork();
	if (!child) {
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	CHECK_EQ(read(fd, info, 128), 128);
	CHECK_EQ(info[0].ssi_signo, SIGUSR1);
	CHECK_EQ(info[0].ssi_code, SI_USER);
	waitpid(child, NULL, 0);
#ifdef SYS_signalfd
	int plain = syscall(SYS_signalfd, -1, &mask, 8);
	CHECK(plain >= 0);
	CHECK_EQ(read(plain, info, 128), 128);
	CHECK_EQ(info[0].ssi_signo, SIGCHLD);
#endif
	DONE();
}
