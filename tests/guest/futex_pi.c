/* futex(2): FUTEX_LOCK_PI, FUTEX_TRYLOCK_PI, FUTEX_UNLOCK_PI. */
#include "test.h"
#include "futex_defs.h"
#include <pthread.h>

static uint32_t word;

static long futex(uint32_t *addr, int op, const struct timespec *timeout)
{
	return syscall(SYS_futex, addr, op, 0, timeout, NULL, 0);
}

static void uncontended(void)
{
	uint32_t tid = syscall(SYS_gettid);
	word = 0;
	CHECK_EQ(futex(&word, FUTEX_LOCK_PI, NULL), 0);
	CHECK(word == tid);
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, NULL), EDEADLK);
	CHECK_ERR(futex(&word, FUTEX_TRYLOCK_PI, NULL), EDEADLK);
	CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI, NULL), 0);
	CHECK_EQ(word, 0);
	CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI, NULL), EPERM);
	CHECK_EQ(futex(&word, FUTEX_TRYLOCK_PI, NULL), 0);
	CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI, NULL), 0);
	word = 30001; /* an owner that does not exist */
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, NULL), ESRCH);
	CHECK_ERR(futex((uint32_t *)((char *)&word + 2), FUTEX_LOCK_PI, NULL), EINVAL);
	CHECK_ERR(futex(BAD_ADDRESS, FUTEX_LOCK_PI, NULL), EFAULT);
}

static volatile int taken;

static void *taker(void *arg)
{
	(void)arg;
	long r = futex(&word, FUTEX_LOCK_PI, NULL);
	taken = r == 0 && (word & FUTEX_TID_MASK) == (uint32_t)syscall(SYS_gettid);
	r = futex(&word, FUTEX_UNLOCK_PI, NULL);
	return (void *)r;
}

static void contended(void)
{
	pthread_t t;
	void *result;
	word = 0;
	CHECK_EQ(futex(&word, FUTEX_LOCK_PI, NULL), 0);
	pthread_create(&t, NULL, taker, NULL);
	while (!(*(volatile uint32_t *)&word & FUTEX_WAITERS))
		usleep(1000);
	CHECK_EQ(taken, 0);
	CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI, NULL), 0);
	pthread_join(t, &result);
	CHECK_EQ((long)result, 0);
	CHECK_EQ(taken, 1);
	CHECK_EQ(word, 0);
}

static void *holder(void *arg)
{
	int *go = arg;
	char c;
	futex(&word, FUTEX_LOCK_PI, NULL);
	write(go[1], "x", 1);
	read(go[2], &c, 1);
	futex(&word, FUTEX_UNLOCK_PI, NULL);
	return NULL;
}

static void times_out(void)
{
	int pipes[4];
	char c;
	struct timespec past = {1, 0};
	pthread_t t;
	pipe(pipes);
	pipe(pipes + 2);
	word = 0;
	pthread_create(&t, NULL, holder, pipes);
	read(pipes[0], &c, 1);
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, &past), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_TRYLOCK_PI, NULL), EAGAIN);
	write(pipes[3], "x", 1);
	pthread_join(t, NULL);
}

int main(void)
{
	uncontended();
	contended();
	times_out();
	DONE();
}
