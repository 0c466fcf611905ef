/* epoll(7). */
#include "test.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int ep;

static long ctl(int op, int fd, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.u64 = 1000 + fd};
	return epoll_ctl(ep, op, fd, &e);
}

static struct epoll_event out[16];

static int ready(int timeout)
{
	return epoll_wait(ep, out, 16, timeout);
}

static void errors(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int p[2], file = syscall(SYS_memfd_create, "file", 0), dir = open("/", O_RDONLY);
	if (pipe(p))
		_exit(9);
	CHECK_ERR(epoll_create1(1), EINVAL);
#ifdef SYS_epoll_create
	CHECK_ERR(syscall(SYS_epoll_create, 0), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_create, -1), EINVAL);
	close(syscall(SYS_epoll_create, 1));
#endif
	int cloexec = epoll_create1(EPOLL_CLOEXEC);
	CHECK_EQ(fcntl(cloexec, F_GETFD), FD_CLOEXEC);
	close(cloexec);
	CHECK_ERR(epoll_ctl(-1, EPOLL_CTL_ADD, p[0], &e), EBADF);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, -1, &e), EBADF);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], BAD_ADDRESS), EFAULT);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, file, &e), EPERM);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, dir, &e), EPERM);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &e), EINVAL);
	CHECK_ERR(epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &e), EINVAL);
	CHECK_ERR(epoll_ctl(ep, 0, p[0], &e), EINVAL);
	CHECK_ERR(epoll_ctl(ep, 4, p[0], &e), EINVAL);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &e), ENOENT);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL), ENOENT);
	CHECK_EQ(ctl(EPOLL_CTL_ADD, p[0], EPOLLIN), 0);
	CHECK_ERR(ctl(EPOLL_CTL_ADD, p[0], EPOLLIN), EEXIST);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL), 0);
	CHECK_ERR(epoll_wait(ep, out, 0, 0), EINVAL);
	CHECK_ERR(epoll_wait(ep, out, -1, 0), EINVAL);
	CHECK_ERR(epoll_wait(-1, out, 1, 0), EBADF);
	CHECK_ERR(epoll_wait(p[0], out, 1, 0), EINVAL);
	CHECK_EQ(epoll_wait(ep, out, 1, 0), 0);
	CHECK_EQ(epoll_wait(ep, out, 1, 3), 0);
	CHECK_EQ(ctl(EPOLL_CTL_ADD, p[1], EPOLLOUT), 0);
	CHECK_ERR(epoll_wait(ep, BAD_ADDRESS, 1, 0), EFAULT);
	CHECK_EQ(ready(0), 1); /* the failure lost nothing */
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_DEL, p[1], NULL), 0);
	CHECK_EQ(ctl(EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLET), 0);
	CHECK_ERR(epoll_wait(ep, BAD_ADDRESS, 1, 0), EFAULT);
	CHECK_EQ(ready(0), 1);
	CHECK_EQ(ready(0), 0);
	CHECK_ERR(read(ep, out, 8), EINVAL);
	close(file);
	close(dir);
	close(p[0]);
	close(p[1]);
}

static void level(void)
{
	int p[2];
	char c[4] = "abc";
	if (pipe(p))
		_exit(9);
	CHECK_EQ(ctl(EPOLL_CTL_ADD, p[0], EPOLLIN), 0);
	CHECK_EQ(ready(0), 0);
	CHECK_EQ(write(p[1], c, 2), 2);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(ready(-1), 1);
	CHECK_EQ(out[0].events, EPOLLIN);
	CHECK_EQ(out[0].data.u64 - p[0], 1000);
	CHECK_EQ(read(p[0], c, 4), 2);
	CHECK_EQ(ready(0), 0);
	CHECK_EQ(write(p[1], c, 1), 1);
	CHECK_EQ(ctl(EPOLL_CTL_MOD, p[0], 0), 0);
	CHECK_EQ(ready(0), 0);
	CHECK_EQ(ctl(EPOLL_CTL_MOD, p[0], EPOLLIN), 0);
	CHECK_EQ(ready(0), 1);
	close(p[1]);
	CHECK_EQ(ready(0), 1);
	CHECK_EQ(out[0].events, EPOLLIN | EPOLLHUP);
	/* the last descriptor of the file closed: gone from the set */
	int copy = dup(p[0]);
	close(p[0]);
	CHECK_EQ(ready(0), 1);
	close(copy);
	CHECK_EQ(ready(0), 0);
}

static void edge(void)
{
	int p[2];
	char c[8] = "abc";
	if (pipe(p))
		_exit(9);
	CHECK_EQ(write(p[1], c, 2), 2);
	CHECK_EQ(ctl(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET), 0);
	CHECK_EQ(ready(-1), 1);
	CHECK_EQ(ready(0), 0);
	CHECK_EQ(read(p[0], c, 1), 1);
	CHECK_EQ(ready(0), 0);
	CHECK_EQ(write(p[1], c, 1), 1); /* new data: a new event, though not all was read */
	CHECK_EQ(ready(-1), 1);
	CHECK_EQ(ready(0), 0);
	CHECK_EQ(ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET), 0);
	CHECK_EQ(ready(0), 1);
	CHECK_EQ(ctl(EPOLL_CTL_DEL, p[0], 0), 0);

	CHECK_EQ(ctl(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLONESHOT), 0);
	CHECK_EQ(ready(-1), 1);
	CHECK_EQ(write(p[1], c, 1), 1);
	CHECK_EQ(ready(0), 0);
	CHECK_EQ(ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT), 0);
	CHECK_EQ(ready(0), 1);
	CHECK_EQ(ready(0), 0);
	close(p[0]);
	close(p[1]);
}

