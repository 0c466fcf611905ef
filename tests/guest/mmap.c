/* mmap(2): anonymous memory, placement, errors. */
#include "memory.h"

static void anonymous(void)
{
	unsigned char *p = mmap(NULL, 3 * PG, RW, ANON, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK_EQ((uintptr_t)p % PG, 0);
	CHECK_EQ(p[0] | p[PG] | p[3 * PG - 1], 0);
	p[PG] = 7;
	CHECK_EQ(p[PG], 7);
	CHECK_EQ(munmap(p, 3 * PG), 0);
	/* Mapped again it is zero again. */
	CHECK(mmap(p, 3 * PG, RW, ANON | MAP_FIXED, -1, 0) == p);
	CHECK_EQ(p[PG], 0);
	munmap(p, 3 * PG);
	/* A length is rounded up to pages. */
	p = mmap(NULL, 1, RW, ANON, -1, 0);
	CHECK_EQ(store(p + PG - 1, 1), 0);
	munmap(p, 1);
	CHECK_EQ(load(p), MAPERR);
}

static void placement(void)
{
	unsigned char *p = pages(8), *q;

	munmap(p + 2 * PG, 2 * PG);
	CHECK(mmap(p + 2 * PG, PG, RW, ANON, -1, 0) == p + 2 * PG);
	q = mmap(p, PG, RW, ANON, -1, 0);
	CHECK(q != p && q != MAP_FAILED);
	munmap(q, PG);
	CHECK(mmap(p + 3 * PG, PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == p + 3 * PG);
	CHECK_ERR(RAW_MMAP(p, PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	p[5 * PG] = 1;
	CHECK(mmap(p + 5 * PG, PG, RW, ANON | MAP_FIXED, -1, 0) == p + 5 * PG);
	CHECK_EQ(p[5 * PG], 0);
	munmap(p, 8 * PG);
	/* A hint that is not aligned is rounded down. */
	CHECK(mmap(p + 123, PG, RW, ANON, -1, 0) == p);
	munmap(p, PG);
	/* Neighbours of equal kind, and holes between: everything usable. */
	for (int i = 0; i < 200; i++) {
		q = pages(1);
		q[0] = i;
		if (i % 2)
			munmap(q, PG);
	}
	p = pages(500);
	memset(p, 1, 500 * PG);
	munmap(p, 500 * PG);
}

static void protections(void)
{
	unsigned char *p = mmap(NULL, PG, PROT_READ, ANON, -1, 0);

	CHECK_EQ(load(p), 0);
	CHECK_EQ(store(p, 1), ACCERR);
	munmap(p, PG);
	p = mmap(NULL, PG, PROT_NONE, ANON, -1, 0);
	CHECK_EQ(load(p), ACCERR);
	CHECK_EQ(store(p, 1), ACCERR);
	munmap(p, PG);
	p = mmap(NULL, PG, PROT_WRITE, ANON, -1, 0);
	CHECK_EQ(store(p, 1), 0);
	munmap(p, PG);
}

static void code(void)
{
	static const unsigned char ret[] = {0xc3};
	unsigned char *p = mmap(NULL, PG, RW | PROT_EXEC, ANON, -1, 0);
	struct sigaction sa = {.sa_sigaction = probe_handler, .sa_flags = SA_SIGINFO};

	memcpy(p, ret, sizeof(ret));
	((void (*)(void))p)();
	say("ok   executed");
	mprotect(p, PG, RW);
	sigaction(SIGSEGV, &sa, NULL);
	if (!sigsetjmp(probe_jump, 1)) {
		((void (*)(void))p)();
		say("FAIL executed data");
		test_failures++;
	}
	CHECK_EQ(probe_code, SEGV_ACCERR);
	munmap(p, PG);
}

static void errors(void)
{
	unsigned char *p = pages(1);

	CHECK_ERR(RAW_MMAP(0, 0, RW, ANON, -1, 0), EINVAL);
	CHECK_ERR(RAW_MMAP(0, PG, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERR(RAW_MMAP(0, PG, RW, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, -1, 0), EINVAL);
	CHECK_ERR(RAW_MMAP(0, PG, RW, MAP_PRIVATE, -1, 0), EBADF);
	CHECK_ERR(RAW_MMAP(0, PG, RW, MAP_PRIVATE, 12345, 0), EBADF);
	CHECK_ERR(RAW_MMAP(0, PG, RW, ANON, -1, 1), EINVAL);
	CHECK_ERR(RAW_MMAP(p + 1, PG, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
	CHECK_ERR(RAW_MMAP(0, -1ul, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(RAW_MMAP(0, 1ul << 47, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(RAW_MMAP(0, 1ul << 46, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(RAW_MMAP(1ul << 47, PG, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_ERR(RAW_MMAP(-PG, PG, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_ERR(RAW_MMAP(0, PG, RW, ANON | MAP_SHARED | MAP_GROWSDOWN, -1, 0), EINVAL);
	munmap(p, PG);
}

static void flags(void)
{
	unsigned char *p = mmap(NULL, 16 * PG, RW, ANON | MAP_POPULATE, -1, 0), vec[16];
	int in = 0;

	CHECK_EQ(mincore(p, 16 * PG, vec), 0);
	for (int i = 0; i < 16; i++)
		in += vec[i] & 1;
	CHECK_EQ(in, 16);
	munmap(p, 16 * PG);
	p = mmap(NULL, 1ul << 36, RW, ANON | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(store(p + (1ul << 35), 1), 0);
	CHECK_EQ(munmap(p, 1ul << 36), 0);
	p = mmap(NULL, PG, RW, ANON | MAP_STACK, -1, 0);
	CHECK(p != MAP_FAILED);
	munmap(p, PG);
}

int main(void)
{
	probe_init();
	anonymous();
	placement();
	protections();
	code();
	errors();
	flags();
	DONE();
}
