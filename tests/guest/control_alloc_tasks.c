/* Allocations fail one after the other: processes, threads, execve, signals, timers, descriptors of
 * events, credentials, futexes. */
#include "control_alloc.h"
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

/* The status of a child of the operation. */
static int child_status(pid_t child)
{
	int status;

	TRY(waitpid(child, &status, 0));
	return status;
}

static int fork_wait(void)
{
	pid_t child = TRY(syscall(SYS_fork));

	if (!child)
		_exit(7);
	MUST(WEXITSTATUS(TRY(child_status(child))) == 7);
	return 0;
}

static int fork_with_much(void)
{
	static char data[40 * 4096];
	char *p[20];

	for (int i = 0; i < 20; i++) {
		p[i] = mmap(NULL, 8192, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		TRY((long)p[i]);
	}
	for (size_t i = 0; i < sizeof(data); i += 4096)
		data[i] = 1;
	TRY(fcntl(0, F_DUPFD, 100));
	return fork_wait();
}

static int clone_pidfd(void)
{
	int fd = -1;
	struct pollfd p;
	pid_t child = TRY(syscall(SYS_clone, 0x1000 /* CLONE_PIDFD */ | SIGCHLD, 0, &fd, 0, 0));

	if (!child)
		_exit(0);
	p = (struct pollfd){fd, POLLIN, 0};
	/* The child must not outlive the test when poll has no memory. */
	int r = poll(&p, 1, -1), err = errno;
	MUST(TRY(child_status(child)) == 0);
	errno = err;
	TRY(r);
	return close(fd);
}

static char block[1];

static void *thread(void *arg)
{
	return arg;
}

static int threads(void)
{
	pthread_t t[3];
	int made = 0, err = 0;
	void *result;

	while (made < 3 && !err) {
		err = pthread_create(&t[made], NULL, thread, block);
		made += !err;
	}
	for (int i = 0; i < made; i++) {
		MUST(!pthread_join(t[i], &result));
		MUST(result == block);
	}
	errno = err;
	return err ? -1 : 0;
}

/* Behind its point of no return an execve that fails can only end the process. */
static int exec_ends(const char *path, char *const argv[])
{
	static char *const env[] = {"A=B", NULL};
	pid_t child = TRY(fork());
	int status;

	if (!child) {
		execve(path, argv, env);
		_exit(100 + errno);
	}
	status = TRY(child_status(child));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 7)
		return 0;
	MUST((WIFEXITED(status) && WEXITSTATUS(status) == 100 + ENOMEM) ||
	     (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGSEGV)));
	errno = ENOMEM;
	return -1;
}

static int exec_program(void)
{
	char *argv[] = {"/proc/self/exe", "--exit-7", NULL};

	return exec_ends(argv[0], argv);
}

static int exec_long(void)
{
	static char text[20000];
	char *argv[] = {"/proc/self/exe", "--exit-7", text, text, text, NULL};

	memset(text, 'x', sizeof(text) - 1);
	return exec_ends(argv[0], argv);
}

static char self[PATH_MAX];

static int exec_script(void)
{
	char *argv[] = {"script", NULL};
	FILE *f = fopen("script", "w");

	if (!f)
		return -1;
	fprintf(f, "#!%s --exit-7\n", self);
	if (fchmod(fileno(f), 0755) | fclose(f))
		return -1;
	return exec_ends("./script", argv);
}

static volatile int signals_seen;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)info, (void)context;
	signals_seen++;
}

static int signals(void)
{
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	static char stack[16384];
	stack_t s = {.ss_sp = stack, .ss_size = sizeof(stack)};
	union sigval v = {.sival_int = 1};
	sigset_t set;

	TRY(sigaltstack(&s, NULL));
	TRY(sigaction(SIGUSR1, &a, NULL));
	TRY(sigaction(SIGRTMIN, &a, NULL));
	signals_seen = 0;
	TRY(kill(getpid(), SIGUSR1)); /* arrives whatever happens: signal(7), standard signals are not queued */
	MUST(signals_seen == 1);
	TRY(sigqueue(getpid(), SIGRTMIN, v));
	MUST(signals_seen == 2);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	TRY(sigprocmask(SIG_BLOCK, &set, NULL));
	for (int i = 0; i < 3; i++)
		TRY(sigqueue(getpid(), SIGRTMIN, v));
	for (int i = 0; i < 3; i++)
		MUST(TRY(sigtimedwait(&set, NULL, &(struct timespec){0})) == SIGRTMIN);
	return 0;
}

static int timers(void)
{
	timer_t t;
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
	struct itimerspec at = {.it_value = {0, 1000000}};
	struct itimerval it = {.it_value = {0, 1000}};
	struct timespec wait = {5, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGALRM);
	TRY(sigprocmask(SIG_BLOCK, &set, NULL));
	TRY(timer_create(CLOCK_MONOTONIC, &e, &t));
	TRY(timer_settime(t, 0, &at, NULL));
	MUST(TRY(sigtimedwait(&set, NULL, &wait)) == SIGUSR2);
	TRY(timer_delete(t));
	TRY(setitimer(ITIMER_REAL, &it, NULL));
	MUST(TRY(sigtimedwait(&set, NULL, &wait)) == SIGALRM);
	wait = (struct timespec){0, 1000000};
	TRY(nanosleep(&wait, NULL));
	return 0;
}

