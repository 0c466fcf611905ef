/* getdents64(2), getdents(2) */
#include "fs.h"

struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static char names[200][32];
static int count;

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Read the directory with buffers of this size into names, sorted. */
static long read_all(int fd, size_t size)
{
	static char buf[8192];
	long n;
	count = 0;
	if (lseek(fd, 0, SEEK_SET))
		return -1;
	while ((n = syscall(SYS_getdents64, fd, buf, size)) > 0)
		for (long at = 0; at < n; at += ((struct entry *)(buf + at))->reclen)
			strcpy(names[count++], ((struct entry *)(buf + at))->name);
	qsort(names, count, sizeof(names[0]), by_name);
	return n;
}

static void types(int fd)
{
	static char buf[8192];
	struct stat st;
	bool good = true;
	lseek(fd, 0, SEEK_SET);
	long n = syscall(SYS_getdents64, fd, buf, sizeof(buf));
	for (long at = 0; at < n; at += ((struct entry *)(buf + at))->reclen) {
		struct entry *e = (void *)(buf + at);
		if (!strcmp(e->name, "..") || fstatat(fd, e->name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		good &= st.st_ino == e->ino && e->type == (st.st_mode & S_IFMT) >> 12 && e->reclen % 8 == 0;
	}
	CHECK(good);
}

int main(void)
{
	static char buf[4096];
	char name[32];
	fs_enter();
	mkdir("d", 0755);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "d/file-number-%d", i);
		touch(name);
	}
	mkdir("d/sub", 0755);
	symlink("x", "d/link");
	mkfifo("d/fifo", 0600);
	int fd = open("d", O_RDONLY | O_DIRECTORY);
	CHECK_EQ(read_all(fd, 8192), 0);
	CHECK_EQ(count, 105);
	CHECK_EQ(strcmp(names[0], "."), 0);
	CHECK_EQ(strcmp(names[1], ".."), 0);
	CHECK_EQ(strcmp(names[104], "sub"), 0);
	for (size_t size = 48; size <= 1000; size += 119) {
		CHECK_EQ(read_all(fd, size), 0);
		CHECK_EQ(count, 105);
	}
	types(fd);
	/* entries that go while the directory is read: the others still come, once */
	lseek(fd, 0, SEEK_SET);
	CHECK(syscall(SYS_getdents64, fd, buf, 500) > 0);
	for (int i = 0; i < 100; i += 2) {
		snprintf(name, sizeof(name), "d/file-number-%d", i);
		unlink(name);
	}
	while (syscall(SYS_getdents64, fd, buf, 500) > 0)
		;
	CHECK_EQ(read_all(fd, 8192), 0);
	CHECK_EQ(count, 55);
	lseek(fd, 0, SEEK_SET);
	CHECK(syscall(SYS_getdents, fd, buf, sizeof(buf)) > 0);
	lseek(fd, 0, SEEK_SET);
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, 10), EINVAL);
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, 0), EINVAL);
	CHECK_ERR(syscall(SYS_getdents64, fd, BAD_ADDRESS, 4096), EFAULT);
	CHECK_ERR(syscall(SYS_getdents64, -1, buf, 4096), EBADF);
	touch("file");
	int file = open("file", O_RDONLY);
	CHECK_ERR(syscall(SYS_getdents64, file, buf, 4096), ENOTDIR);
	mkdir("gone", 0755);
	int gone = open("gone", O_RDONLY);
	CHECK_EQ(rmdir("gone"), 0);
	CHECK_ERR(syscall(SYS_getdents64, gone, buf, 4096), ENOENT);
	fs_leave();
	DONE();
}
