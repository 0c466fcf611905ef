/* Allocations fail one after the other: mappings, their splitting, moving and touching, shared memory,
 * what the kernel copies to and from. */
#include "control_alloc.h"
#include <sys/prctl.h>

#define PAGE 4096ul

static char *map(size_t pages, int prot, int flags, int fd)
{
	return mmap(NULL, pages * PAGE, prot, flags, fd, 0);
}

static int anonymous(void)
{
	char *p = map(600, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	TRY((long)p);
	for (size_t i = 0; i < 600; i += 30)
		p[i * PAGE] = 1;
	for (size_t i = 0; i < 600; i += 15)
		MUST(p[i * PAGE] == (i % 30 == 0));
	return munmap(p, 600 * PAGE);
}

/* All or nothing: what a failing call leaves is what was there. */
static int splitting(void)
{
	char *p = map(30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	TRY((long)p);
	memset(p, 1, 30 * PAGE);
	TRY(mprotect(p + 10 * PAGE, 5 * PAGE, PROT_READ));
	MUST(p[9 * PAGE] == 1 && p[12 * PAGE] == 1 && p[15 * PAGE] == 1);
	TRY(munmap(p + 20 * PAGE, PAGE));
	TRY(mprotect(p + 10 * PAGE, 5 * PAGE, PROT_READ | PROT_WRITE));
	p[12 * PAGE] = 2;
	TRY(madvise(p + 3 * PAGE, PAGE, MADV_DONTNEED));
	MUST(p[3 * PAGE] == 0 && p[4 * PAGE] == 1);
	TRY(madvise(p + 5 * PAGE, PAGE, MADV_DONTFORK));
	TRY((long)mmap(p + 7 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	MUST(p[7 * PAGE] == 0 && p[8 * PAGE] == 1);
	return munmap(p, 30 * PAGE);
}

static int moving(void)
{
	char *p = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1), *q;

	TRY((long)p);
	memset(p, 3, 8 * PAGE);
	q = mremap(p, 8 * PAGE, 700 * PAGE, MREMAP_MAYMOVE);
	if (q == MAP_FAILED) {
		MUST(p[7 * PAGE] == 3);
		errno = ENOMEM;
		return -1;
	}
	MUST(q[0] == 3 && q[8 * PAGE - 1] == 3 && q[8 * PAGE] == 0);
	TRY((long)mremap(q, 700 * PAGE, 2 * PAGE, 0));
	char *target = map(2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	TRY((long)target);
	TRY((long)mremap(q, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target));
	MUST(target[PAGE] == 3);
	return 0;
}

static int files(void)
{
	int fd = TRY(open("file", O_CREAT | O_RDWR, 0644));
	char *s, *p;

	TRY(ftruncate(fd, 20 * PAGE));
	s = map(20, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	TRY((long)s);
	p = map(20, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	TRY((long)p);
	for (size_t i = 0; i < 20; i++)
		s[i * PAGE] = (char)i;
	for (size_t i = 0; i < 20; i += 2)
		p[i * PAGE] = 100;
	for (size_t i = 0; i < 20; i++)
		MUST(s[i * PAGE] == (char)i && p[i * PAGE] == (i % 2 ? (char)i : 100));
	TRY(msync(s, 20 * PAGE, MS_SYNC));
	TRY(ftruncate(fd, 3 * PAGE));
	TRY(munmap(s, 20 * PAGE));
	return close(fd);
}

static int sharing(void)
{
	char *s = map(10, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	int status;

	TRY((long)s);
	pid_t child = TRY(fork());
	if (!child) {
		memset(s, 5, 10 * PAGE);
		_exit(0);
	}
	TRY(waitpid(child, &status, 0));
	MUST(status == 0 && s[9 * PAGE] == 5);
	return 0;
}

/* A child's copy on write, and the parent's. */
static int copies(void)
{
	char *p = map(40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int status;

	TRY((long)p);
	memset(p, 1, 40 * PAGE);
	pid_t child = TRY(fork());
	if (!child) {
		memset(p, 2, 40 * PAGE);
		_exit(p[39 * PAGE] != 2);
	}
	memset(p, 3, 20 * PAGE);
	TRY(waitpid(child, &status, 0));
	MUST(status == 0 && p[0] == 3 && p[39 * PAGE] == 1);
	return 0;
}

static int populating(void)
{
	char *p = map(40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);

	TRY((long)p);
	MUST(p[39 * PAGE] == 0);
	TRY(mlock(p, 3 * PAGE));
	TRY(madvise(p, 40 * PAGE, 23 /* MADV_POPULATE_WRITE */));
	TRY(munlock(p, 3 * PAGE));
	return munmap(p, 40 * PAGE);
}

static int growing(void)
{
	char *end = (char *)TRY(syscall(SYS_brk, 0));

	MUST((char *)syscall(SYS_brk, end + 50 * PAGE) == end + 50 * PAGE || (errno = ENOMEM));
	if ((char *)syscall(SYS_brk, 0) == end)
		return -1;
	memset(end, 1, 50 * PAGE);
	return 0;
}

static int deep(char *above, int left)
{
	volatile char frame[PAGE];

	frame[0] = 1;
	return left ? deep((char *)frame, left - 1) + (above != NULL) : frame[0];
}

static int stack(void)
{
	MUST(deep(NULL, 100) == 100);
	return 0;
}

/* The kernel copies to memory that was never touched. */
static int untouched(void)
{
	char *p = map(10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int fds[2];

	TRY((long)p);
	TRY(pipe(fds));
	memset(p, 'x', PAGE);
	MUST(TRY(write(fds[1], p, PAGE)) == PAGE);
	MUST(TRY(read(fds[0], p + 3 * PAGE - 10, PAGE)) == PAGE);
	MUST(p[3 * PAGE] == 'x');
	TRY(fstat(0, (struct stat *)(p + 6 * PAGE)));
	TRY(syscall(SYS_getrandom, p + 7 * PAGE, 3 * PAGE, 0));
	return 0;
}

/* Over several mappings at once. */
static int replacing(void)
{
	char *p = map(64, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	TRY((long)p);
	for (size_t i = 0; i < 64; i += 4)
		TRY(mprotect(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE));
	for (size_t i = 0; i < 64; i += 4)
		p[i * PAGE] = 1;
	TRY(mprotect(p + 2 * PAGE, 50 * PAGE, PROT_READ));
	TRY((long)mmap(p + 5 * PAGE, 41 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	MUST(p[0] == 1 && p[4 * PAGE] == 1 && p[8 * PAGE] == 0 && p[48 * PAGE] == 1);
	TRY(munmap(p + 3 * PAGE, 10 * PAGE));
	TRY((long)mremap(p + 20 * PAGE, 10 * PAGE, 5 * PAGE, 0));
	return 0;
}

static int locking(void)
{
	char *p = map(10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	unsigned char resident[10];

	TRY((long)p);
	TRY(mlockall(MCL_CURRENT | MCL_FUTURE));
	TRY(mincore(p, 10 * PAGE, resident));
	MUST(resident[9] & 1);
	return munlockall();
}

static int zero_device(void)
{
	int fd = TRY(open("/dev/zero", O_RDWR));
	char *p = map(3, PROT_READ | PROT_WRITE, MAP_SHARED, fd), *q = map(3, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);

	TRY((long)p);
	TRY((long)q);
	p[0] = q[PAGE] = 1;
	TRY(close(fd));
	TRY(madvise(p, PAGE, MADV_REMOVE));
	MUST(p[0] == 0 && q[PAGE] == 1);
	return 0;
}

/* More mappings than fit into one read. */
static int telling(void)
{
	char text[4096], *p = map(100, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int fd = TRY(open("/proc/self/maps", O_RDONLY));
	long n, sum = 0;

	TRY((long)p);
	for (size_t i = 0; i < 100; i += 2)
		TRY(mprotect(p + i * PAGE, PAGE, PROT_READ));
	do {
		n = TRY(read(fd, text, sizeof(text)));
		sum += n;
	} while (n);
	MUST(sum > 100 * 30);
	return close(fd);
}

static const struct operation operations[] = {
	{"replacing", replacing},
	{"locking", locking},
	{"zero_device", zero_device},
	{"telling", telling},
	{"anonymous", anonymous},
	{"splitting", splitting},
	{"moving", moving},
	{"files", files},
	{"sharing", sharing},
	{"copies", copies},
	{"populating", populating},
	{"growing", growing},
	{"stack", stack},
	{"untouched", untouched},
};

int main(int argc, char **argv)
{
	(void)argc;
	walk_operations(operations, sizeof(operations) / sizeof(operations[0]), argv);
	DONE();
}
