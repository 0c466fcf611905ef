#include "helper.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK	      16384
#define KERNEL_SIGSET 8 /* bytes of the kernel's sigset_t */

/* One is alive at a time, and nothing there is to be remembered. */
static char stack[STACK] __attribute__((aligned(16)));
static atomic_bool ready;

/* On Linux before 5.9 there is no close_range(2). */
static void close_all(void)
{
	if (!syscall(SYS_close_range, 0u, ~0u, 0u))
		return;
	for (int fd = (int)sysconf(_SC_OPEN_MAX); fd-- > 0;)
		syscall(SYS_close, fd);
}

/* errno is its maker's too, who waits until nothing more can fail. syscall(2): other functions look at more that is shared. */
static int helper_main(void *maker)
{
	static unsigned char all[KERNEL_SIGSET];

	syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	close_all();
	for (unsigned int i = 0; i < KERNEL_SIGSET; i++)
		all[i] = 0xff;
	bool orphan = syscall(SYS_getppid) != *(pid_t *)maker;

	ready = true;
	if (!orphan)
		syscall(SYS_rt_sigtimedwait, all, NULL, NULL, KERNEL_SIGSET);
	syscall(SYS_exit_group, 0);
	return 0;
}

pid_t helper_make(void)
{
	static pid_t maker;
	sigset_t all, old;

	maker = getpid();
	ready = false;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid_t pid = clone(helper_main, stack + STACK, CLONE_VM | SIGCHLD, &maker);
	int err = errno;

	while (pid > 0 && !ready && waitpid(pid, NULL, WNOHANG) == 0)
		sched_yield();
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid < 0 ? -err : pid;
}

void helper_end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
