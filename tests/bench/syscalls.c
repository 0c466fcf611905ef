/*
 * Times system calls from inside: runs the same on Linux and in a guest, so that `mote bench` can set one beside
 * the other. Prints one line a benchmark: name, unit, samples, median, p99, separated by tabs.
 *
 *	syscalls [NAME...]
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 2000
#define SAMPLES_MIN 50
#define BUDGET_NS 400000000ull

static uint64_t sample[SAMPLES_MAX];
static const char *self;

static uint64_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Run fn until the time budget is spent; each call does `ops` operations. */
static void measure(const char *name, unsigned int ops, void (*fn)(void))
{
	uint64_t start = now();
	int n = 0;

	fn();
	while (n < SAMPLES_MAX && (n < SAMPLES_MIN || now() - start < BUDGET_NS)) {
		uint64_t t = now();
		fn();
		sample[n++] = (now() - t) / ops;
	}
	qsort(sample, (size_t)n, sizeof(sample[0]), compare);
	printf("%s\tns\t%d\t%llu\t%llu\n", name, n, (unsigned long long)sample[n / 2],
	       (unsigned long long)sample[n * 99 / 100]);
	fflush(stdout);
}

static void do_getppid(void)
{
	for (int i = 0; i < 20; i++)
		syscall(SYS_getppid);
}

static int ping[2], pong[2];
static void do_pipe(void)
{
	char c = 0;
	must(write(ping[1], &c, 1) == 1 && read(pong[0], &c, 1) == 1, "ping-pong");
}

static void ping_pong(const char *name, unsigned int ops)
{
	must(!pipe(ping) && !pipe(pong), "pipe");
	pid_t pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		char c;
		close(ping[1]);
		while (read(ping[0], &c, 1) == 1)
			must(write(pong[1], &c, 1) == 1, "write");
		_exit(0);
	}
	measure(name, ops, do_pipe);
	close(ping[1]);
	waitpid(pid, NULL, 0);
	close(ping[0]);
	close(pong[0]);
	close(pong[1]);
}

static void do_fork(void)
{
	pid_t pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void do_exec(void)
{
	pid_t pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		execl(self, self, "--exit", (char *)NULL);
		_exit(127);
	}
	int status;
	waitpid(pid, &status, 0);
	must(status == 0, "exec");
}

#define FAULT_PAGES 64
static void do_fault(void)
{
	size_t len = FAULT_PAGES * 4096;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(p != MAP_FAILED, "mmap");
	for (size_t i = 0; i < len; i += 4096)
		p[i] = 1;
	munmap(p, len);
}

static void do_mmap(void)
{
	char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(p != MAP_FAILED, "mmap");
	munmap(p, 65536);
}

static volatile sig_atomic_t caught;
static void handler(int sig)
{
	(void)sig;
	caught++;
}

static void do_signal(void)
{
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
}

/* The ping-pong of `pipe` with both processes on one CPU: every round trip is two switches. */
static void bench_switch(void)
{
	cpu_set_t all, one;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	must(!sched_getaffinity(0, sizeof(all), &all) && !sched_setaffinity(0, sizeof(one), &one), "sched_setaffinity");
	ping_pong("switch", 2);
	must(!sched_setaffinity(0, sizeof(all), &all), "sched_setaffinity");
}

static int cached_fd;
static char buffer[65536];
static void do_read(void)
{
	must(pread(cached_fd, buffer, sizeof(buffer), 0) == sizeof(buffer), "pread");
}

static void bench_read(void)
{
	char name[] = "/tmp/bench-XXXXXX";
	cached_fd = mkstemp(name);
	must(cached_fd >= 0, "mkstemp");
	unlink(name);
	memset(buffer, 'x', sizeof(buffer));
	must(write(cached_fd, buffer, sizeof(buffer)) == sizeof(buffer), "write");
	measure("read64k", 1, do_read);
	close(cached_fd);
}

static volatile uint64_t sink;
static void do_compute(void)
{
	uint64_t x = 88172645463325252ull;
	for (int i = 0; i < 1000000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	sink = x;
}

static void bench_pipe(void) { ping_pong("pipe", 1); }
static void bench_getppid(void) { measure("getppid", 20, do_getppid); }
static void bench_fork(void) { measure("fork", 1, do_fork); }
static void bench_exec(void) { measure("exec", 1, do_exec); }
static void bench_fault(void) { measure("fault", FAULT_PAGES, do_fault); }
static void bench_mmap(void) { measure("mmap", 1, do_mmap); }
static void bench_compute(void) { measure("compute", 1, do_compute); }
static void bench_signal(void)
{
	signal(SIGUSR1, handler);
	measure("signal", 1, do_signal);
	must(caught > 0, "signal");
}

static const struct {
	const char *name;
	void (*run)(void);
} benches[] = {
	{"getppid", bench_getppid}, {"pipe", bench_pipe},     {"fork", bench_fork},
	{"exec", bench_exec},	    {"fault", bench_fault},   {"mmap", bench_mmap},
	{"signal", bench_signal},   {"switch", bench_switch}, {"read64k", bench_read},
	{"compute", bench_compute},
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--exit"))
		return 0;
	self = argv[0];
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		int wanted = argc == 1;
		for (int a = 1; a < argc; a++)
			wanted |= !strcmp(argv[a], benches[i].name);
		if (wanted)
			benches[i].run();
	}
	return 0;
}
