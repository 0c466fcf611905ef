/* rt_sigprocmask(2), rt_sigpending(2). */
#include "test.h"

static long mask(int how, const void *set, void *old, size_t size)
{
	return syscall(SYS_rt_sigprocmask, how, set, old, size);
}

#define BIT(s) (1ul << ((s)-1))

int main(void)
{
	unsigned long set = BIT(SIGUSR1) | BIT(SIGKILL) | BIT(SIGSTOP), old = 99;
	CHECK_EQ(mask(SIG_SETMASK, &set, &old, 8), 0);
	CHECK_EQ(old, 0);
	CHECK_EQ(mask(SIG_SETMASK, NULL, &old, 8), 0);
	CHECK_EQ(old, BIT(SIGUSR1));
	set = BIT(SIGUSR2);
	CHECK_EQ(mask(SIG_BLOCK, &set, &old, 8), 0);
	CHECK_EQ(old, BIT(SIGUSR1));
	CHECK_EQ(mask(SIG_UNBLOCK, &set, &old, 8), 0);
	CHECK_EQ(old, BIT(SIGUSR1) | BIT(SIGUSR2));
	CHECK_EQ(mask(SIG_UNBLOCK, NULL, &old, 8), 0);
	CHECK_EQ(old, BIT(SIGUSR1));
	CHECK_ERR(mask(3, &set, &old, 8), EINVAL);
	CHECK_ERR(mask(-1, &set, &old, 8), EINVAL);
	CHECK_EQ(mask(77, NULL, &old, 8), 0);
	CHECK_ERR(mask(SIG_BLOCK, &set, &old, 0), EINVAL);
	CHECK_ERR(mask(SIG_BLOCK, &set, &old, 4), EINVAL);
	CHECK_ERR(mask(SIG_BLOCK, &set, &old, 128), EINVAL);
	CHECK_ERR(mask(SIG_BLOCK, BAD_ADDRESS, &old, 8), EFAULT);
	CHECK_ERR(mask(SIG_BLOCK, NULL, BAD_ADDRESS, 8), EFAULT);

	unsigned long pending = 99;
	CHECK_EQ(syscall(SYS_rt_sigpending, &pending, 8), 0);
	CHECK_EQ(pending, 0);
	raise(SIGUSR1);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(syscall(SYS_rt_sigpending, &pending, 8), 0);
	CHECK_EQ(pending, BIT(SIGUSR1));
	CHECK_ERR(syscall(SYS_rt_sigpending, &pending, 16), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigpending, BAD_ADDRESS, 8), EFAULT);
	CHECK_EQ(syscall(SYS_rt_sigpending, BAD_ADDRESS, 0), 0);
	pending = ~0ul;
	CHECK_EQ(syscall(SYS_rt_sigpending, &pending, 4), 0);
	CHECK_EQ(pending, 0xffffffff00000000ul | BIT(SIGUSR1));

	/* a child inherits the mask, not what is pending; execve keeps it: here only fork */
	pid_t child = fork();
	if (!child) {
		syscall(SYS_rt_sigpending, &pending, 8);
		mask(SIG_BLOCK, NULL, &old, 8);
		_exit(pending == 0 && old == BIT(SIGUSR1) ? 0 : 1);
	}
	int status;
	CHECK_EQ(waitpid(child, &status, 0) == child, 1);
	CHECK_EQ(status, 0);
	DONE();
}
