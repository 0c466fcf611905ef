/* lseek(2) */
#include "fs.h"

int main(void)
{
	int pipes[2];
	char buf[4];
	fs_enter();
	int fd = make_file("f", "0123456789");
	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	CHECK_EQ(read(fd, buf, 1), 1);
	CHECK_EQ(buf[0], '3');
	CHECK_EQ(lseek(fd, -2, SEEK_CUR), 2);
	CHECK_EQ(lseek(fd, -1, SEEK_END), 9);
	CHECK_EQ(lseek(fd, 100, SEEK_END), 110);
	CHECK_EQ(read(fd, buf, 1), 0);
	CHECK_EQ(size_of("f"), 10);
	CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERR(lseek(fd, -11, SEEK_END), EINVAL);
	CHECK_ERR(lseek(fd, 0, 5), EINVAL);
	CHECK_ERR(lseek(fd, 0, -1), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 110);
	CHECK_ERR(lseek(-1, 0, SEEK_SET), EBADF);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(lseek(pipes[0], 0, SEEK_SET), ESPIPE);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(pwrite(fd, "x", 1, 40960), 1);
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 4096);
	CHECK_EQ(lseek(fd, 5000, SEEK_DATA), 40960);
	CHECK_EQ(lseek(fd, 40960, SEEK_HOLE), 40961);
	CHECK_ERR(lseek(fd, 40961, SEEK_DATA), ENXIO);
	CHECK_ERR(lseek(fd, 40961, SEEK_HOLE), ENXIO);
	int shared = dup(fd);
	CHECK_EQ(lseek(fd, 7, SEEK_SET), 7);
	CHECK_EQ(lseek(shared, 0, SEEK_CUR), 7);
	int dir = open(".", O_RDONLY);
	CHECK_EQ(lseek(dir, 0, SEEK_SET), 0);
	CHECK_ERR(lseek(dir, -1, SEEK_SET), EINVAL);
	fs_leave();
	DONE();
}
