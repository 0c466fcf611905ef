/* Process 1 of the oracle's pid namespace: the surroundings of one run. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

/* Where the executor finds its areas; beyond what programs name. */
#define CASE_FD	     600
#define CASE_FD_TEXT "600"
#define RESULTS_FD   601
#define RESULTS_TEXT "601"
#define EXECUTOR_FD  602

#define MIB (1024ull * 1024)

/* As a process of mote's kernel has them, where that bounds enough. */
static const struct {
	int resource;
	rlim_t soft, hard;
} limits[] = {
	{RLIMIT_AS, 1024 * MIB, 1024 * MIB},
	{RLIMIT_CORE, 0, 0},
	{RLIMIT_CPU, 5, 5},
	{RLIMIT_MEMLOCK, 8 * MIB, 8 * MIB},
	{RLIMIT_MSGQUEUE, 819200, 819200},
	{RLIMIT_NICE, 0, 0},
	{RLIMIT_NOFILE, 1024, 4096},
	{RLIMIT_NPROC, 200, 200},
	{RLIMIT_RTPRIO, 0, 0},
	{RLIMIT_SIGPENDING, 200, 200},
	{RLIMIT_STACK, 8 * MIB, RLIM_INFINITY},
};

static const char *set_limits(void)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit own, l = {limits[i].soft, limits[i].hard};

		if (getrlimit((__rlimit_resource_t)limits[i].resource, &own))
			return "reading limits";
		if (l.rlim_max > own.rlim_max)
			l.rlim_max = own.rlim_max;
		if (l.rlim_cur > l.rlim_max)
			l.rlim_cur = l.rlim_max;
		if (setrlimit((__rlimit_resource_t)limits[i].resource, &l))
			return "setting limits";
	}
	return NULL;
}

/* Nothing of the host stays open but the executor's own three descriptors. */
static const char *set_descriptors(void)
{
	if (dup2(SANDBOX_CASE, CASE_FD) < 0 || dup2(SANDBOX_RESULTS, RESULTS_FD) < 0 ||
	    dup3(SANDBOX_EXECUTOR, EXECUTOR_FD, O_CLOEXEC) < 0)
		return "moving descriptors";
	int null = open("/dev/null", O_RDWR);

	if (null < 0)
		return "opening /dev/null";
	for (int fd = 0; fd < 3; fd++)
		if (dup2(null, fd) < 0)
			return "moving descriptors";
	if (close_range(3, CASE_FD - 1, 0) || close_range(EXECUTOR_FD + 1, ~0u, 0))
		return "closing descriptors";
	return NULL;
}

/* One CPU, as the machine has: then threads take turns alike. */
static void stay_on_cpu(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static const char *set_process(void)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	setsid();
	stay_on_cpu();
	if (sethostname("mote", 4) || setdomainname("(none)", 6))
		return "naming the host";
	return NULL;
}

static void execute(unsigned int time_limit)
{
	char limit[16];
	char *const argv[] = {"executor", "--host", CASE_FD_TEXT, RESULTS_TEXT, "/tmp/fuzz", limit, NULL};
	char *const envp[] = {NULL};

	/* As the first program of a machine is, a group and session of its own. */
	setsid();
	/* What is left is for ending whatever the program has left behind. */
	snprintf(limit, sizeof(limit), "%u", time_limit / 8);

	execveat(EXECUTOR_FD, "", argv, envp, AT_EMPTY_PATH);
	_exit(SANDBOX_BROKEN);
}

void sandbox_init(const struct sandbox *s)
{
	const char *failed = set_process();

	if (!failed)
		failed = set_descriptors();
	if (!failed)
		failed = set_limits();
	/* Before the fork: the program may write to this process's memory, so it must not be able to do more. */
	if (failed || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &s->filter))
		_exit(SANDBOX_BROKEN);
	pid_t executor = fork(), pid;
	int status;

	if (executor < 0)
		_exit(SANDBOX_BROKEN);
	if (!executor)
		execute(s->time_limit);
	do
		pid = wait(&status);
	while (pid != executor && (pid > 0 || errno == EINTR));
	_exit(pid == executor && WIFEXITED(status) ? WEXITSTATUS(status) : 0);
}
