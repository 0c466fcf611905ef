/* futex(2): wait, wake, bitsets, requeue, wake-op, timeouts, private and shared keys, signals. */
#include "test.h"
#include "futex_defs.h"
#include <pthread.h>

static uint32_t word, second;

static long futex(uint32_t *addr, int op, uint32_t val, const void *timeout, uint32_t *addr2, uint32_t val3)
{
	return syscall(SYS_futex, addr, op, val, timeout, addr2, val3);
}

static void errors(void)
{
	struct timespec bad = {0, 1000000000}, soon = {0, 1000}, negative = {-1, 0};
	CHECK_ERR(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
	CHECK_ERR(futex((uint32_t *)((char *)&word + 1), FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex((uint32_t *)((char *)&word + 1), FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex(BAD_ADDRESS, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(BAD_ADDRESS, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	CHECK_EQ(futex(BAD_ADDRESS, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0), 0);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &bad, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &negative, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, BAD_ADDRESS, NULL, 0), EFAULT);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &soon, NULL, 0), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0), ENOSYS);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	struct timespec past = {1, 0};
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET, 0, &past, NULL, ~0u), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, NULL, ~0u), ETIMEDOUT);
}

struct sleeper {
	pthread_t thread;
	uint32_t *addr;
	uint32_t bits;
	int op;
	long result;
};

static volatile int asleep;

static void *sleep_on(void *arg)
{
	struct sleeper *s = arg;
	__atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
	s->result = futex(s->addr, s->op, 0, NULL, NULL, s->bits);
	__atomic_sub_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void start(struct sleeper *s, uint32_t *addr, int op, uint32_t bits)
{
	*s = (struct sleeper){.addr = addr, .op = op, .bits = bits};
	pthread_create(&s->thread, NULL, sleep_on, s);
}

/* Until as many as expected are woken: a sleeper may not have reached its queue yet. */
static void wake_until(uint32_t *addr, int op, int want, uint32_t bits)
{
	int woken = 0;
	while (woken < want) {
		woken += futex(addr, op, want - woken, NULL, NULL, bits);
		usleep(1000);
	}
	CHECK_EQ(woken, want);
}

static void wakes(void)
{
	struct sleeper s[3];
	for (int i = 0; i < 3; i++)
		start(&s[i], &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0);
	wake_until(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 3, 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(s[i].thread, NULL);
		CHECK_EQ(s[i].result, 0);
	}
}

static void bitsets(void)
{
	struct sleeper a, b;
	start(&a, &word, FUTEX_WAIT_BITSET, 1);
	start(&b, &word, FUTEX_WAIT_BITSET, 2);
	wake_until(&word, FUTEX_WAKE_BITSET, 1, 2);
	pthread_join(b.thread, NULL);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET, 10, NULL, NULL, 4), 0);
	wake_until(&word, FUTEX_WAKE_BITSET, 1, 1);
	pthread_join(a.thread, NULL);
}

static void requeues(void)
{
	struct sleeper s[3];
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &second, 1), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE, -1, (void *)1, &second, 0), EINVAL);
	CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &second, 0), 0);
	for (int i = 0; i < 3; i++)
		start(&s[i], &word, FUTEX_WAIT, 0);
	int moved = 0;
	while (moved < 3) {
		moved += futex(&word, FUTEX_CMP_REQUEUE, 0, (void *)10, &second, 0);
		usleep(1000);
	}
	CHECK_EQ(moved, 3);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 10, NULL, NULL, 0), 0);
	CHECK_EQ(futex(&second, FUTEX_WAKE, 10, NULL, NULL, 0), 3);
	for (int i = 0; i < 3; i++)
		pthread_join(s[i].thread, NULL);
}

static void wake_ops(void)
{
	second = 5;
	CHECK_EQ(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)), 0);
	CHECK_EQ(second, 8);
	futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_OR, 7, FUTEX_OP_CMP_GT, 100));
	CHECK_EQ(second, 15);
	futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_ANDN, 8, FUTEX_OP_CMP_LT, 100));
	CHECK_EQ(second, 7);
	futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_XOR, 1, FUTEX_OP_CMP_NE, 0));
	CHECK_EQ(second, 6);
	futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 4, FUTEX_OP_CMP_NE, 0));
	CHECK_EQ(second, 16);
	CHECK_ERR(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, BAD_ADDRESS, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0)), EFAULT);
	second = 0;
	struct sleeper a, b;
	start(&a, &word, FUTEX_WAIT, 0);
	start(&b, &second, FUTEX_WAIT, 0);
	int woken = 0;
	while (woken < 2) { /* adds nothing, so that late sleepers still find 0 */
		woken += futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0));
		usleep(1000);
	}
	CHECK_EQ(woken, 2);
	pthread_join(a.thread, NULL);
	pthread_join(b.thread, NULL);
}

static void between_processes(void)
{
	uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, woken = 0;
	pid_t pid = fork();
	if (!pid)
		_exit(futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0) == 0 ? 3 : 4);
	while (!woken) {
		woken = futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0);
		usleep(1000);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 3 << 8);
	munmap(shared, 4096);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void interrupted(void)
{
	struct sigaction sa = {.sa_handler = on_alarm};
	struct timespec long_time = {100, 0};
	sigaction(SIGALRM, &sa, NULL);
	struct itimerval { struct timeval a, b; } tick = {{0, 0}, {0, 30000}};
	syscall(SYS_setitimer, 0, &tick, NULL);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0), EINTR);
	syscall(SYS_setitimer, 0, &tick, NULL);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &long_time, NULL, 0), EINTR);
}

static void robust_list_call(void)
{
	struct robust_list_head head = {.list = {&head.list}}, *got = NULL;
	size_t len = 0;
	CHECK_ERR(syscall(SYS_set_robust_list, &head, sizeof(head) - 1), EINVAL);
	CHECK_EQ(syscall(SYS_set_robust_list, &head, sizeof(head)), 0);
	CHECK_EQ(syscall(SYS_get_robust_list, 0, &got, &len), 0);
	CHECK(got == &head);
	CHECK_EQ(len, sizeof(head));
	CHECK_ERR(syscall(SYS_get_robust_list, 30001, &got, &len), ESRCH);
	CHECK_ERR(syscall(SYS_get_robust_list, 0, &got, BAD_ADDRESS), EFAULT);
	syscall(SYS_set_robust_list, NULL, sizeof(head));
}

static void *die_holding(void *mutex)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

static void owner_dies(void)
{
	pthread_mutexattr_t a;
	pthread_mutex_t m;
	pthread_t t;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&m, &a);
	pthread_create(&t, NULL, die_holding, &m);
	pthread_join(t, NULL);
	CHECK_EQ(pthread_mutex_lock(&m), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&m), 0);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
}

int main(void)
{
	errors();
	wakes();
	bitsets();
	requeues();
	wake_ops();
	between_processes();
	interrupted();
	owner_dies();
	robust_list_call();
	DONE();
}
