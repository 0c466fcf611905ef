/* Threads as a libc uses them: TLS, join, mutexes, condition variables; exec and exit_group with threads; set_tid_address. */
#include "test.h"
#include <pthread.h>

#define THREADS 8
#define ROUNDS 200

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int counter, turn;
static _Thread_local int own;

static void *count(void *arg)
{
	own = (int)(intptr_t)arg;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		int c = counter;
		if (i % 16 == 0)
			sched_yield();
		counter = c + 1;
		pthread_mutex_unlock(&lock);
	}
	return (void *)(intptr_t)(own * 2);
}

static void counting(void)
{
	pthread_t t[THREADS];
	int right = 0;
	void *result;
	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, count, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &result);
		right += (intptr_t)result == i * 2;
	}
	CHECK_EQ(counter, THREADS * ROUNDS);
	CHECK_EQ(right, THREADS);
}

static void *partner(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50; i++) {
		pthread_mutex_lock(&lock);
		while (turn != 1)
			pthread_cond_wait(&changed, &lock);
		turn = 0;
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void ping_pong(void)
{
	pthread_t t;
	int rounds = 0;
	pthread_create(&t, NULL, partner, NULL);
	for (; rounds < 50; rounds++) {
		pthread_mutex_lock(&lock);
		while (turn != 0)
			pthread_cond_wait(&changed, &lock);
		turn = 1;
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&lock);
	}
	pthread_join(t, NULL);
	CHECK_EQ(rounds, 50);
}

static void *same_process(void *arg)
{
	pid_t *seen = arg;
	seen[0] = getpid();
	seen[1] = syscall(SYS_gettid);
	return NULL;
}

static void ids(void)
{
	pid_t seen[2];
	pthread_t t;
	pthread_create(&t, NULL, same_process, seen);
	pthread_join(t, NULL);
	CHECK(seen[0] == getpid());
	CHECK(seen[1] != getpid());
	CHECK(syscall(SYS_set_tid_address, NULL) == syscall(SYS_gettid));
}

static void *sleeper(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static char *self;

static void *replacer(void *arg)
{
	(void)arg;
	execl(self, self, "alone", NULL);
	_exit(99);
}

static void exec_from_thread(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		pthread_t t;
		pthread_create(&t, NULL, sleeper, NULL);
		pthread_create(&t, NULL, replacer, NULL);
		for (;;)
			pause();
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 33 << 8);
}

static void *leaver(void *arg)
{
	(void)arg;
	_exit(44);
}

static void exit_from_thread(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		pthread_t t;
		pthread_create(&t, NULL, sleeper, NULL);
		pthread_create(&t, NULL, leaver, NULL);
		for (;;)
			;
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 44 << 8);
}

static void killed_together(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		pthread_t t;
		pthread_create(&t, NULL, sleeper, NULL);
		pthread_create(&t, NULL, sleeper, NULL);
		kill(getpid(), SIGTERM);
		for (;;)
			pause();
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, SIGTERM);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		return getpid() == syscall(SYS_gettid) ? 33 : 34;
	counting();
	ping_pong();
	exec_from_thread();
	exit_from_thread();
	killed_together();
	ids();
	DONE();
}
