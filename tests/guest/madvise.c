/* madvise(2) */
#include "memory.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#define MADV_KEEPONFORK 19
#endif

static unsigned char *p;

static int child_sees(void)
{
	return load(p + PG) ? 100 : p[PG] * 10 + p[0];
}

static void dontneed(void)
{
	int fd = file_of(2);
	unsigned char *f = mmap(NULL, 2 * PG, RW, MAP_PRIVATE, fd, 0);

	memset(p, 1, 8 * PG);
	CHECK_EQ(madvise(p + PG, PG, MADV_DONTNEED), 0);
	CHECK_EQ(p[0], 1);
	CHECK_EQ(p[PG], 0);
	f[0] = 9;
	CHECK_EQ(madvise(f, 2 * PG, MADV_DONTNEED), 0);
	CHECK_EQ(f[0], 1);
	CHECK_EQ(mlock(p, PG), 0);
	CHECK_ERR(madvise(p, PG, MADV_DONTNEED), EINVAL);
	CHECK_ERR(madvise(p, PG, 20), EINVAL);
	CHECK_ERR(madvise(p, PG, 21), EINVAL);
	CHECK_EQ(munlock(p, PG), 0);
	munmap(f, 2 * PG);
	close(fd);
}

static void forks(void)
{
	p[0] = 1;
	p[PG] = 2;
	CHECK_EQ(in_child(child_sees), 21);
	CHECK_EQ(madvise(p + PG, PG, MADV_DONTFORK), 0);
	CHECK_EQ(in_child(child_sees), 100);
	CHECK_EQ(madvise(p + PG, PG, MADV_DOFORK), 0);
	CHECK_EQ(in_child(child_sees), 21);
	CHECK_EQ(madvise(p + PG, PG, MADV_WIPEONFORK), 0);
	CHECK_EQ(in_child(child_sees), 1);
	CHECK_EQ(madvise(p + PG, PG, MADV_KEEPONFORK), 0);
	CHECK_EQ(in_child(child_sees), 21);
}

static void remove_pages(void)
{
	unsigned char *s = mmap(NULL, 4 * PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = file_of(4);
	unsigned char *f = mmap(NULL, 4 * PG, RW, MAP_SHARED, fd, 0), b = 1;

	memset(s, 5, 4 * PG);
	CHECK_EQ(madvise(s + PG, PG, MADV_REMOVE), 0);
	CHECK_EQ(s[0], 5);
	CHECK_EQ(s[PG], 0);
	CHECK_EQ(madvise(f + PG, PG, MADV_REMOVE), 0);
	CHECK_EQ(f[PG], 0);
	CHECK_EQ(f[2 * PG], 3);
	CHECK_EQ(pread(fd, &b, 1, PG), 1);
	CHECK_EQ(b, 0);
	CHECK_ERR(madvise(p, PG, MADV_REMOVE), EINVAL);
	CHECK_ERR(madvise(f, PG, MADV_WIPEONFORK), EINVAL);
	CHECK_ERR(madvise(f, PG, MADV_FREE), EINVAL);
	close(fd);
}

static void hints(void)
{
	static const int hint[] = {MADV_NORMAL,
				   MADV_RANDOM,
				   MADV_SEQUENTIAL,
				   MADV_WILLNEED,
				   MADV_HUGEPAGE,
				   MADV_NOHUGEPAGE,
				   MADV_MERGEABLE,
				   MADV_UNMERGEABLE,
				   MADV_DONTDUMP,
				   MADV_DODUMP,
				   20,
				   21};
	unsigned char *q = pages(4), vec[4];

	p[0] = 3;
	for (size_t i = 0; i < sizeof(hint) / sizeof(hint[0]); i++)
		CHECK_EQ(madvise(p, 8 * PG, hint[i]), 0);
	CHECK_EQ(p[0], 3);
	CHECK_EQ(madvise(q, 4 * PG, MADV_POPULATE_WRITE), 0);
	CHECK_EQ(mincore(q, 4 * PG, vec), 0);
	CHECK_EQ((vec[0] & vec[1] & vec[2] & vec[3]) & 1, 1);
	mprotect(q, PG, PROT_READ);
	CHECK_ERR(madvise(q, PG, MADV_POPULATE_WRITE), EINVAL);
	CHECK_EQ(madvise(q, PG, MADV_POPULATE_READ), 0);
	CHECK_EQ(madvise(q + PG, PG, MADV_FREE), 0);
	q[PG] = 1;
	CHECK_EQ(q[PG], 1);
}

static void errors(void)
{
	CHECK_EQ(madvise(p, 0, MADV_DONTNEED), 0);
	CHECK_ERR(madvise(p, 0, 12345), EINVAL);
	CHECK_ERR(madvise(p, PG, 12345), EINVAL);
	CHECK_ERR(madvise(p, PG, -1), EINVAL);
	CHECK_ERR(madvise(p + 1, PG, MADV_DONTNEED), EINVAL);
	CHECK_ERR(madvise(p, -1ul, MADV_DONTNEED), EINVAL);
	CHECK_ERR(madvise(p, -PG, MADV_DONTNEED), EINVAL);
	/* The rest is done in spite of a hole. */
	munmap(p + 2 * PG, PG);
	p[3 * PG] = 7;
	CHECK_ERR(madvise(p, 8 * PG, MADV_DONTNEED), ENOMEM);
	CHECK_EQ(p[3 * PG], 0);
	CHECK_ERR(madvise((void *)(1ul << 47), PG, MADV_DONTNEED), ENOMEM);
}

int main(void)
{
	probe_init();
	p = pages(8);
	dontneed();
	forks();
	remove_pages();
	hints();
	errors();
	DONE();
}
