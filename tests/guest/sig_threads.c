/* Signals and threads: who takes a process's signal, masks of each, death of all, stops of all. */
#include "test.h"
#include <pthread.h>
#include <sys/prctl.h>

static pthread_t main_thread, other;
static volatile int taken_by_other, taken_by_main;
static int gate[2];

static void handler(int sig)
{
	(void)sig;
	if (pthread_equal(pthread_self(), main_thread))
		taken_by_main++;
	else
		taken_by_other++;
	if (write(gate[1], "h", 1) != 1)
		_exit(9);
}

static void wait_gate(void)
{
	char c;
	while (read(gate[0], &c, 1) != 1)
		;
}

static void *sleep_thread(void *arg)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (arg && write(gate[1], "r", 1) != 1)
		_exit(9);
	for (;;)
		pause();
	return NULL;
}

/* The main thread blocks it: the process's signal goes to the other; a thread's own waits. */
static void choose(void)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigset_t set, pending;
	sigaction(SIGUSR1, &a, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&other, NULL, sleep_thread, &set);
	wait_gate();
	kill(getpid(), SIGUSR1);
	wait_gate();
	CHECK_EQ(taken_by_other, 1);
	CHECK_EQ(taken_by_main, 0);
	pthread_kill(main_thread, SIGUSR1);
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGUSR1));
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	wait_gate();
	CHECK_EQ(taken_by_main, 1);
	pthread_kill(other, SIGUSR1);
	wait_gate();
	CHECK_EQ(taken_by_other, 2);
	kill(getpid(), SIGUSR1); /* the main thread comes first when it wants it */
	wait_gate();
	CHECK_EQ(taken_by_main, 2);
}

static void *blocker(void *arg)
{
	(void)arg;
	if (write(gate[1], "r", 1) != 1)
		_exit(9);
	for (;;)
		pause();
}

/* kill(2) with a thread's id reaches its process; another thread's name cannot be borrowed. */
static volatile int other_tid;

static void *tell_tid(void *arg)
{
	(void)arg;
	other_tid = syscall(SYS_gettid);
	return sleep_thread(gate);
}

static void by_tid(void)
{
	pthread_t t;
	siginfo_t info = {.si_code = SI_USER};
	pthread_create(&t, NULL, tell_tid, NULL);
	wait_gate();
	int before = taken_by_other;
	CHECK_EQ(kill(other_tid, SIGUSR1), 0);
	wait_gate();
	CHECK_EQ(taken_by_other, before + 1); /* the one named comes first */
	CHECK_EQ(kill(other_tid, 0), 0);
	CHECK_ERR(syscall(SYS_tgkill, other_tid, other_tid, 0), ESRCH);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), other_tid, SIGUSR1, &info), EPERM);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, other_tid, SIGUSR1, &info), EPERM);
	info.si_code = SI_QUEUE;
	CHECK_EQ(syscall(SYS_rt_tgsigqueueinfo, getpid(), other_tid, 0, &info), 0);
	CHECK_EQ(syscall(SYS_rt_sigqueueinfo, other_tid, 0, &info), 0);
}

/* Pending for the process while all block it; the thread that unblocks takes it. */
static void nobody(void)
{
	pid_t child = fork();
	int status;
	if (!child) {
		sigset_t set, pending;
		pthread_t t;
		main_thread = pthread_self();
		taken_by_main = taken_by_other = 0;
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		pthread_sigmask(SIG_BLOCK, &set, NULL);
		pthread_create(&t, NULL, blocker, NULL);
		wait_gate();
		kill(getpid(), SIGUSR1);
		sigpending(&pending);
		CHECK(sigismember(&pending, SIGUSR1));
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
		CHECK_EQ(taken_by_main, 1);
		_exit(test_failures);
	}
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
}

static int end_with(int sig, int thread_directed)
{
	int status;
	pid_t child = fork();
	if (!child) {
		pthread_t t[4];
		for (int i = 0; i < 4; i++)
			pthread_create(&t[i], NULL, sleep_thread, gate);
		for (int i = 0; i < 4; i++)
			wait_gate();
		if (thread_directed)
			pthread_kill(t[2], sig);
		else
			kill(getpid(), sig);
		for (;;)
			pause();
	}
	waitpid(child, &status, 0);
	return status;
}

static void stop_all(void)
{
	int status;
	pid_t child = fork();
	if (!child) {
		pthread_t t[3];
		for (int i = 0; i < 3; i++)
			pthread_create(&t[i], NULL, sleep_thread, gate);
		for (int i = 0; i < 3; i++)
			wait_gate();
		raise(SIGSTOP);
		_exit(8);
	}
	CHECK_EQ(waitpid(child, &status, WUNTRACED) == child, 1);
	CHECK_EQ(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, 1);
	kill(child, SIGCONT);
	CHECK_EQ(waitpid(child, &status, 0) == child, 1);
	CHECK_EQ(WEXITSTATUS(status), 8);
}

int main(void)
{
	main_thread = pthread_self();
	if (pipe(gate))
		return 9;
	choose();
	by_tid();
	nobody();
	CHECK_EQ(end_with(SIGTERM, 0), SIGTERM);
	CHECK_EQ(end_with(SIGKILL, 0), SIGKILL);
	CHECK_EQ(end_with(SIGTERM, 1), SIGTERM);
	CHECK_EQ(end_with(SIGKILL, 1), SIGKILL);
	stop_all();
	DONE();
}
