/*
 * Programs whose output shows everything that differs from run to run on an ordinary machine.
 *
 *	deterministic WHAT		one of the table at the end
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

#define THREADS 4

static long long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void in_threads(void *(*fn)(void *))
{
	pthread_t t[THREADS];

	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, fn, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

/* ---- threads ---- */

static volatile int shared;
static char order[THREADS * 200 + 1];
static volatile int order_at;

/* Reads, lets others in, writes: loses what they did meanwhile. */
static void *racer(void *arg)
{
	for (int i = 0; i < 200; i++) {
		int seen = shared;

		getppid();
		shared = seen + 1;
		order[order_at++] = 'a' + (char)(long)arg;
	}
	return NULL;
}

static void race(void)
{
	in_threads(racer);
	printf("%d of %d\n%s\n", shared, THREADS * 200, order);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int tickets;

static void *taker(void *arg)
{
	for (int i = 0; i < 25; i++) {
		struct timespec until;

		pthread_mutex_lock(&mutex);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 3000000 + 1000000 * (long)arg;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		int r = tickets ? 0 : pthread_cond_timedwait(&changed, &mutex, &until);
		printf("thread %ld at %lld: %s, %d tickets\n", (long)arg, now(CLOCK_MONOTONIC), r ? "late" : "woken",
		       tickets);
		tickets = tickets ? tickets - 1 : (int)(long)arg;
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&mutex);
		sched_yield();
	}
	return NULL;
}

static void locks(void)
{
	in_threads(taker);
}

static volatile int turn;

/* Waits for its turn without a system call. */
static void *spinner(void *arg)
{
	for (int i = 0; i < 3; i++) {
		while (turn % THREADS != (int)(long)arg)
			;
		turn++;
	}
	return NULL;
}

static void spin(void)
{
	in_threads(spinner);
	printf("%d turns\n", turn);
}

static volatile sig_atomic_t rung;

static void ring(int sig)
{
	rung = sig;
}

/* Alone, and waits for a signal without a system call. */
static void spin_alarm(void)
{
	signal(SIGALRM, ring);
	alarm(1);
	while (!rung)
		;
	printf("signal %d\n", rung);
}

/* ---- processes ---- */

static void storm(void)
{
	int status;

	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 0; i < 24; i++) {
		if (fork())
			continue;
		for (int k = 0; k < 4; k++)
			dprintf(1, "child %d step %d\n", getpid(), k);
		if (i % 5 == 0)
			raise(SIGKILL);
		_exit(i);
	}
	for (pid_t pid; (pid = wait(&status)) > 0;)
		printf("%d ended: %x\n", pid, status);
}

static void writer(int fd, int who)
{
	char line[64];

	for (int i = 0; i < 40; i++) {
		int n = snprintf(line, sizeof(line), "writer %d line %d\n", who, i);

		if (write(fd, line, n) != n)
			_exit(1);
		if (i % 16 == who)
			usleep(100 * (who + 1));
	}
	_exit(0);
}

static void pipes(void)
{
	char buf[200];
	int p[2];
	ssize_t n;

	if (pipe(p))
		exit(1);
	for (int i = 0; i < THREADS; i++)
		if (!fork())
			writer(p[1], i);
	close(p[1]);
	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		printf("[%zd]\n%.*s", n, (int)n, buf);
	while (wait(NULL) > 0)
		;
}

/* ---- time ---- */

static void clocks(void)
{
	static const clockid_t all[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
					CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
					CLOCK_TAI};
	struct rusage u;
	struct sysinfo s;
	struct timeval tv;
	struct tms t;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		printf("clock %d: %lld\n", (int)all[i], now(all[i]));
	gettimeofday(&tv, NULL);
	printf("%lld %lld.%06ld\n", (long long)time(NULL), (long long)tv.tv_sec, (long)tv.tv_usec);
	for (int i = 0; i < 2000; i++)
		getppid();
	getrusage(RUSAGE_SELF, &u);
	printf("user %ld.%06ld system %ld.%06ld, %ld faults, %ld and %ld switches\n", (long)u.ru_utime.tv_sec,
	       (long)u.ru_utime.tv_usec, (long)u.ru_stime.tv_sec, (long)u.ru_stime.tv_usec, u.ru_minflt, u.ru_nvcsw,
	       u.ru_nivcsw);
	sysinfo(&s);
	printf("times %ld, up %ld, load %lu, %lu free\n", (long)times(&t), s.uptime, s.loads[0], s.freeram);
#ifdef __x86_64__
	unsigned int cpu = 7;
	unsigned long long before = __rdtsc(), after = __rdtscp(&cpu);

	printf("counter %llu %llu, cpu %u\n", before, after, cpu);
#endif
}

/* Waits for a second to pass by looking at the clock. */
static void look(void)
{
	long long until = now(CLOCK_MONOTONIC) + 1000000000;
	int n = 0;

	while (now(CLOCK_MONOTONIC) < until)
		n++;
	printf("looked %d times\n", n);
}

/* The same with another call between. */
static void look_and_poll(void)
{
	long long until = now(CLOCK_MONOTONIC) + 1000000000;
	int n = 0;

	for (; now(CLOCK_MONOTONIC) < until; n++)
		poll(NULL, 0, 0);
	printf("polled %d times\n", n);
}

