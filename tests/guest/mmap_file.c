/* mmap(2) of files: private and shared, ends of files, rights. */
#include "memory.h"

static void private(void)
{
	int fd = file_of(40);
	unsigned char *p = mmap(NULL, 40 * PG, RW, MAP_PRIVATE, fd, 0), b;

	for (int i = 0; i < 40; i += 13)
		CHECK_EQ(p[i * PG + 5], i + 1);
	p[PG] = 99;
	CHECK_EQ(p[PG], 99);
	CHECK_EQ(p[PG + 1], 2);
	CHECK_EQ(pread(fd, &b, 1, PG), 1);
	CHECK_EQ(b, 2);
	/* What was not copied follows the file. */
	b = 77;
	CHECK_EQ(pwrite(fd, &b, 1, 3 * PG), 1);
	CHECK_EQ(p[3 * PG], 77);
	CHECK_EQ(pwrite(fd, &b, 1, PG + 1), 1);
	CHECK_EQ(p[PG + 1], 2);
	munmap(p, 40 * PG);
	p = mmap(NULL, PG, PROT_READ, MAP_PRIVATE, fd, 7 * PG);
	CHECK_EQ(p[0], 8);
	/* The mapping outlives the descriptor. */
	close(fd);
	CHECK_EQ(p[1], 8);
	munmap(p, PG);
}

static void shared(void)
{
	int fd = file_of(4);
	unsigned char *p = mmap(NULL, 4 * PG, RW, MAP_SHARED, fd, 0), *q, b;

	q = mmap(NULL, 4 * PG, PROT_READ, MAP_SHARED, fd, 0);
	p[2 * PG] = 55;
	CHECK_EQ(q[2 * PG], 55);
	CHECK_EQ(pread(fd, &b, 1, 2 * PG), 1);
	CHECK_EQ(b, 55);
	b = 66;
	CHECK_EQ(pwrite(fd, &b, 1, 10), 1);
	CHECK_EQ(p[10], 66);
	CHECK_EQ(q[10], 66);
	if (fork() == 0) {
		p[20] = 11;
		_exit(0);
	}
	wait(NULL);
	CHECK_EQ(q[20], 11);
	munmap(p, 4 * PG);
	munmap(q, 4 * PG);
	close(fd);
}

static void ends(void)
{
	int fd = memfd_create("end", 0);
	unsigned char *p, b = 1;

	CHECK_EQ(write(fd, "hello", 5), 5);
	p = mmap(NULL, 3 * PG, RW, MAP_SHARED, fd, 0);
	CHECK_EQ(p[4], 'o');
	CHECK_EQ(p[5], 0);
	CHECK_EQ(load(p + PG), BUSERR);
	CHECK_EQ(store(p + 2 * PG, 1), BUSERR);
	/* The file grows below the mapping. */
	CHECK_EQ(ftruncate(fd, 2 * PG), 0);
	CHECK_EQ(load(p + PG), 0);
	CHECK_EQ(store(p + PG, 9), 0);
	CHECK_EQ(pread(fd, &b, 1, PG), 1);
	CHECK_EQ(b, 9);
	/* And shrinks: what was beyond reads as zero after growing again. */
	memset(p, 'x', 2 * PG);
	CHECK_EQ(ftruncate(fd, 10), 0);
	CHECK_EQ(load(p + PG), BUSERR);
	CHECK_EQ(p[9], 'x');
	CHECK_EQ(ftruncate(fd, 2 * PG), 0);
	CHECK_EQ(p[9], 'x');
	CHECK_EQ(p[10], 0);
	CHECK_EQ(p[PG], 0);
	/* A system call meets the end too. */
	CHECK_ERR(write(fd, p + 2 * PG, 1), EFAULT);
	munmap(p, 3 * PG);
	close(fd);
}

static void rights(void)
{
	char name[] = "/tmp/mmap-XXXXXX";
	int fd = mkstemp(name), ro = open(name, O_RDONLY), wo = open(name, O_WRONLY), fds[2];
	unsigned char *p;

	CHECK_EQ(ftruncate(fd, PG), 0);
	CHECK_ERR(RAW_MMAP(0, PG, RW, MAP_SHARED, ro, 0), EACCES);
	CHECK_ERR(RAW_MMAP(0, PG, PROT_READ, MAP_SHARED, wo, 0), EACCES);
	CHECK_ERR(RAW_MMAP(0, PG, PROT_READ, MAP_PRIVATE, wo, 0), EACCES);
	p = mmap(NULL, PG, RW, MAP_PRIVATE, ro, 0);
	CHECK_EQ(store(p, 1), 0);
	munmap(p, PG);
	p = mmap(NULL, PG, PROT_READ, MAP_SHARED, ro, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERR(mprotect(p, PG, RW), EACCES);
	munmap(p, PG);
	CHECK_EQ(pipe(fds), 0);
	CHECK_ERR(RAW_MMAP(0, PG, PROT_READ, MAP_SHARED, fds[0], 0), ENODEV);
	CHECK_ERR(RAW_MMAP(0, PG, PROT_READ, MAP_SHARED, fd, 1), EINVAL);
	CHECK_ERR(RAW_MMAP(0, PG, PROT_READ, 0, fd, 0), EINVAL);
	CHECK_ERR(RAW_MMAP(0, 2 * PG, PROT_READ, MAP_SHARED, fd, -PG), EOVERFLOW);
	CHECK_ERR(RAW_MMAP(0, PG, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0), EINVAL);
	unlink(name);
}

static void anonymous_shared(void)
{
	unsigned char *p = mmap(NULL, 4 * PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = open("/dev/zero", O_RDWR);
	unsigned char *z = mmap(NULL, 2 * PG, RW, MAP_PRIVATE, fd, 0),
		      *s = mmap(NULL, 2 * PG, RW, MAP_SHARED, fd, 0);

	if (fork() == 0) {
		p[PG] = 5;
		z[0] = 5;
		s[PG] = 6;
		_exit(0);
	}
	wait(NULL);
	CHECK_EQ(p[PG], 5);
	CHECK_EQ(z[0], 0);
	CHECK_EQ(s[PG], 6);
	close(fd);
}

int main(void)
{
	probe_init();
	private();
	shared();
	ends();
	rights();
	anonymous_shared();
	DONE();
}