/* More ready than asked for: the others come next. */
static void many(void)
{
	int fd[50], seen[50] = {0}, total = 0;
	static struct epoll_event all[64];
	for (int i = 0; i < 50; i++) {
		struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
		fd[i] = eventfd(1, 0);
		if (epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &e))
			_exit(8);
	}
	CHECK_EQ(epoll_wait(ep, all, 64, -1), 50);
	for (int round = 0; round < 5; round++) {
		int n = epoll_wait(ep, all, 10, -1);
		for (int i = 0; i < n; i++)
			total += !seen[all[i].data.u32]++;
	}
	CHECK_EQ(total, 50); /* fair: each once in five rounds of ten */
	for (int i = 0; i < 50; i++)
		close(fd[i]);
	CHECK_EQ(epoll_wait(ep, all, 64, 0), 0);
}

static void nested(void)
{
	int chain[6], fd = eventfd(0, 0);
	struct epoll_event e = {.events = EPOLLIN};
	for (int i = 0; i < 6; i++)
		chain[i] = epoll_create1(0);
	for (int i = 1; i < 5; i++)
		CHECK_EQ(epoll_ctl(chain[i], EPOLL_CTL_ADD, chain[i - 1], &e), 0);
	CHECK_ERR(epoll_ctl(chain[5], EPOLL_CTL_ADD, chain[4], &e), ELOOP); /* deeper than five */
	CHECK_ERR(epoll_ctl(chain[0], EPOLL_CTL_ADD, chain[3], &e), ELOOP); /* a circle */
	CHECK_EQ(epoll_ctl(chain[0], EPOLL_CTL_ADD, fd, &e), 0);
	struct pollfd p = {.fd = chain[4], .events = POLLIN};
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(epoll_wait(chain[4], out, 16, 0), 0);
	uint64_t one = 1;
	CHECK_EQ(write(fd, &one, 8), 8);
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(epoll_wait(chain[4], out, 16, -1), 1);
	CHECK_EQ(out[0].events, EPOLLIN);
	CHECK_EQ(read(fd, &one, 8), 8);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(epoll_wait(chain[4], out, 16, 0), 0);
	for (int i = 0; i < 6; i++)
		close(chain[i]);
	close(fd);
}

static void exclusive(void)
{
	int fd = eventfd(1, 0), inner = epoll_create1(0);
	CHECK_ERR(ctl(EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
	CHECK_ERR(ctl(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE), EINVAL);
	CHECK_ERR(ctl(EPOLL_CTL_ADD, fd, EPOLLPRI | EPOLLEXCLUSIVE), EINVAL);
	CHECK_EQ(ctl(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE), 0);
	CHECK_ERR(ctl(EPOLL_CTL_MOD, fd, EPOLLIN), EINVAL);
	CHECK_ERR(ctl(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
	CHECK_EQ(ready(0), 1);
	CHECK_EQ(ctl(EPOLL_CTL_DEL, fd, 0), 0);
	close(fd);
	close(inner);
}

static volatile int got;

static void handler(int sig)
{
	got = sig;
}

static void waits(void)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
	unsigned long none = 0, block = 1ul << (SIGUSR1 - 1), old;
	struct timespec t = {3600, 0}, bad = {0, -1};
	sigaction(SIGUSR1, &a, NULL);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &block, NULL, 8);
	raise(SIGUSR1);
	CHECK_ERR(syscall(SYS_epoll_pwait, ep, out, 16, -1, &none, 8), EINTR);
	CHECK_EQ(got, SIGUSR1);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &old, 8);
	CHECK_EQ(old, block);
	CHECK_ERR(syscall(SYS_epoll_pwait, ep, out, 16, 0, &none, 4), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_pwait, ep, out, 16, 0, BAD_ADDRESS, 8), EFAULT);
	got = 0;
	raise(SIGUSR1);
	CHECK_ERR(syscall(441, ep, out, 16, &t, &none, 8), EINTR);
	CHECK_EQ(got, SIGUSR1);
	CHECK_ERR(syscall(441, ep, out, 16, &bad, NULL, 8), EINVAL);
	CHECK_ERR(syscall(441, ep, out, 16, BAD_ADDRESS, NULL, 8), EFAULT);
	t = (struct timespec){0, 2000000};
	CHECK_EQ(syscall(441, ep, out, 16, &t, NULL, 8), 0);
	/* woken by another process */
	int fd = eventfd(0, 0), p[2];
	if (pipe(p))
		_exit(9);
	CHECK_EQ(ctl(EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	pid_t child = fork();
	uint64_t one = 1;
	if (!child)
		_exit(write(fd, &one, 8) != 8);
	CHECK_EQ(ready(-1), 1);
	waitpid(child, NULL, 0);
	close(fd);
}

int main(void)
{
	ep = epoll_create1(0);
	errors();
	level();
	edge();
	many();
	nested();
	exclusive();
	waits();
	DONE();
}
