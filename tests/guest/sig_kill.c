/* kill(2), tkill(2), tgkill(2): targets, permission, errors. */
#include "test.h"

static volatile int got, got_code, got_pid_ok, got_uid;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	got = sig;
	got_code = info->si_code;
	got_pid_ok = info->si_pid == getpid();
	got_uid = info->si_uid;
}

static int wait_status(pid_t pid)
{
	int status = -1;
	waitpid(pid, &status, 0);
	return status;
}

static pid_t sleeper(void)
{
	pid_t pid = fork();
	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void to_self(void)
{
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &a, NULL);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(got, SIGUSR1);
	CHECK_EQ(got_code, SI_USER);
	CHECK_EQ(got_pid_ok, 1);
	CHECK_EQ(got_uid, 0);
	CHECK_EQ(syscall(SYS_tkill, getpid(), SIGUSR1), 0);
	CHECK_EQ(got_code, SI_TKILL);
	got_code = 0;
	CHECK_EQ(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1), 0);
	CHECK_EQ(got_code, SI_TKILL);
	CHECK_EQ(kill(getpid(), 0), 0);
}

static void errors(void)
{
	CHECK_ERR(kill(getpid(), 65), EINVAL);
	CHECK_ERR(kill(getpid(), -1), EINVAL);
	CHECK_ERR(kill(4000000, 0), ESRCH);
	CHECK_ERR(kill(4000000, 65), ESRCH);
	CHECK_ERR(kill(-4000000, SIGTERM), ESRCH);
	CHECK_ERR(kill(INT32_MIN, SIGTERM), ESRCH);
	CHECK_ERR(kill(INT32_MAX, SIGTERM), ESRCH);
	CHECK_ERR(kill(0, 65), EINVAL);
	CHECK_ERR(kill(-1, 65), EINVAL);
	CHECK_ERR(syscall(SYS_tkill, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tkill, -1, SIGTERM), EINVAL);
	CHECK_ERR(syscall(SYS_tkill, getpid(), 65), EINVAL);
	CHECK_ERR(syscall(SYS_tkill, 4000000, 0), ESRCH);
	CHECK_ERR(syscall(SYS_tgkill, 0, getpid(), 0), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, getpid(), 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, getppid(), getpid(), 0), ESRCH);
	CHECK_ERR(syscall(SYS_tgkill, getpid(), getpid(), 65), EINVAL);
	CHECK_EQ(syscall(SYS_tgkill, getpid(), getpid(), 0), 0);
}

static void groups(void)
{
	pid_t a = sleeper(), b = sleeper(), other = sleeper();
	CHECK_EQ(setpgid(a, a), 0);
	CHECK_EQ(setpgid(b, a), 0);
	CHECK_EQ(kill(-a, SIGTERM), 0);
	CHECK_EQ(wait_status(a), SIGTERM);
	CHECK_EQ(kill(-a, 0), 0); /* b is still a member, dead or not */
	CHECK_EQ(wait_status(b), SIGTERM);
	CHECK_ERR(kill(-a, 0), ESRCH);
	CHECK_EQ(kill(other, 0), 0);
	CHECK_EQ(kill(-1, 0), 0); /* somebody else exists */
	CHECK_EQ(kill(other, SIGKILL), 0);
	siginfo_t info;
	CHECK_EQ(waitid(P_PID, other, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGKILL);
	CHECK_EQ(kill(other, SIGTERM), 0); /* a zombie can be signalled, in vain */
	CHECK_EQ(wait_status(other), SIGKILL);
	CHECK_ERR(kill(other, 0), ESRCH);
}

/* kill(0): the caller's own group. */
static void own_group(void)
{
	pid_t leader = fork();
	if (!leader) {
		setpgid(0, 0);
		pid_t a = sleeper(), b = sleeper();
		signal(SIGTERM, SIG_IGN);
		kill(0, SIGTERM);
		_exit(wait_status(a) == SIGTERM && wait_status(b) == SIGTERM ? 7 : 1);
	}
	CHECK_EQ(WEXITSTATUS(wait_status(leader)), 7);
}

/* An ordinary user: own processes, SIGCONT within the session, nothing else. */
static void permission(void)
{
	pid_t roots = sleeper();
	pid_t user = fork();
	if (!user) {
		CHECK_EQ(setgid(1000), 0);
		CHECK_EQ(setuid(1000), 0);
		pid_t own = sleeper();
		CHECK_ERR(kill(roots, SIGTERM), EPERM);
		CHECK_ERR(kill(roots, 0), EPERM);
		CHECK_ERR(syscall(SYS_tkill, roots, SIGTERM), EPERM);
		CHECK_EQ(kill(roots, SIGCONT), 0);
		CHECK_EQ(kill(own, SIGTERM), 0);
		CHECK_EQ(wait_status(own), SIGTERM);
		_exit(test_failures);
	}
	CHECK_EQ(wait_status(user), 0);
	CHECK_EQ(kill(roots, SIGKILL), 0);
	CHECK_EQ(wait_status(roots), SIGKILL);
}

int main(void)
{
	to_self();
	errors();
	groups();
	own_group();
	permission();
	DONE();
}
