/* null(4), zero(4), full(4); /dev/fd, /dev/stdin */
#include "fs.h"

int main(void)
{
	char buf[8192];
	int fd;
	memset(buf, 1, sizeof(buf));
	CHECK((fd = open("/dev/null", O_RDWR)) >= 0);
	CHECK_EQ(write(fd, buf, 8192), 8192);
	CHECK_EQ(read(fd, buf, 10), 0);
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 0);
	CHECK_EQ(write(fd, BAD_ADDRESS, 10), 10);
	CHECK_ERR(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0, ENODEV);
	CHECK((fd = open("/dev/zero", O_RDWR)) >= 0);
	CHECK_EQ(read(fd, buf, 5000), 5000);
	CHECK(buf[0] == 0 && buf[4999] == 0 && buf[5000] == 1);
	CHECK_EQ(write(fd, buf, 10), 10);
	CHECK_ERR(read(fd, BAD_ADDRESS, 10), EFAULT);
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && !p[0] && !p[8191]);
	p[0] = 5;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED && !p[0]);
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		p[0] = 7;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(p[0], 7);
	CHECK((fd = open("/dev/full", O_RDWR)) >= 0);
	CHECK_ERR(write(fd, buf, 1), ENOSPC);
	CHECK_EQ(read(fd, buf, 10), 10);
	CHECK_EQ(S_ISCHR(mode_of("/dev/urandom")), 1);
	CHECK_EQ(S_ISCHR(mode_of("/dev/tty")), 1);
	CHECK_EQ(S_ISLNK(mode_of("/dev/fd")), 1);
	CHECK_EQ(mode_of("/dev/shm"), S_IFDIR | 01777);
	int pipes[2];
	CHECK_EQ(pipe(pipes), 0);
	snprintf(buf, sizeof(buf), "/dev/fd/%d", pipes[0]);
	CHECK((fd = open(buf, O_RDONLY)) >= 0);
	CHECK_EQ(write(pipes[1], "x", 1), 1);
	CHECK_EQ(read(fd, buf, 10), 1);
	DONE();
}
