/* rt_sigqueueinfo(2), rt_tgsigqueueinfo(2), queueing: real-time signals in order, standard ones once, RLIMIT_SIGPENDING. */
#include "test.h"
#include <sys/resource.h>

static int order[32], values[32], codes[32], count;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	order[count] = sig;
	values[count] = info->si_value.sival_int;
	codes[count++] = info->si_code;
}

static void show(void)
{
	for (int i = 0; i < count; i++)
		say("     signal %d value %d code %d", order[i], values[i], codes[i]);
	count = 0;
}

static long queue(pid_t pid, int sig, int code, int value)
{
	siginfo_t info = {.si_code = code};
	info.si_pid = getpid();
	info.si_value.sival_int = value;
	return syscall(SYS_rt_sigqueueinfo, pid, sig, &info);
}

static void ordering(void)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	CHECK_EQ(queue(getpid(), 40, SI_QUEUE, 1), 0);
	CHECK_EQ(queue(getpid(), 36, SI_QUEUE, 2), 0);
	CHECK_EQ(queue(getpid(), 40, SI_QUEUE, 3), 0);
	CHECK_EQ(queue(getpid(), SIGUSR1, SI_QUEUE, 4), 0);
	CHECK_EQ(queue(getpid(), SIGUSR1, SI_QUEUE, 5), 0); /* merged */
	CHECK_EQ(queue(getpid(), 36, SI_QUEUE, 6), 0);
	CHECK_EQ(queue(getpid(), 64, SI_QUEUE, 7), 0);
	CHECK_EQ(queue(getpid(), 35, -77, 8), 0);
	CHECK_EQ(kill(getpid(), 40), 0);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	show();
}

static void errors(void)
{
	siginfo_t info = {.si_code = SI_QUEUE};
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), 65, &info), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, 4000000, SIGUSR1, &info), ESRCH);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, 0, SIGUSR1, &info), ESRCH);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, -1, SIGUSR1, &info), ESRCH);
	CHECK_EQ(syscall(SYS_rt_sigqueueinfo, getpid(), 0, &info), 0);
	info.si_code = SI_USER; /* as kill(2) would: only to oneself */
	CHECK_EQ(syscall(SYS_rt_sigqueueinfo, getpid(), 0, &info), 0);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &info), EPERM);
	info.si_code = SI_TKILL;
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &info), EPERM);
	info.si_code = SI_QUEUE;
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, 0, getpid(), SIGUSR1, &info), EINVAL);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0, SIGUSR1, &info), EINVAL);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getppid(), getpid(), SIGUSR1, &info), ESRCH);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), 65, &info), EINVAL);
	info.si_value.sival_int = 11;
	CHECK_EQ(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &info), 0);
	show();
}

static void limit(void)
{
	pid_t child = fork();
	if (!child) {
		setuid(12345); /* whose count starts at nothing */
		struct rlimit two = {2, 2};
		CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &two), 0);
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, 40);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, NULL);
		CHECK_EQ(queue(getpid(), 40, SI_QUEUE, 1), 0);
		CHECK_EQ(queue(getpid(), 40, SI_QUEUE, 2), 0);
		CHECK_ERR(queue(getpid(), 40, SI_QUEUE, 3), EAGAIN);
		CHECK_EQ(kill(getpid(), 40), 0);      /* kill(2) never fails so; its details may be lost */
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
		siginfo_t info;
		CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
		CHECK_EQ(sigwaitinfo(&set, &info), 40);
		CHECK_EQ(info.si_value.sival_int, 1);
		CHECK_EQ(queue(getpid(), 40, SI_QUEUE, 4), 0);
		CHECK_EQ(sigwaitinfo(&set, &info), 40);
		CHECK_EQ(info.si_value.sival_int, 2);
		CHECK_EQ(sigwaitinfo(&set, &info), 40);
		CHECK_EQ(info.si_value.sival_int, 4);
		_exit(test_failures);
	}
	int status;
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
}

int main(void)
{
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	sigfillset(&a.sa_mask);
	sigaction(SIGUSR1, &a, NULL);
	for (int i = 35; i <= 64; i++)
		sigaction(i, &a, NULL);
	ordering();
	errors();
	limit();
	DONE();
}
