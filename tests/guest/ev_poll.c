/* poll(2), ppoll(2). */
#include "test.h"
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

static long ppoll_(void *fds, unsigned n, void *timeout, void *mask, size_t size)
{
	return syscall(SYS_ppoll, fds, n, timeout, mask, size);
}

static volatile int got;

static void handler(int sig)
{
	got = sig;
}

static void events(void)
{
	int p[2];
	char c = 'x';
	if (pipe(p))
		_exit(9);
	struct pollfd f[4] = {
		{.fd = p[0], .events = POLLIN},
		{.fd = p[1], .events = POLLOUT},
		{.fd = -1, .events = POLLIN, .revents = 77},
		{.fd = 999, .events = POLLIN},
	};
	CHECK_EQ(poll(f, 3, 0), 1);
	CHECK_EQ(f[0].revents, 0);
	CHECK_EQ(f[1].revents, POLLOUT);
	CHECK_EQ(f[2].revents, 0);
	CHECK_EQ(poll(f, 4, -1), 2);
	CHECK_EQ(f[3].revents, POLLNVAL);
	CHECK_EQ(write(p[1], &c, 1), 1);
	f[0].events = POLLIN | POLLRDNORM | POLLPRI | POLLOUT;
	CHECK_EQ(poll(f, 1, -1), 1);
	CHECK_EQ(f[0].revents, POLLIN | POLLRDNORM);
	f[0].events = POLLRDNORM;
	CHECK_EQ(poll(f, 1, -1), 1);
	CHECK_EQ(f[0].revents, POLLRDNORM);
	f[0].events = 0;
	CHECK_EQ(poll(f, 1, 0), 0);
	CHECK_EQ(read(p[0], &c, 1), 1);
	f[0].events = POLLIN;
	CHECK_EQ(poll(f, 1, 3), 0);
	close(p[1]);
	CHECK_EQ(poll(f, 1, -1), 1);
	CHECK_EQ(f[0].revents, POLLHUP);
	f[0].events = 0; /* POLLHUP is told unasked */
	CHECK_EQ(poll(f, 1, -1), 1);
	CHECK_EQ(f[0].revents, POLLHUP);
	close(p[0]);
	if (pipe(p))
		_exit(9);
	close(p[0]);
	f[0] = (struct pollfd){.fd = p[1], .events = POLLOUT};
	CHECK_EQ(poll(f, 1, -1), 1);
	CHECK_EQ(f[0].revents, POLLOUT | POLLERR);
	close(p[1]);
	int fd = open("/dev/null", O_RDWR);
	f[0] = (struct pollfd){.fd = fd, .events = POLLIN | POLLOUT | POLLPRI};
	CHECK_EQ(poll(f, 1, -1), 1);
	CHECK_EQ(f[0].revents, POLLIN | POLLOUT);
	close(fd);
	fd = open("/", O_RDONLY);
	f[0] = (struct pollfd){.fd = fd, .events = POLLIN | POLLOUT};
	CHECK_EQ(poll(f, 1, -1), 1);
	CHECK_EQ(f[0].revents, POLLIN | POLLOUT);
	close(fd);
}

/* A writer wakes the sleeping poll, among many descriptors. */
static void wakes(void)
{
	static struct pollfd f[100];
	int p[100][2], order[2];
	char c = 'w';
	for (int i = 0; i < 100; i++) {
		if (pipe(p[i]))
			_exit(9);
		f[i] = (struct pollfd){.fd = p[i][0], .events = POLLIN};
	}
	if (pipe(order))
		_exit(9);
	pid_t child = fork();
	if (!child) {
		if (read(order[0], &c, 1) != 1 || write(p[73][1], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	CHECK_EQ(poll(f, 100, 0), 0);
	CHECK_EQ(write(order[1], &c, 1), 1);
	CHECK_EQ(poll(f, 100, -1), 1);
	CHECK_EQ(f[73].revents, POLLIN);
	waitpid(child, NULL, 0);
	for (int i = 0; i < 100; i++) {
		close(p[i][0]);
		close(p[i][1]);
	}
}

static void errors(void)
{
	struct pollfd f = {.fd = -1};
	struct timespec zero = {0, 0}, bad = {0, 1000000000};
	unsigned long mask = 0;
	struct rlimit limit = {64, 4096};
	setrlimit(RLIMIT_NOFILE, &limit);
	CHECK_ERR(syscall(SYS_poll, BAD_ADDRESS, 1, 0), EFAULT);
	CHECK_ERR(syscall(SYS_poll, &f, 65, 0), EINVAL);
	CHECK_ERR(syscall(SYS_poll, &f, -1, 0), EINVAL);
	struct pollfd *fixed = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_ERR(syscall(SYS_poll, fixed, 3, 0), EFAULT);
	CHECK_EQ(syscall(SYS_poll, NULL, 0, 0), 0);
	CHECK_EQ(syscall(SYS_poll, NULL, 0, 2), 0);
	CHECK_EQ(ppoll_(&f, 1, &zero, NULL, 0), 0);
	CHECK_ERR(ppoll_(&f, 1, &bad, NULL, 0), EINVAL);
	CHECK_ERR(ppoll_(&f, 1, BAD_ADDRESS, NULL, 0), EFAULT);
	CHECK_ERR(ppoll_(&f, 1, &zero, &mask, 4), EINVAL);
	CHECK_ERR(ppoll_(&f, 1, &zero, BAD_ADDRESS, 8), EFAULT);
	CHECK_EQ(ppoll_(&f, 1, &zero, &mask, 8), 0);
}

/* ppoll's mask lets a pending signal in; afterwards the old one is back. */
static void masks(void)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
	unsigned long none = 0, block = 1ul << (SIGUSR1 - 1), old;
	struct timespec hour = {3600, 0};
	sigaction(SIGUSR1, &a, NULL);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &block, NULL, 8);
	raise(SIGUSR1);
	CHECK_ERR(ppoll_(NULL, 0, &hour, &none, 8), EINTR);
	CHECK_EQ(got, SIGUSR1);
	CHECK(hour.tv_sec > 3000 && hour.tv_sec <= 3600);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &old, 8);
	CHECK_EQ(old, block);
	/* ready descriptors win over the signal, which stays pending */
	got = 0;
	raise(SIGUSR1);
	int fd = open("/dev/null", O_RDWR);
	struct pollfd f = {.fd = fd, .events = POLLIN};
	CHECK_EQ(ppoll_(&f, 1, &hour, &none, 8), 1);
	CHECK_EQ(got, 0);
	sigset_t pending;
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGUSR1));
	hour = (struct timespec){0, 2000000};
	block = 1ul << (SIGUSR1 - 1);
	CHECK_EQ(ppoll_(NULL, 0, &hour, &block, 8), 0);
	CHECK_EQ(hour.tv_nsec, 0);
}

int main(void)
{
	events();
	wakes();
	errors();
	masks();
	DONE();
}
