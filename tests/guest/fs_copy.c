/* sendfile(2), splice(2), copy_file_range(2) */
#include "fs.h"

static void sending(int in, int out)
{
	off_t off = 3;
	int pipes[2];
	char buf[16];
	CHECK_EQ(pipe(pipes), 0);
	CHECK_EQ(syscall(SYS_sendfile, out, in, &off, 4l), 4);
	CHECK_EQ(off, 7);
	CHECK(file_is("out", "3456"));
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
	CHECK_EQ(syscall(SYS_sendfile, out, in, NULL, 100l), 10);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 10);
	CHECK_EQ(syscall(SYS_sendfile, out, in, NULL, 100l), 0);
	off = 0;
	CHECK_EQ(syscall(SYS_sendfile, pipes[1], in, &off, 10l), 10);
	CHECK_EQ(read(pipes[0], buf, 16), 10);
	off = -1;
	CHECK_ERR(syscall(SYS_sendfile, out, in, &off, 1l), EINVAL);
	CHECK_ERR(syscall(SYS_sendfile, out, in, BAD_ADDRESS, 1l), EFAULT);
	CHECK_ERR(syscall(SYS_sendfile, -1, in, NULL, 1l), EBADF);
	CHECK_ERR(syscall(SYS_sendfile, out, -1, NULL, 1l), EBADF);
	int ro = open("out", O_RDONLY), wo = open("in", O_WRONLY);
	CHECK_ERR(syscall(SYS_sendfile, ro, in, NULL, 1l), EBADF);
	CHECK_ERR(syscall(SYS_sendfile, out, wo, NULL, 1l), EBADF);
	off = 0;
	CHECK_ERR(syscall(SYS_sendfile, out, pipes[0], &off, 1l), ESPIPE);
}

static void splicing(int in, int out)
{
	int pipes[2];
	off_t off = 2, to = 0;
	ftruncate(out, 0);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_EQ(syscall(SYS_splice, in, &off, pipes[1], NULL, 5l, 0), 5);
	CHECK_EQ(off, 7);
	CHECK_EQ(syscall(SYS_splice, pipes[0], NULL, out, &to, 100l, 0), 5);
	CHECK_EQ(to, 5);
	CHECK(file_is("out", "23456"));
	CHECK_ERR(syscall(SYS_splice, in, NULL, out, NULL, 5l, 0), EINVAL);
	CHECK_ERR(syscall(SYS_splice, in, NULL, pipes[1], &to, 5l, 0), ESPIPE);
	CHECK_ERR(syscall(SYS_splice, -1, NULL, pipes[1], NULL, 5l, 0), EBADF);
	CHECK_ERR(syscall(SYS_splice, in, NULL, pipes[1], NULL, 5l, 64), EINVAL);
	CHECK_ERR(syscall(SYS_splice, pipes[0], NULL, out, NULL, 5l, 2 /* NONBLOCK */), EAGAIN);
	CHECK_EQ(syscall(SYS_splice, in, NULL, pipes[1], NULL, 0l, 0), 0);
	int two[2];
	CHECK_EQ(pipe(two), 0);
	CHECK_EQ(write(pipes[1], "through", 7), 7);
	CHECK_EQ(syscall(SYS_splice, pipes[0], NULL, two[1], NULL, 100l, 0), 7);
	char buf[16];
	CHECK_EQ(read(two[0], buf, 16), 7);
	CHECK_ERR(syscall(SYS_splice, pipes[0], NULL, pipes[1], NULL, 5l, 0), EINVAL);
	close(pipes[1]);
	CHECK_EQ(syscall(SYS_splice, pipes[0], NULL, out, NULL, 5l, 0), 0);
}

static void ranges(int in, int out)
{
	off_t from = 0, to = 4;
	ftruncate(out, 0);
	CHECK_EQ(syscall(SYS_copy_file_range, in, &from, out, &to, 100l, 0), 10);
	CHECK_EQ(from, 10);
	CHECK_EQ(to, 14);
	CHECK_EQ(size_of("out"), 14);
	from = 20;
	CHECK_EQ(syscall(SYS_copy_file_range, in, &from, out, &to, 100l, 0), 0);
	from = 0, to = 5;
	CHECK_ERR(syscall(SYS_copy_file_range, in, &from, in, &to, 8l, 0), EINVAL);
	CHECK_EQ(syscall(SYS_copy_file_range, in, &from, in, &to, 5l, 0), 5);
	CHECK(file_is("in", "0123401234"));
	CHECK_ERR(syscall(SYS_copy_file_range, in, &from, out, &to, 1l, 1), EINVAL);
	CHECK_ERR(syscall(SYS_copy_file_range, -1, &from, out, &to, 1l, 0), EBADF);
	CHECK_ERR(syscall(SYS_copy_file_range, in, BAD_ADDRESS, out, &to, 1l, 0), EFAULT);
	int dir = open(".", O_RDONLY), app = open("out", O_WRONLY | O_APPEND), pipes[2];
	CHECK_ERR(syscall(SYS_copy_file_range, dir, NULL, out, NULL, 1l, 0), EISDIR);
	CHECK_ERR(syscall(SYS_copy_file_range, in, NULL, app, NULL, 1l, 0), EBADF);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(syscall(SYS_copy_file_range, in, NULL, pipes[1], NULL, 1l, 0), EINVAL);
}

int main(void)
{
	fs_enter();
	int in = make_file("in", "0123456789"), out = make_file("out", "");
	sending(in, out);
	splicing(in, out);
	ranges(in, out);
	fs_leave();
	DONE();
}
