/* rt_sigaction(2): errors, what reads back, discarding of pending signals, handler flags. */
#include "test.h"

struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static long action(int sig, const void *new, void *old, size_t size)
{
	return syscall(SYS_rt_sigaction, sig, new, old, size);
}

static volatile int runs, depth, deepest, blocked_inside;

static void handler(int sig)
{
	runs++;
	if (++depth > deepest)
		deepest = depth;
	sigset_t now;
	sigprocmask(SIG_BLOCK, NULL, &now);
	blocked_inside = sigismember(&now, sig) | sigismember(&now, SIGUSR2) << 1;
	if (runs < 3)
		raise(sig);
	depth--;
}

static void errors(void)
{
	struct kernel_action a = {.handler = SIG_IGN}, old;
	CHECK_ERR(action(0, NULL, &old, 8), EINVAL);
	CHECK_ERR(action(65, NULL, &old, 8), EINVAL);
	CHECK_ERR(action(-1, NULL, &old, 8), EINVAL);
	CHECK_ERR(action(SIGKILL, &a, NULL, 8), EINVAL);
	CHECK_ERR(action(SIGSTOP, &a, NULL, 8), EINVAL);
	CHECK_EQ(action(SIGKILL, NULL, &old, 8), 0);
	CHECK_EQ(action(64, NULL, &old, 8), 0);
	CHECK_ERR(action(SIGUSR1, &a, NULL, 4), EINVAL);
	CHECK_ERR(action(SIGUSR1, &a, NULL, 16), EINVAL);
	CHECK_ERR(action(SIGUSR1, BAD_ADDRESS, NULL, 8), EFAULT);
	CHECK_ERR(action(SIGUSR1, NULL, BAD_ADDRESS, 8), EFAULT);
	CHECK_EQ(action(SIGUSR1, NULL, NULL, 8), 0);
}

static void reads_back(void)
{
	struct kernel_action a = {.handler = handler, .mask = ~0ul, .flags = 0x04000000 | SA_NODEFER | 0x400}, old;
	CHECK_EQ(action(SIGUSR1, &a, NULL, 8), 0);
	CHECK_EQ(action(SIGUSR1, NULL, &old, 8), 0);
	CHECK(old.handler == handler);
	CHECK_EQ(old.mask, ~(1ul << (SIGKILL - 1) | 1ul << (SIGSTOP - 1)));
	CHECK_EQ(old.flags, 0x04000000 | SA_NODEFER); /* 0x400 is no flag: cleared */
}

static int run(int flags)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = flags};
	sigaddset(&a.sa_mask, SIGUSR2);
	runs = depth = deepest = 0;
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	return deepest;
}

static void flags(void)
{
	struct sigaction old;
	CHECK_EQ(run(0), 1);
	CHECK_EQ(runs, 3);
	CHECK_EQ(blocked_inside, 3);
	CHECK_EQ(run(SA_NODEFER), 3);
	CHECK_EQ(runs, 3);
	CHECK_EQ(blocked_inside, 2);
	runs = 5;
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESETHAND};
	sigaction(SIGUSR1, &a, NULL);
	runs = 5;
	raise(SIGUSR1);
	CHECK_EQ(runs, 6);
	sigaction(SIGUSR1, NULL, &old);
	CHECK(old.sa_handler == SIG_DFL);
	CHECK(old.sa_flags & SA_RESETHAND);
	sigset_t now;
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(!sigismember(&now, SIGUSR1));
}

/* Setting to ignore discards, blocked or not; blocked and ignored by default stays pending until the action is set. */
static void discards(void)
{
	sigset_t set, pending;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGURG);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR1, SIG_DFL);
	raise(SIGUSR1);
	raise(SIGURG);
	kill(getpid(), SIGUSR1);
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGUSR1));
	CHECK(sigismember(&pending, SIGURG));
	signal(SIGUSR1, SIG_IGN);
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGUSR1));
	CHECK(sigismember(&pending, SIGURG));
	raise(SIGUSR1); /* ignored, but blocked: kept */
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGUSR1));
	signal(SIGURG, SIG_DFL);
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGURG));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGUSR1));
}

int main(void)
{
	errors();
	reads_back();
	flags();
	discards();
	DONE();
}
