/* read(2), write(2), pread64(2), pwrite64(2) on files */
#include "fs.h"

static char big[300000], back[300000];

static void sizes(void)
{
	int fd = make_file("big", "");
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 31 + i / 4096);
	CHECK_EQ(write(fd, big, sizeof(big)), sizeof(big));
	CHECK_EQ(write(fd, big, 0), 0);
	CHECK_EQ(pread(fd, back, sizeof(back), 0), sizeof(back));
	CHECK(!memcmp(big, back, sizeof(big)));
	for (size_t at = 0; at < 20000; at += 4093) {
		memset(back, 0, sizeof(back));
		CHECK_EQ(pread(fd, back, 9001, at), 9001);
		CHECK(!memcmp(big + at, back, 9001));
	}
	CHECK_EQ(pread(fd, back, 100, sizeof(big) - 10), 10);
	CHECK_EQ(pread(fd, back, 100, sizeof(big)), 0);
	CHECK_EQ(pread(fd, back, 100, 1l << 40), 0);
	CHECK_EQ(pwrite(fd, "abc", 3, 4095), 3);
	CHECK_EQ(pread(fd, back, 5, 4094), 5);
	CHECK(back[0] == big[4094] && !memcmp(back + 1, "abc", 3) && back[4] == big[4098]);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), sizeof(big));
	close(fd);
}

static void holes(void)
{
	int fd = make_file("hole", "start");
	CHECK_EQ(pwrite(fd, "end", 3, 100000), 3);
	memset(back, 7, sizeof(back));
	CHECK_EQ(pread(fd, back, sizeof(back), 0), 100003);
	CHECK(!memcmp(back, "start", 5));
	bool zero = true;
	for (int i = 5; i < 100000; i++)
		zero &= !back[i];
	CHECK(zero);
	CHECK(!memcmp(back + 100000, "end", 3));
	close(fd);
}

static void append(void)
{
	int fd = open("log", O_CREAT | O_APPEND | O_RDWR, 0644);
	CHECK_EQ(write(fd, "one", 3), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "two", 3), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 6);
	CHECK_EQ(pwrite(fd, "!", 1, 0), 1); /* pwrite(2), BUGS */
	CHECK(file_is("log", "onetwo!"));
	close(fd);
}

static void errors(void)
{
	int fd = make_file("f", "0123456789");
	int dir = open(".", O_RDONLY);
	int pipes[2];
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(read(-1, back, 1), EBADF);
	CHECK_ERR(write(-1, back, 1), EBADF);
	CHECK_ERR(read(12345, back, 1), EBADF);
	CHECK_ERR(read(fd, BAD_ADDRESS, 1), EFAULT);
	CHECK_ERR(read(fd, (void *)-1, 1), EFAULT);
	CHECK_ERR(write(fd, BAD_ADDRESS, 1), EFAULT);
	CHECK_EQ(read(fd, BAD_ADDRESS, 0), 0);
	CHECK_EQ(write(fd, BAD_ADDRESS, 0), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_ERR(read(dir, back, 10), EISDIR);
	CHECK_ERR(pread(fd, back, 1, -1), EINVAL);
	CHECK_ERR(pwrite(fd, back, 1, -1), EINVAL);
	CHECK_ERR(pwrite(fd, back, 1, LONG_MAX), EINVAL);
	CHECK_ERR(pread(fd, back, 1, LONG_MAX), EINVAL);
	CHECK_ERR(pread(pipes[0], back, 1, 0), ESPIPE);
	CHECK_ERR(pwrite(pipes[1], back, 1, 0), ESPIPE);
	CHECK_ERR(pread(-1, back, 1, 0), EBADF);
	CHECK_EQ(read(fd, back, 4), 4);
	CHECK_EQ(read(fd, back, 100), 6);
	CHECK_EQ(read(fd, back, 100), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
}

/* A transfer that runs into unmapped memory moves what lies before. */
static void partial(void)
{
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = make_file("partial", "");
	munmap(two + 4096, 4096);
	memset(two, 'p', 4096);
	CHECK_EQ(write(fd, two + 4000, 200), 96);
	CHECK_EQ(size_of("partial"), 96);
	CHECK_EQ(ftruncate(fd, 1000), 0);
	CHECK_EQ(pread(fd, two + 4090, 100, 0), 6);
	close(fd);
}

int main(void)
{
	fs_enter();
	sizes();
	holes();
	append();
	errors();
	partial();
	fs_leave();
	DONE();
}
