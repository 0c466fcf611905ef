/* pidfd_open(2), pidfd_send_signal(2). */
#include "test.h"
#include <poll.h>

static long pidfd_open(int pid, unsigned int flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static long send(int fd, int sig, siginfo_t *info, unsigned int flags)
{
	return syscall(SYS_pidfd_send_signal, fd, sig, info, flags);
}

static volatile int got;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)context;
	got = sig * 1000 + info->si_code;
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
	CHECK_ERR(pidfd_open(0, 0), EINVAL);
	CHECK_ERR(pidfd_open(-1, 0), EINVAL);
	CHECK_ERR(pidfd_open(30001, 0), ESRCH);
	CHECK_ERR(pidfd_open(getpid(), 1), EINVAL);
	int fd = pidfd_open(getpid(), 0);
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	sigaction(SIGUSR1, &sa, NULL);
	CHECK_EQ(send(fd, SIGUSR1, NULL, 0), 0);
	CHECK_EQ(got, SIGUSR1 * 1000 + SI_USER);
	CHECK_EQ(send(fd, SIGUSR1, &info, 0), 0);
	CHECK_EQ(got, SIGUSR1 * 1000 + SI_QUEUE);
	CHECK_EQ(send(fd, 0, NULL, 0), 0);
	CHECK_ERR(send(fd, 65, NULL, 0), EINVAL);
	CHECK_ERR(send(fd, SIGUSR1, NULL, 8), EINVAL);
	CHECK_ERR(send(fd, SIGUSR2, &info, 0), EINVAL);
	CHECK_ERR(send(1, SIGUSR1, NULL, 0), EBADF);
	CHECK_ERR(send(1000, SIGUSR1, NULL, 0), EBADF);
	CHECK_ERR(send(fd, SIGUSR1, BAD_ADDRESS, 0), EFAULT);
	char c;
	CHECK_ERR(read(fd, &c, 1), EINVAL);
	close(fd);
	pid_t pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	fd = pidfd_open(pid, 0);
	info.si_code = SI_USER;
	CHECK_ERR(send(fd, SIGUSR1, &info, 0), EPERM); /* in the kernel's name to another process */
	struct pollfd p = {.fd = fd, .events = POLLIN};
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(send(fd, SIGTERM, NULL, 0), 0);
	CHECK_EQ(poll(&p, 1, 10000), 1);
	int status;
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, SIGTERM);
	CHECK_ERR(send(fd, SIGTERM, NULL, 0), ESRCH);
	CHECK_EQ(poll(&p, 1, 0), 1);
	DONE();
}
