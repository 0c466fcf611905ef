/* select(2), pselect6(2). */
#include "test.h"
#include <sys/select.h>
#include <sys/time.h>

static volatile int got;

static void handler(int sig)
{
	got = sig;
}

static long sel(int n, void *r, void *w, void *e, void *t)
{
	return syscall(SYS_select, n, r, w, e, t);
}

static long psel(int n, void *r, void *w, void *e, void *t, void *m)
{
	return syscall(SYS_pselect6, n, r, w, e, t, m);
}

static void ready(void)
{
	int p[2];
	char c = 'x';
	fd_set r, w, e;
	struct timeval zero = {0, 0};
	if (pipe(p))
		_exit(9);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&e);
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	FD_SET(p[0], &e);
	CHECK_EQ(sel(p[1] + 1, &r, &w, &e, NULL), 1);
	CHECK(!FD_ISSET(p[0], &r));
	CHECK(FD_ISSET(p[1], &w));
	CHECK(!FD_ISSET(p[0], &e));
	CHECK_EQ(write(p[1], &c, 1), 1);
	FD_SET(p[0], &r);
	CHECK_EQ(sel(p[1] + 1, &r, &w, NULL, &zero), 2);
	CHECK(FD_ISSET(p[0], &r));
	/* only descriptors below n count */
	FD_SET(p[0], &r);
	CHECK_EQ(sel(p[0], &r, NULL, NULL, &zero), 0);
	CHECK_EQ(read(p[0], &c, 1), 1);
	FD_ZERO(&r);
	FD_SET(p[0], &r);
	struct timeval t = {0, 3000};
	CHECK_EQ(sel(p[0] + 1, &r, NULL, NULL, &t), 0);
	CHECK(!FD_ISSET(p[0], &r));
	CHECK_EQ(t.tv_usec, 0);
	close(p[1]);
	FD_SET(p[0], &r);
	t = (struct timeval){100, 1500000};
	CHECK_EQ(sel(p[0] + 1, &r, NULL, NULL, &t), 1); /* end of file is readable */
	CHECK(t.tv_sec >= 90 && t.tv_sec <= 101);
	close(p[0]);
}

static void errors(void)
{
	fd_set r;
	struct timeval t = {0, 0}, bad = {-1, 0}, bad_us = {0, -1};
	struct timespec ts = {0, 0}, bad_ts = {0, 1000000000};
	FD_ZERO(&r);
	FD_SET(30, &r);
	CHECK_ERR(sel(31, &r, NULL, NULL, &t), EBADF);
	CHECK_ERR(sel(-1, &r, NULL, NULL, &t), EINVAL);
	CHECK_ERR(sel(1, BAD_ADDRESS, NULL, NULL, &t), EFAULT);
	CHECK_ERR(sel(0, NULL, NULL, NULL, BAD_ADDRESS), EFAULT);
	CHECK_ERR(sel(0, NULL, NULL, NULL, &bad), EINVAL);
	CHECK_ERR(sel(0, NULL, NULL, NULL, &bad_us), EINVAL);
	CHECK_EQ(sel(0, NULL, NULL, NULL, &t), 0);
	struct {
		const void *mask;
		size_t size;
	} m = {&ts, 4};
	CHECK_ERR(psel(0, NULL, NULL, NULL, &bad_ts, NULL), EINVAL);
	CHECK_ERR(psel(0, NULL, NULL, NULL, BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERR(psel(0, NULL, NULL, NULL, &ts, BAD_ADDRESS), EFAULT);
	CHECK_ERR(psel(0, NULL, NULL, NULL, &ts, &m), EINVAL);
	m.size = 8;
	m.mask = BAD_ADDRESS;
	CHECK_ERR(psel(0, NULL, NULL, NULL, &ts, &m), EFAULT);
	m.mask = NULL;
	m.size = 0;
	CHECK_EQ(psel(0, NULL, NULL, NULL, &ts, &m), 0);
}

static void masks(void)
{
	struct sigaction a = {.sa_handler = handler};
	unsigned long none = 0, block = 1ul << (SIGUSR1 - 1), old;
	struct timespec hour = {3600, 0};
	struct {
		const void *mask;
		size_t size;
	} m = {&none, 8};
	sigaction(SIGUSR1, &a, NULL);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &block, NULL, 8);
	raise(SIGUSR1);
	CHECK_ERR(psel(0, NULL, NULL, NULL, &hour, &m), EINTR);
	CHECK_EQ(got, SIGUSR1);
	CHECK(hour.tv_sec > 3000 && hour.tv_sec <= 3600);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &old, 8);
	CHECK_EQ(old, block);
}

int main(void)
{
	ready();
	errors();
	masks();
	DONE();
}
