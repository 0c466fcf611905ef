/* Signals under load: every one of a flood arrives, nested handlers return in order, threads and processes at once. */
#include "test.h"
#include <pthread.h>

#define ROUNDS 200
#define THREADS 8

static volatile int counts[65], nesting, deepest, sums;
static int gate[2];

static void count(int sig)
{
	counts[sig]++;
}

static void ping(int sig, siginfo_t *info, void *context)
{
	(void)context;
	counts[sig]++;
	sums += info->si_value.sival_int;
}

static void nest(int sig)
{
	char room[512];
	memset(room, sig, sizeof(room));
	if (++nesting > deepest)
		deepest = nesting;
	if (sig < 50)
		raise(sig + 1);
	nesting--;
	for (unsigned i = 0; i < sizeof(room); i++)
		if (room[i] != sig)
			_exit(9);
	counts[sig]++;
}

static void to_self(void)
{
	signal(SIGUSR1, count);
	for (int i = 0; i < ROUNDS; i++)
		raise(SIGUSR1);
	CHECK_EQ(counts[SIGUSR1], ROUNDS);
}

static void nested(void)
{
	for (int sig = 35; sig <= 50; sig++)
		signal(sig, nest);
	raise(35);
	CHECK_EQ(deepest, 16);
	for (int sig = 35; sig <= 50; sig++)
		CHECK_EQ(counts[sig], 1);
}

/* A child queues numbered real-time signals as fast as it can: none is lost, or the sender is told. */
static void from_child(void)
{
	struct sigaction a = {.sa_sigaction = ping, .sa_flags = SA_SIGINFO | SA_RESTART};
	int status, expected = 0;
	sigaction(60, &a, NULL);
	pid_t child = fork();
	if (!child) {
		for (int i = 1; i <= ROUNDS; i++) {
			union sigval v = {.sival_int = i};
			while (sigqueue(getppid(), 60, v))
				if (errno != EAGAIN)
					_exit(1);
		}
		_exit(0);
	}
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
	for (int i = 1; i <= ROUNDS; i++)
		expected += i;
	while (counts[60] < ROUNDS)
		;
	CHECK_EQ(counts[60], ROUNDS);
	CHECK_EQ(sums == expected, 1);
}

static __thread volatile int own;

static void count_own(int sig)
{
	(void)sig;
	own++;
}

/* Each thread gets exactly the signals sent to it; all send to their neighbours. */
static pthread_t threads[THREADS];
static volatile int finished;

static void *exchange(void *arg)
{
	long self = (long)arg;
	char c;
	if (read(gate[0], &c, 1) != 1)
		_exit(8);
	for (int i = 0; i < 30; i++) {
		int before = own;
		pthread_kill(threads[self], SIGUSR2);
		if (own != before + 1) /* a signal to oneself is taken before the call returns */
			_exit(7);
		(void)before;
	}
	__atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void among_threads(void)
{
	signal(SIGUSR2, count_own);
	if (pipe(gate))
		_exit(9);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, exchange, (void *)i);
	if (write(gate[1], "abcdefgh", THREADS) != THREADS)
		_exit(9);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(finished, THREADS);
}

/* Stopped and continued again and again while it works, a program computes what it would. */
static void stop_and_go(void)
{
	int status, result[2];
	if (pipe(result))
		_exit(9);
	pid_t child = fork();
	if (!child) {
		unsigned sum = 0;
		for (unsigned i = 0; i < 3000000; i++)
			sum = sum * 31 + i;
		_exit(write(result[1], &sum, 4) != 4);
	}
	for (int i = 0; i < 20; i++) {
		kill(child, SIGSTOP);
		if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status))
			break;
		kill(child, SIGCONT);
	}
	unsigned sum = 0, expected = 0;
	for (unsigned i = 0; i < 3000000; i++)
		expected = expected * 31 + i;
	CHECK_EQ(read(result[0], &sum, 4), 4);
	CHECK(sum == expected);
	if (!WIFEXITED(status))
		waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
}

int main(void)
{
	to_self();
	nested();
	from_child();
	among_threads();
	stop_and_go();
	DONE();
}