static int epolls(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int ep = TRY(epoll_create1(EPOLL_CLOEXEC)), other = TRY(epoll_create1(0)), p[2], n;

	TRY(pipe(p));
	TRY(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e));
	TRY(epoll_ctl(other, EPOLL_CTL_ADD, ep, &e));
	MUST(TRY(write(p[1], "x", 1)) == 1);
	MUST(TRY(epoll_wait(ep, &e, 1, 0)) == 1);
	MUST(TRY(epoll_wait(other, &e, 1, 0)) == 1);
	TRY(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &e));
	TRY(close(p[0]));
	n = TRY(epoll_wait(ep, &e, 1, 0));
	MUST(n == 0);
	TRY(close(ep));
	return close(other);
}

static int event_files(void)
{
	struct itimerspec at = {.it_value = {0, 1000000}};
	uint64_t count = 3;
	sigset_t set;
	int fd = TRY(eventfd(0, 0));

	TRY(write(fd, &count, 8));
	TRY(read(fd, &count, 8));
	TRY(close(fd));
	fd = TRY(timerfd_create(CLOCK_MONOTONIC, 0));
	TRY(timerfd_settime(fd, 0, &at, NULL));
	TRY(read(fd, &count, 8));
	TRY(close(fd));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	fd = TRY(signalfd(-1, &set, 0));
	TRY(close(fd));
	fd = TRY(syscall(SYS_pidfd_open, getpid(), 0));
	return close(fd);
}

static int polls(void)
{
	struct pollfd p[300];
	int fds[2];
	fd_set set;
	struct timeval zero = {0, 0};

	TRY(pipe(fds));
	for (int i = 0; i < 300; i++)
		p[i] = (struct pollfd){fds[1], POLLOUT, 0};
	MUST(TRY(poll(p, 300, 0)) == 300);
	for (int i = 0; i < 300; i++)
		p[i] = (struct pollfd){fds[0], POLLIN, 0};
	MUST(TRY(poll(p, 300, 2)) == 0);
	TRY(dup2(fds[1], 900));
	FD_ZERO(&set);
	FD_SET(900, &set);
	MUST(TRY(select(901, NULL, &set, NULL, &zero)) == 1);
	return 0;
}

static int identities(void)
{
	gid_t groups[30];
	char name[16];

	for (int i = 0; i < 30; i++)
		groups[i] = 100 + i;
	TRY(syscall(SYS_setgroups, 30, groups));
	TRY(prctl(PR_SET_NAME, "a name"));
	TRY(prctl(PR_GET_NAME, name));
	TRY(syscall(SYS_setsid));
	TRY(syscall(SYS_setresgid, 5, 5, 5));
	TRY(syscall(SYS_setresuid, 5, 5, 5));
	MUST(getuid() == 5 && getgid() == 5);
	return 0;
}

static int unsharing(void)
{
	struct rlimit r;

	TRY(syscall(SYS_unshare, CLONE_FS | CLONE_FILES));
	TRY(getrlimit(RLIMIT_CORE, &r));
	TRY(setrlimit(RLIMIT_CORE, &r));
	r = (struct rlimit){1000, 1000};
	return setrlimit(RLIMIT_CPU, &r);
}

static int futexes(void)
{
	static int word;
	struct timespec soon = {0, 1000000};

	MUST(syscall(SYS_futex, &word, 0 /* WAIT */, 0, &soon, NULL, 0) == -1);
	if (errno != ETIMEDOUT)
		return -1;
	TRY(syscall(SYS_futex, &word, 1 /* WAKE */, 1, NULL, NULL, 0));
	TRY(syscall(SYS_futex, &word, 6 /* LOCK_PI */, 0, NULL, NULL, 0));
	TRY(syscall(SYS_futex, &word, 7 /* UNLOCK_PI */, 0, NULL, NULL, 0));
	word = 0;
	return 0;
}

static int other_memory(void)
{
	static char from[20000], to[20000];
	struct iovec l[40], r[40];

	for (int i = 0; i < 40; i++) {
		l[i] = (struct iovec){to + i * 500, 500};
		r[i] = (struct iovec){from + i * 500, 500};
	}
	MUST(TRY(process_vm_readv(getpid(), l, 40, r, 40, 0)) == 20000);
	return 0;
}

/* A whole small job, as a shell does it. */
static int pipeline(void)
{
	int p[2], status;
	char c;

	TRY(pipe(p));
	pid_t a = TRY(fork());
	if (!a)
		_exit(write(p[1], "x", 1) != 1);
	close(p[1]);
	ssize_t n = read(p[0], &c, 1);
	int err = errno;
	status = TRY(child_status(a));
	MUST(n == 1 || status);
	errno = status ? ENOMEM : err;
	return n == 1 ? 0 : -1;
}

