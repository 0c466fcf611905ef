/* memfd_create(2), file seals (fcntl(2)) */
#include "fs.h"

#ifndef SYS_memfd_create
#define SYS_memfd_create 319
#endif
#define MEMFD(name, flags) syscall(SYS_memfd_create, name, flags)

int main(void)
{
	char name[300];
	struct stat st;
	int fd;
	CHECK((fd = MEMFD("test", 3)) >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0777);
	CHECK_EQ(write(fd, "contents", 8), 8);
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED && !memcmp(map, "contents", 8));
	map[0] = 'C';
	CHECK_EQ(pread(fd, name, 8, 0), 8);
	CHECK(!memcmp(name, "Contents", 8));
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_EQ(munmap(map, 4096), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	CHECK_ERR(ftruncate(fd, 1), EPERM);
	CHECK_EQ(ftruncate(fd, 100), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	CHECK_ERR(ftruncate(fd, 101), EPERM);
	CHECK_ERR(pwrite(fd, "x", 1, 100), EPERM);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL), 0);
	CHECK_ERR(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_EQ(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED, 1);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	CHECK((fd = MEMFD("", 0)) >= 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	int pipes[2];
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(fcntl(pipes[1], F_ADD_SEALS, F_SEAL_GROW), EINVAL);
	CHECK_ERR(fcntl(pipes[1], F_GET_SEALS), EINVAL);
	CHECK_ERR(MEMFD("x", 0x8000), EINVAL);
	CHECK_ERR(MEMFD(BAD_ADDRESS, 0), EFAULT);
	CHECK(MEMFD(long_name(name, 249), 0) >= 0);
	CHECK_ERR(MEMFD(long_name(name, 250), 0), EINVAL);
	DONE();
}