static void *sleeper(void *arg)
{
	unsigned int seed = (unsigned int)(long)arg;

	for (int i = 0; i < 20; i++) {
		usleep(rand_r(&seed) % 3000000);
		printf("thread %ld wakes at %lld\n", (long)arg, now(CLOCK_MONOTONIC));
	}
	return NULL;
}

static void sleepers(void)
{
	in_threads(sleeper);
}

/* Where signals of timers find the program. */
static volatile int step;
static int at[200], at_signal[200];
static volatile int at_count;

static void note(int sig)
{
	if (at_count < 200) {
		at[at_count] = step;
		at_signal[at_count++] = sig;
	}
}

static void timers(void)
{
	struct itimerval real = {{0, 700}, {0, 500}}, cpu = {{0, 1100}, {0, 900}};
	struct itimerspec own = {{0, 300000}, {0, 200000}};
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	timer_t timer;

	signal(SIGALRM, note);
	signal(SIGPROF, note);
	signal(SIGRTMIN, note);
	timer_create(CLOCK_MONOTONIC, &e, &timer);
	setitimer(ITIMER_REAL, &real, NULL);
	setitimer(ITIMER_PROF, &cpu, NULL);
	timer_settime(timer, 0, &own, NULL);
	for (step = 0; step < 10000; step++)
		getppid();
	for (int i = 0; i < at_count; i++)
		printf("signal %d at step %d\n", at_signal[i], at[i]);
}

static void waits(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), ep = epoll_create1(0), p[2];
	struct itimerspec each = {{0, 30000000}, {0, 10000000}};
	struct epoll_event event = {.events = EPOLLIN}, got;
	unsigned long long n;

	if (pipe(p) || timerfd_settime(fd, 0, &each, NULL) || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event))
		exit(1);
	for (int i = 0; i < 30; i++) {
		struct pollfd pf[2] = {{.fd = fd, .events = POLLIN}, {.fd = p[0], .events = POLLIN}};
		struct timeval tv = {0, 7000 * (i % 4)};
		fd_set set;

		FD_ZERO(&set);
		FD_SET(p[0], &set);
		int a = poll(pf, 2, i % 9), b = select(p[0] + 1, &set, NULL, NULL, &tv), c = epoll_wait(ep, &got, 1, i % 13);

		n = 0;
		if (c && read(fd, &n, sizeof(n)) != sizeof(n))
			exit(1);
		printf("%d %d %d %llu at %lld\n", a, b, c, n, now(CLOCK_MONOTONIC));
	}
}

/* ---- what else a machine chooses by itself ---- */

static void print_bytes(const char *what, const void *p, size_t n)
{
	printf("%s ", what);
	for (size_t i = 0; i < n; i++)
		printf("%02x", ((const unsigned char *)p)[i]);
	printf("\n");
}

static void print_file(const char *path)
{
	char buf[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	printf("%s:\n", path);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, stdout);
	close(fd);
}

static void random_numbers(void)
{
	unsigned char b[6000];

	print_bytes("AT_RANDOM", (void *)getauxval(AT_RANDOM), 16);
	for (size_t n = 1; n < sizeof(b); n = 3 * n + 1) {
		if (getrandom(b, n, 0) != (ssize_t)n)
			exit(1);
		print_bytes("getrandom", b, n);
	}
	print_file("/proc/sys/kernel/random/uuid");
	print_file("/proc/sys/kernel/random/boot_id");
}

static void places(void)
{
	int local;

	printf("stack %p heap %p map %p vdso %lx program %p\n", (void *)&local, malloc(100),
	       mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), getauxval(AT_SYSINFO_EHDR), (void *)places);
	print_file("/proc/self/maps");
}

static void files(void)
{
	static const char *const names[] = {"/", "/dev", "/dev/null", "/proc", "/proc/self", "/tmp", "/new", ".", NULL};
	struct stat st;

	close(open("/new", O_CREAT | O_WRONLY, 0600));
	for (int i = 0; names[i]; i++) {
		if (stat(names[i], &st))
			continue;
		printf("%s: inode %llu of %llx, %lld.%09ld %lld.%09ld %lld.%09ld\n", names[i], (unsigned long long)st.st_ino,
		       (unsigned long long)st.st_dev, (long long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
		       (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	}
	for (int i = 0; i < 3; i++)
		fstat(i, &st), printf("fd %d: %lld.%09ld\n", i, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void proc(void)
{
	static const char *const names[] = {"uptime", "stat", "loadavg", "meminfo", "cpuinfo", "interrupts", "vmstat", "self/stat",
					    "self/status", "self/schedstat", "self/io", "version", "cmdline", NULL};
	char path[64];

	sleep(1000);
	for (int i = 0; names[i]; i++) {
		snprintf(path, sizeof(path), "/proc/%s", names[i]);
		print_file(path);
	}
}

static const struct {
	const char *name;
	void (*fn)(void);
} all[] = {
	{"race", race},	  {"locks", locks},	      {"spin", spin},	      {"spin-alarm", spin_alarm}, {"storm", storm}, {"pipes", pipes},
	{"clocks", clocks},   {"look", look},	      {"look-and-poll", look_and_poll}, {"sleepers", sleepers},
	{"timers", timers},   {"waits", waits},	      {"random", random_numbers}, {"places", places}, {"files", files},
	{"proc", proc},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (argc == 2 && !strcmp(argv[1], all[i].name)) {
			all[i].fn();
			return 0;
		}
	}
	return 2;
}