/* A child's end is never missed. */
static int child_signal(void)
{
	struct timespec wait = {10, 0};
	siginfo_t info;
	sigset_t set;
	pid_t child;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	TRY(sigprocmask(SIG_BLOCK, &set, NULL));
	child = TRY(fork());
	if (!child)
		_exit(3);
	MUST(TRY(sigtimedwait(&set, &info, &wait)) == SIGCHLD);
	MUST(TRY(child_status(child)) == 3 << 8);
	return 0;
}

static sigjmp_buf out;

static void fault_handler(int sig)
{
	siglongjmp(out, sig);
}

static int fault_signal(void)
{
	struct sigaction a = {.sa_handler = fault_handler};

	TRY(sigaction(SIGSEGV, &a, NULL));
	if (!sigsetjmp(out, 1)) {
		*(volatile int *)BAD_ADDRESS = 1;
		MUST(false);
	}
	return 0;
}

static int signal_file(void)
{
	char info[256];
	union sigval v = {.sival_int = 5};
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	TRY(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = TRY(signalfd(-1, &set, SFD_NONBLOCK));
	TRY(sigqueue(getpid(), SIGRTMIN, v));
	MUST(TRY(read(fd, info, sizeof(info))) == 128);
	return close(fd);
}

static int many_timers(void)
{
	timer_t t[20];

	for (int i = 0; i < 20; i++)
		TRY(timer_create(CLOCK_REALTIME, NULL, &t[i]));
	for (int i = 0; i < 20; i += 2)
		TRY(timer_delete(t[i]));
	return 0; /* the others go with the process */
}

static int many_watches(void)
{
	struct epoll_event e = {.events = EPOLLOUT | EPOLLET}, got[64];
	int ep = TRY(epoll_create1(0)), p[2];

	TRY(pipe(p));
	for (int i = 0; i < 60; i++)
		TRY(epoll_ctl(ep, EPOLL_CTL_ADD, TRY(dup(p[1])), &e));
	/* In as many pieces as memory allows, but none is lost. */
	for (int n, sum = 0; sum < 60; sum += n) {
		n = TRY(epoll_wait(ep, got, 64, 0));
		MUST(n);
	}
	return 0; /* closed in whatever order the process ends */
}

/* posix_spawn(3): the child shares the memory until it execs. */
static int spawn(void)
{
	char *argv[] = {"/proc/self/exe", "--exit-7", NULL};
	pid_t child;
	int err = posix_spawn(&child, self, NULL, NULL, argv, NULL), status;

	errno = err;
	if (err)
		return -1;
	status = TRY(child_status(child));
	if (WIFSIGNALED(status)) {
		MUST(WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGSEGV);
		errno = ENOMEM;
		return -1;
	}
	MUST(WEXITSTATUS(status) == 7);
	return 0;
}

static void *exec_in_thread(void *arg)
{
	char *argv[] = {"/proc/self/exe", "--exit-7", NULL};

	execve(argv[0], argv, NULL);
	_exit(100 + errno);
	return arg;
}

static int exec_thread(void)
{
	pid_t child = TRY(fork());
	pthread_t t;
	int status;

	if (!child) {
		fcntl(TRY(dup(0)), F_SETFD, FD_CLOEXEC);
		if (pthread_create(&t, NULL, exec_in_thread, NULL))
			_exit(100 + ENOMEM);
		for (;;)
			pause();
	}
	status = TRY(child_status(child));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 7)
		return 0;
	MUST(WIFSIGNALED(status) || WEXITSTATUS(status) == 100 + ENOMEM);
	errno = ENOMEM;
	return -1;
}

static int orphans(void)
{
	int status;
	pid_t child = TRY(fork());

	if (!child) {
		if (!fork())
			_exit(0);
		_exit(0);
	}
	status = TRY(child_status(child));
	MUST(status == 0);
	return 0;
}

static const struct operation operations[] = {
	{"child_signal", child_signal},
	{"fault_signal", fault_signal},
	{"signal_file", signal_file},
	{"many_timers", many_timers},
	{"many_watches", many_watches},
	{"spawn", spawn},
	{"exec_thread", exec_thread},
	{"orphans", orphans},
	{"fork_wait", fork_wait},
	{"fork_with_much", fork_with_much},
	{"clone_pidfd", clone_pidfd},
	{"threads", threads},
	{"exec_program", exec_program},
	{"exec_long", exec_long},
	{"exec_script", exec_script},
	{"signals", signals},
	{"timers", timers},
	{"epolls", epolls},
	{"event_files", event_files},
	{"polls", polls},
	{"identities", identities},
	{"unsharing", unsharing},
	{"futexes", futexes},
	{"other_memory", other_memory},
	{"pipeline", pipeline},
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--exit-7"))
		return 7;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	walk_operations(operations, sizeof(operations) / sizeof(operations[0]), argv);
	DONE();
}
