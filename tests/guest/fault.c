/* Page faults: copy on write, stacks, threads, and what a fault in a system call does. */
#include "memory.h"
#include <pthread.h>
#include <sys/resource.h>

static unsigned char *p;

static int change_all(void)
{
	for (int i = 0; i < 64; i++) {
		if (p[i * PG] != i + 1)
			return 1;
		p[i * PG] = 200;
	}
	return 0;
}

static int grandchild(void)
{
	p[5 * PG] = 99;
	return in_child(change_all) == 1 && p[5 * PG] == 99 && p[6 * PG] == 7 ? 0 : 1;
}

static void copy_on_write(void)
{
	p = pages(64);
	for (int i = 0; i < 64; i++)
		p[i * PG] = i + 1;
	CHECK_EQ(in_child(change_all), 0);
	CHECK_EQ(in_child(change_all), 0);
	CHECK_EQ(in_child(grandchild), 0);
	CHECK_EQ(change_all(), 0);
	CHECK_EQ(p[63 * PG], 200);
	/* read(2) into a page that is shared after fork copies it too. */
	int fds[2];
	CHECK_EQ(pipe(fds), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(read(fds[0], p, 1) == 1 && p[0] == 'x' ? 0 : 1);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	int status;
	waitpid(pid, &status, 0);
	CHECK_EQ(WEXITSTATUS(status), 0);
	CHECK_EQ(p[0], 200);
}

static int deep(int n)
{
	volatile unsigned char room[PG];

	room[0] = room[PG - 1] = n;
	return n ? deep(n - 1) + room[0] * 0 : 0;
}

static int recurse_forever(void)
{
	signal(SIGSEGV, SIG_DFL);
	return deep(1 << 30);
}

static int recurse_1000(void)
{
	return deep(1000);
}

static int small_stack(void)
{
	struct rlimit limit = {1 << 20, 1 << 20};

	signal(SIGSEGV, SIG_DFL);
	setrlimit(RLIMIT_STACK, &limit);
	return deep(1000);
}

static void stacks(void)
{
	CHECK_EQ(in_child(recurse_1000), 0);
	CHECK_EQ(in_child(recurse_forever), 1000 + SIGSEGV);
	CHECK_EQ(in_child(small_stack), 1000 + SIGSEGV);
}

static void growing(void)
{
	unsigned char *area = pages(1024), *top = area + 1024 * PG;

	munmap(area, 1024 * PG);
	CHECK(mmap(top - PG, PG, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0) == top - PG);
	CHECK_EQ(store(top - 10 * PG, 1), 0);
	CHECK_EQ(store(top - 200 * PG, 1), 0);
	CHECK_EQ(load(top - 1), 0);
	munmap(area, 1024 * PG);
}

static void wild(void)
{
	CHECK_EQ(load((void *)0), MAPERR);
	CHECK_EQ(load(BAD_ADDRESS), MAPERR);
	CHECK_EQ(store(BAD_ADDRESS, 1), MAPERR);
	CHECK_EQ(load((void *)0x7ffffffff000), MAPERR);
	CHECK_EQ(store((void *)wild, 1), ACCERR);
}

#define THREADS 4
static void *toucher(void *arg)
{
	for (long i = (long)arg; i < 512; i += THREADS)
		p[i * PG] += 1;
	for (long i = 0; i < 512; i++)
		if (i % THREADS == (long)arg)
			p[i * PG + 1] = 1;
	return NULL;
}

static void threads(void)
{
	pthread_t t[THREADS];
	int sum = 0;

	p = pages(512);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, toucher, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 512; i++)
		sum += p[i * PG] + p[i * PG + 1];
	CHECK_EQ(sum, 1024);
	munmap(p, 512 * PG);
}

int main(void)
{
	probe_init();
	copy_on_write();
	stacks();
	growing();
	wild();
	threads();
	DONE();
}
