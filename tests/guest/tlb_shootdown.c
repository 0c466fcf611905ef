/* mprotect and munmap take effect for threads on other processors before they return. */
#include "test.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define ROUNDS 20

static volatile unsigned long *page;
static atomic_int faulted, open_again, stop;

static void handler(int sig)
{
	(void)sig;
	atomic_store(&faulted, 1);
	while (!atomic_load(&open_again))
		sched_yield();
}

static void *writer(void *arg)
{
	while (!atomic_load(&stop))
		++*page;
	return arg;
}

static unsigned long wait_progress(void)
{
	unsigned long v = *page;
	while (*page == v)
		sched_yield();
	return *page;
}

int main(void)
{
	pthread_t t;
	int late = 0, missed = 0;
	signal(SIGSEGV, handler);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	CHECK_EQ(pthread_create(&t, NULL, writer, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		wait_progress();
		atomic_store(&faulted, 0);
		atomic_store(&open_again, 0);
		mprotect((void *)page, 4096, PROT_READ);
		unsigned long v = *page;
		for (int n = 0; n < 1000 && !atomic_load(&faulted); n++)
			usleep(1000);
		missed += !atomic_load(&faulted);
		late += *page != v;
		mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
		atomic_store(&open_again, 1);
	}
	CHECK_EQ(late, 0);
	CHECK_EQ(missed, 0);
	wait_progress();
	atomic_store(&stop, 1);
	CHECK_EQ(pthread_join(t, NULL), 0);
	DONE();
}
