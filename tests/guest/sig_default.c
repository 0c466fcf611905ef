/* signal(7), "Standard signals": what each does by default. */
#include "test.h"

int main(void)
{
	for (int sig = 1; sig <= 64; sig++) {
		int status;
		if (sig >= 32 && sig <= 34) /* the C library's own */
			continue;
		pid_t child = fork();
		if (!child) {
			setpgid(0, 0); /* a job of this program's session: it can be stopped */
			struct sigaction a = {.sa_handler = SIG_DFL};
			if (sig != SIGKILL && sig != SIGSTOP)
				sigaction(sig, &a, NULL);
			kill(getpid(), sig);
			_exit(0);
		}
		waitpid(child, &status, WUNTRACED);
		if (WIFSTOPPED(status)) {
			say("%d stops %d", sig, WSTOPSIG(status));
			kill(child, SIGCONT);
			waitpid(child, &status, 0);
			CHECK_EQ(status, 0);
		} else if (WIFSIGNALED(status)) {
			say("%d kills %d", sig, WTERMSIG(status));
		} else {
			say("%d ignored, exit %d", sig, WEXITSTATUS(status));
		}
	}
	DONE();
}
