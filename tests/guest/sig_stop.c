/* Job control: SIGSTOP, SIGTSTP, SIGCONT, what wait(2) and SIGCHLD say, orphaned groups. */
#include "test.h"

static siginfo_t last;
static volatile int chld;

static void on_chld(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	last = *info;
	chld++;
}

static pid_t sleeper(void)
{
	pid_t pid = fork();
	if (!pid) {
		for (;;)
			pause();
	}
	return pid;
}

static void by_wait(void)
{
	int status;
	pid_t child = sleeper();
	kill(child, SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED) == child, 1);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0); /* told once */
	kill(child, SIGTERM); /* pending until it is continued */
	CHECK_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0);
	signal(SIGUSR1, SIG_IGN);
	kill(child, SIGCONT);
	siginfo_t info = {0};
	CHECK_EQ(waitid(P_PID, child, &info, WEXITED), 0);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGTERM);

	child = sleeper();
	kill(child, SIGSTOP);
	CHECK_EQ(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT), 0);
	CHECK_EQ(info.si_code, CLD_STOPPED);
	CHECK_EQ(info.si_status, SIGSTOP);
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(waitid(P_PID, child, &info, WSTOPPED), 0);
	kill(child, SIGCONT);
	CHECK_EQ(waitpid(child, &status, WCONTINUED) == child, 1);
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(waitpid(child, &status, WCONTINUED | WNOHANG), 0);
	kill(child, SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED) == child, 1);
	kill(child, SIGKILL); /* kills what is stopped */
	CHECK_EQ(waitpid(child, &status, 0) == child, 1);
	CHECK_EQ(status, SIGKILL);
}

/* Stop signals and SIGCONT discard each other while pending. */
static void cancel(void)
{
	sigset_t set, pending;
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGCONT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGTSTP);
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGTSTP));
	kill(getpid(), SIGCONT);
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGTSTP));
	CHECK(sigismember(&pending, SIGCONT));
	raise(SIGTSTP);
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGTSTP));
	CHECK(!sigismember(&pending, SIGCONT));
	kill(getpid(), SIGCONT);
	signal(SIGCONT, SIG_IGN);
	signal(SIGCONT, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void wait_chld(int n)
{
	sigset_t block, old;
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &old);
	while (chld < n)
		sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void by_signal(void)
{
	struct sigaction a = {.sa_sigaction = on_chld, .sa_flags = SA_SIGINFO};
	int status;
	sigaction(SIGCHLD, &a, NULL);
	pid_t child = sleeper();
	kill(child, SIGSTOP);
	wait_chld(1);
	CHECK_EQ(last.si_code, CLD_STOPPED);
	CHECK_EQ(last.si_status, SIGSTOP);
	CHECK_EQ(last.si_pid == child, 1);
	kill(child, SIGCONT);
	wait_chld(2);
	CHECK_EQ(last.si_code, CLD_CONTINUED);
	CHECK_EQ(last.si_status, SIGCONT);
	/* with SA_NOCLDSTOP only the end is told */
	a.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &a, NULL);
	kill(child, SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED) == child, 1);
	kill(child, SIGCONT);
	CHECK_EQ(waitpid(child, &status, WCONTINUED) == child, 1);
	CHECK_EQ(chld, 2);
	kill(child, SIGKILL);
	wait_chld(3);
	CHECK_EQ(last.si_code, CLD_KILLED);
	CHECK_EQ(last.si_status, SIGKILL);
	CHECK_EQ(waitpid(child, &status, 0) == child, 1);
	signal(SIGCHLD, SIG_DFL);
}

/* SIGTSTP stops a job of the session's shell; in an orphaned group it does nothing, SIGSTOP still stops. */
static void orphaned(void)
{
	int status;
	pid_t shell = fork();
	if (!shell) {
		setsid();
		pid_t job = sleeper();
		setpgid(job, job);
		kill(job, SIGTSTP);
		CHECK_EQ(waitpid(job, &status, WUNTRACED) == job, 1);
		CHECK_EQ(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP, 1);
		kill(job, SIGKILL);
		waitpid(job, &status, 0);
		raise(SIGTSTP); /* the session leader's own group is orphaned: nobody could continue it */
		raise(SIGTTIN);
		_exit(test_failures ? 1 : 4);
	}
	CHECK_EQ(waitpid(shell, &status, WUNTRACED) == shell, 1);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 4);
}

/* A handler for SIGTSTP is just a handler; SIGCONT's runs after the continuation. */
static void handled(void)
{
	int status;
	pid_t child = fork();
	if (!child) {
		struct sigaction a = {.sa_sigaction = on_chld, .sa_flags = SA_SIGINFO};
		sigaction(SIGTSTP, &a, NULL);
		sigaction(SIGCONT, &a, NULL);
		raise(SIGTSTP);
		if (last.si_signo != SIGTSTP)
			_exit(1);
		raise(SIGSTOP);
		_exit(last.si_signo == SIGCONT ? 6 : 2);
	}
	CHECK_EQ(waitpid(child, &status, WUNTRACED) == child, 1);
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	kill(child, SIGCONT);
	CHECK_EQ(waitpid(child, &status, 0) == child, 1);
	CHECK_EQ(WEXITSTATUS(status), 6);
}

int main(void)
{
	by_wait();
	cancel();
	by_signal();
	orphaned();
	handled();
	DONE();
}
