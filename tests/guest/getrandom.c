/* getrandom(2) */
#include "test.h"

#include <sys/random.h>

#define CALL(buf, n, flags) syscall(SYS_getrandom, buf, n, flags)

static unsigned char a[1 << 17], b[1 << 17];

/* Random bytes hold about as many ones as zeros. */
static bool looks_random(const unsigned char *p, size_t n)
{
	size_t ones = 0;
	for (size_t i = 0; i < n; i++)
		ones += __builtin_popcount(p[i]);
	return ones > n * 3 && ones < n * 5;
}

int main(void)
{
	CHECK_EQ(CALL(a, 0, 0), 0);
	CHECK_EQ(CALL(NULL, 0, 0), 0);
	CHECK_EQ(CALL(a, 1, 0), 1);
	CHECK_EQ(CALL(a, 16, GRND_NONBLOCK), 16);
	CHECK_EQ(CALL(b, 16, GRND_RANDOM), 16);
	CHECK(memcmp(a, b, 16) != 0);
	CHECK_EQ(CALL(b, 16, GRND_INSECURE), 16);
	CHECK_EQ(CALL(a, 256, GRND_RANDOM | GRND_NONBLOCK), 256);
	CHECK(looks_random(a, 256));
	CHECK_EQ(CALL(a, sizeof(a), 0), sizeof(a));
	CHECK(looks_random(a, sizeof(a)));
	CHECK_EQ(CALL(b, sizeof(b), 0), sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	CHECK(memcmp(a, a + 4096, 4096) != 0);
	/* not a byte beyond what was asked */
	memset(a, 0, 64);
	CHECK_EQ(CALL(a, 33, 0), 33);
	CHECK(a[33] == 0 && a[34] == 0 && a[63] == 0);
	CHECK_ERR(CALL(a, 16, 8), EINVAL);
	CHECK_ERR(CALL(a, 16, -1), EINVAL);
	CHECK_ERR(CALL(a, 16, GRND_RANDOM | GRND_INSECURE), EINVAL);
	CHECK_ERR(CALL(BAD_ADDRESS, 16, 0), EFAULT);
	CHECK_ERR(CALL((void *)-1l, 16, 0), EFAULT);
	/* up to the end of what is mapped */
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(munmap(p + 4096, 4096), 0);
	CHECK_EQ(CALL(p + 4000, 96, 0), 96);
	CHECK_EQ(CALL(p + 4000, 97, 0) > 0, 1);
	CHECK_ERR(CALL(p + 4096, 1, 0), EFAULT);
	/* parent and child see different numbers */
	int fd[2];
	CHECK_EQ(pipe(fd), 0);
	pid_t child = fork();
	if (child == 0) {
		CALL(b, 32, 0);
		_exit(write(fd[1], b, 32) != 32);
	}
	CHECK_EQ(CALL(a, 32, 0), 32);
	CHECK_EQ(read(fd[0], b, 32), 32);
	CHECK(memcmp(a, b, 32) != 0);
	waitpid(child, NULL, 0);
	DONE();
}
