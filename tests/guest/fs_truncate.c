/* truncate(2), ftruncate(2), fallocate(2), posix_fadvise(2), fsync(2) and the like; RLIMIT_FSIZE */
#include "fs.h"
#include <sys/resource.h>

static char buf[20000];

static bool all_zero(int fd, off_t from, size_t n)
{
	if (pread(fd, buf, n, from) != (ssize_t)n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (buf[i])
			return false;
	return true;
}

static void user_part(void)
{
	CHECK_ERR(truncate("f", 0), EACCES);
}

static void sizes(int fd)
{
	CHECK_EQ(ftruncate(fd, 4), 0);
	CHECK(file_is("f", "0123"));
	CHECK_EQ(ftruncate(fd, 10000), 0);
	CHECK_EQ(size_of("f"), 10000);
	CHECK(all_zero(fd, 4, 9996));
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(pwrite(fd, buf, 10000, 0), 10000);
	CHECK_EQ(truncate("f", 5000), 0);
	CHECK_EQ(truncate("f", 9000), 0);
	CHECK(all_zero(fd, 5000, 4000));
	CHECK_EQ(pread(fd, buf, 1, 4999), 1);
	CHECK_EQ(buf[0], 'x');
	CHECK_EQ(truncate("f", 1l << 40), 0);
	CHECK_EQ(size_of("f"), 1l << 40);
	CHECK_EQ(truncate("f", 0), 0);
	CHECK_ERR(truncate("f", -1), EINVAL);
	CHECK_ERR(ftruncate(fd, -1), EINVAL);
	CHECK_ERR(truncate("dir", 0), EISDIR);
	CHECK_ERR(truncate("none", 0), ENOENT);
	CHECK_ERR(truncate("f/x", 0), ENOTDIR);
	CHECK_ERR(truncate("/dev/null", 0), EINVAL);
	CHECK_ERR(truncate(BAD_ADDRESS, 0), EFAULT);
	CHECK_ERR(ftruncate(-1, 0), EBADF);
	CHECK_ERR(ftruncate(open("f", O_RDONLY), 0), EINVAL);
	CHECK_ERR(ftruncate(open("dir", O_RDONLY), 0), EINVAL);
}

static void allocation(int fd)
{
	CHECK_EQ(fallocate(fd, 0, 0, 8000), 0);
	CHECK_EQ(size_of("f"), 8000);
	CHECK_EQ(fallocate(fd, 1 /* KEEP_SIZE */, 0, 16000), 0);
	CHECK_EQ(size_of("f"), 8000);
	memset(buf, 'y', sizeof(buf));
	CHECK_EQ(pwrite(fd, buf, 16000, 0), 16000);
	CHECK_EQ(fallocate(fd, 3 /* PUNCH_HOLE | KEEP_SIZE */, 1000, 10000), 0);
	CHECK_EQ(size_of("f"), 16000);
	CHECK(all_zero(fd, 1000, 10000));
	CHECK_EQ(pread(fd, buf, 2, 999), 2);
	CHECK(buf[0] == 'y' && !buf[1]);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 4096);
	CHECK_EQ(lseek(fd, 4096, SEEK_DATA), 8192);
	CHECK_ERR(fallocate(fd, 0, -1, 10), EINVAL);
	CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERR(fallocate(fd, 0, 0, -1), EINVAL);
	CHECK_ERR(fallocate(fd, 2 /* without KEEP_SIZE */, 0, 10), EOPNOTSUPP);
	CHECK_ERR(fallocate(fd, 0x4000, 0, 10), EOPNOTSUPP);
	CHECK_ERR(fallocate(fd, 0, LONG_MAX, 10), EFBIG);
	CHECK_ERR(fallocate(-1, 0, 0, 10), EBADF);
	CHECK_ERR(fallocate(open("f", O_RDONLY), 0, 0, 10), EBADF);
	int pipes[2];
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(fallocate(pipes[1], 0, 0, 10), ESPIPE);
}

static void advice(int fd)
{
	int pipes[2];
	CHECK_EQ(pipe(pipes), 0);
	for (int i = 0; i <= 5; i++)
		CHECK_EQ(syscall(SYS_fadvise64, fd, 0l, 0l, i), 0);
	CHECK_ERR(syscall(SYS_fadvise64, fd, 0l, 0l, 6), EINVAL);
	CHECK_ERR(syscall(SYS_fadvise64, fd, 0l, -1l, 0), EINVAL);
	CHECK_ERR(syscall(SYS_fadvise64, -1, 0l, 0l, 0), EBADF);
	CHECK_ERR(syscall(SYS_fadvise64, pipes[0], 0l, 0l, 0), ESPIPE);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(fdatasync(fd), 0);
	CHECK_EQ(syncfs(fd), 0);
	sync();
	CHECK_ERR(fsync(-1), EBADF);
	CHECK_ERR(fsync(pipes[0]), EINVAL);
	CHECK_ERR(fdatasync(pipes[0]), EINVAL);
	CHECK_ERR(syncfs(-1), EBADF);
	CHECK_EQ(sync_file_range(fd, 0, 0, 7), 0);
	CHECK_ERR(sync_file_range(fd, 0, 0, 8), EINVAL);
	CHECK_ERR(sync_file_range(fd, -1, 0, 7), EINVAL);
	CHECK_ERR(sync_file_range(pipes[0], 0, 0, 7), ESPIPE);
	CHECK_ERR(sync_file_range(-1, 0, 0, 7), EBADF);
}

static int big_signals;
static void on_big(int sig)
{
	big_signals += sig == SIGXFSZ;
}

static void limit(int fd)
{
	struct rlimit old, l;
	getrlimit(RLIMIT_FSIZE, &old);
	l = old;
	l.rlim_cur = 100;
	signal(SIGXFSZ, on_big);
	CHECK_EQ(ftruncate(fd, 0), 0);
	/* no output meanwhile: it may go to a file too */
	long fits, cut, over, grow, last;
	int over_errno, grow_errno, signals[3];
	setrlimit(RLIMIT_FSIZE, &l);
	fits = pwrite(fd, buf, 60, 0);
	cut = pwrite(fd, buf, 60, 60);
	signals[0] = big_signals;
	over = pwrite(fd, buf, 1, 100);
	over_errno = errno;
	signals[1] = big_signals;
	grow = ftruncate(fd, 101);
	grow_errno = errno;
	signals[2] = big_signals;
	last = ftruncate(fd, 100);
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK_EQ(fits, 60);
	CHECK_EQ(cut, 40);
	CHECK_EQ(signals[0], 0);
	CHECK(over == -1 && over_errno == EFBIG);
	CHECK_EQ(signals[1], 1);
	CHECK(grow == -1 && grow_errno == EFBIG);
	CHECK_EQ(signals[2], 2);
	CHECK_EQ(last, 0);
}

int main(void)
{
	fs_enter();
	mkdir("dir", 0755);
	int fd = make_file("f", "0123456789");
	sizes(fd);
	allocation(fd);
	advice(fd);
	limit(fd);
	as_user(user_part);
	fs_leave();
	DONE();
}
