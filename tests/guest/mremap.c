/* mremap(2), by the bare call. */
#include "memory.h"

#define REMAP(addr, old, new, flags, to) syscall(SYS_mremap, addr, old, new, flags, to)
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static void resize(void)
{
	unsigned char *p = pages(8), *q;

	munmap(p + 4 * PG, 4 * PG);
	memset(p, 1, 4 * PG);
	CHECK(REMAP(p, 4 * PG, 6 * PG, 0, 0) == (long)p);
	CHECK_EQ(p[5 * PG], 0);
	CHECK(REMAP(p, 6 * PG, 2 * PG, 0, 0) == (long)p);
	CHECK_EQ(load(p + 2 * PG), MAPERR);
	CHECK_EQ(p[PG], 1);
	mmap(p + 2 * PG, PG, PROT_READ, ANON | MAP_FIXED, -1, 0);
	CHECK_ERR(REMAP(p, 2 * PG, 3 * PG, 0, 0), ENOMEM);
	q = (unsigned char *)REMAP(p, 2 * PG, 300 * PG, MREMAP_MAYMOVE, 0);
	CHECK(q != MAP_FAILED && q != p);
	CHECK_EQ(q[PG], 1);
	CHECK_EQ(q[299 * PG], 0);
	CHECK_EQ(load(p), MAPERR);
	/* A part of it, to a place of choice. */
	p = pages(4);
	CHECK(REMAP(q + PG, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, p + PG) == (long)p + (long)PG);
	CHECK_EQ(p[PG], 1);
	CHECK_EQ(load(q + PG), MAPERR);
	CHECK_EQ(load(q + 2 * PG), 0);
	CHECK(REMAP(p + PG, PG, PG, MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, q + PG) ==
	      (long)q + (long)PG);
	CHECK_EQ(p[PG], 0);
	CHECK_EQ(q[PG], 1);
}

static void shared(void)
{
	unsigned char *p = mmap(NULL, 4 * PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *q;

	p[PG] = 7;
	q = (unsigned char *)REMAP(p, 0, 4 * PG, MREMAP_MAYMOVE, 0);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[PG], 7);
	q[2 * PG] = 8;
	CHECK_EQ(p[2 * PG], 8);
}

static void file(void)
{
	int fd = file_of(8);
	unsigned char *p = mmap(NULL, 2 * PG, PROT_READ, MAP_PRIVATE, fd, PG), *q;

	q = (unsigned char *)REMAP(p, 2 * PG, 7 * PG, MREMAP_MAYMOVE, 0);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[0], 2);
	CHECK_EQ(q[6 * PG], 8);
	close(fd);
}

static void errors(void)
{
	unsigned char *p = pages(4);

	munmap(p + 2 * PG, PG);
	CHECK_ERR(REMAP(p + 1, PG, PG, 0, 0), EINVAL);
	CHECK_ERR(REMAP(p, PG, 0, 0, 0), EINVAL);
	CHECK_ERR(REMAP(p, PG, PG, 16, 0), EINVAL);
	CHECK_ERR(REMAP(p, PG, PG, MREMAP_FIXED, p + 8 * PG), EINVAL);
	CHECK_ERR(REMAP(p, PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0), EINVAL);
	CHECK_ERR(REMAP(p, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, p + PG), EINVAL);
	CHECK_ERR(REMAP(p, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, p + 1), EINVAL);
	CHECK_ERR(REMAP(p, 0, PG, MREMAP_MAYMOVE, 0), EINVAL);
	CHECK_ERR(REMAP(p, 4 * PG, 5 * PG, MREMAP_MAYMOVE, 0), EFAULT);
	CHECK_ERR(REMAP(p + 2 * PG, PG, 2 * PG, MREMAP_MAYMOVE, 0), EFAULT);
	CHECK_ERR(REMAP(1ul << 47, PG, 2 * PG, MREMAP_MAYMOVE, 0), EFAULT);
	CHECK_ERR(REMAP(p, PG, 1ul << 46, MREMAP_MAYMOVE, 0), ENOMEM);
}

int main(void)
{
	probe_init();
	resize();
	shared();
	file();
	errors();
	DONE();
}
