/* getrlimit(2), setrlimit(2), prlimit(2). */
#include "test.h"
#include <sys/resource.h>

struct limit {
	uint64_t cur, max;
};

static long prlimit_raw(int pid, int which, const void *new, void *old)
{
	return syscall(SYS_prlimit64, pid, which, new, old);
}

static void reading(void)
{
	struct limit a = {1, 2}, b = {3, 4};
	CHECK_EQ(syscall(SYS_getrlimit, RLIMIT_STACK, &a), 0);
	CHECK_EQ(prlimit_raw(0, RLIMIT_STACK, NULL, &b), 0);
	CHECK(a.cur == b.cur && a.max == b.max);
	CHECK_EQ(prlimit_raw(getpid(), RLIMIT_NOFILE, NULL, &a), 0);
	CHECK(a.cur >= 256 && a.cur <= a.max);
	CHECK_EQ(prlimit_raw(0, RLIMIT_CPU, NULL, NULL), 0);
}

static void setting(void)
{
	struct limit old, new = {4096, 8192};
	CHECK_EQ(prlimit_raw(0, RLIMIT_FSIZE, &new, &old), 0);
	CHECK_EQ(prlimit_raw(0, RLIMIT_FSIZE, NULL, &old), 0);
	CHECK_EQ(old.cur, 4096);
	CHECK_EQ(old.max, 8192);
	new.cur = 9000;
	CHECK_ERR(prlimit_raw(0, RLIMIT_FSIZE, &new, NULL), EINVAL);
	new = (struct limit){10, 20};
	CHECK_EQ(syscall(SYS_setrlimit, RLIMIT_CORE, &new), 0);
	new = (struct limit){1u << 30, 1u << 30};
	CHECK_ERR(prlimit_raw(0, RLIMIT_NOFILE, &new, NULL), EPERM); /* above fs.nr_open */
}

static void errors(void)
{
	struct limit a = {0, 0};
	CHECK_ERR(syscall(SYS_getrlimit, 16, &a), EINVAL);
	CHECK_ERR(syscall(SYS_getrlimit, -1, &a), EINVAL);
	CHECK_ERR(syscall(SYS_getrlimit, 0, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_setrlimit, 16, &a), EINVAL);
	CHECK_ERR(syscall(SYS_setrlimit, 0, BAD_ADDRESS), EFAULT);
	CHECK_ERR(prlimit_raw(0, 16, NULL, &a), EINVAL);
	CHECK_ERR(prlimit_raw(30001, 0, NULL, &a), ESRCH);
	CHECK_ERR(prlimit_raw(0, 0, BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERR(prlimit_raw(0, 0, NULL, BAD_ADDRESS), EFAULT);
}

static void child_checks(void)
{
	struct limit a, raise = {10, 30}, lower = {5, 10};
	int status;
	pid_t pid = fork();
	if (!pid) {
		int bad = prlimit_raw(0, RLIMIT_CORE, NULL, &a) || a.cur != 10 || a.max != 20; /* inherited */
		setresuid(1000, 1000, 1000);
		bad |= (prlimit_raw(0, RLIMIT_CORE, &raise, NULL) != -1 || errno != EPERM) << 1;
		bad |= (prlimit_raw(0, RLIMIT_CORE, &lower, NULL) != 0) << 2;
		bad |= (prlimit_raw(getppid(), RLIMIT_CORE, NULL, &a) != -1 || errno != EPERM) << 3;
		_exit(bad);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

/* RLIMIT_NPROC counts a user's processes; root is not bound. */
static void processes(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		struct limit none = {0, 0};
		prlimit_raw(0, RLIMIT_NPROC, &none, NULL);
		pid_t p = fork();
		if (!p)
			_exit(0);
		int bad = p < 0;
		waitpid(p, NULL, 0);
		setresuid(1001, 1001, 1001);
		bad |= (fork() != -1 || errno != EAGAIN) << 1;
		_exit(bad);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

int main(void)
{
	reading();
	setting();
	errors();
	child_checks();
	processes();
	DONE();
}
