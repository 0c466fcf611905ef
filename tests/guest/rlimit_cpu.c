/* RLIMIT_CPU: SIGXCPU at the soft limit, SIGKILL at the hard one; inherited by fork. */
#include "test.h"
#include <sys/resource.h>

static void on_limit(int sig)
{
	_exit(sig == SIGXCPU ? 7 : 8);
}

static int status_of(pid_t pid)
{
	int status = -1;
	waitpid(pid, &status, 0);
	return status;
}

static void limit(int soft, int hard)
{
	struct rlimit r = {soft, hard};
	if (setrlimit(RLIMIT_CPU, &r))
		_exit(9);
}

int main(void)
{
	pid_t soft = fork();
	if (!soft) {
		limit(1, 50);
		signal(SIGXCPU, on_limit);
		if (fork()) {
			int status;
			wait(&status);
			_exit(WEXITSTATUS(status));
		}
		for (;;)
			;
	}
	pid_t hard = fork();
	if (!hard) {
		limit(1, 1);
		signal(SIGXCPU, SIG_IGN);
		for (;;)
			;
	}
	pid_t lifted = fork();
	if (!lifted) {
		limit(1, 50);
		limit(40, 50);
		_exit(3);
	}
	CHECK_EQ(status_of(lifted), 3 << 8);
	CHECK_EQ(status_of(soft), 7 << 8);
	CHECK_EQ(status_of(hard), SIGKILL);
	DONE();
}
