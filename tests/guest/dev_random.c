/* /dev/random and /dev/urandom: random(4) */
#include "test.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

/* <linux/random.h> */
#define RNDGETENTCNT _IOR(0x52, 0, int)

static unsigned char a[4096], b[4096];

static void device(const char *name, unsigned int minor_number)
{
	struct stat st;
	int count, fd = open(name, O_RDWR);
	say("%s", name);
	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_mode & 0777, 0666);
	CHECK_EQ(major(st.st_rdev), 1);
	CHECK_EQ(minor(st.st_rdev) == minor_number, 1);
	CHECK_EQ(read(fd, a, 0), 0);
	CHECK_EQ(read(fd, a, sizeof(a)), sizeof(a));
	CHECK_EQ(read(fd, b, sizeof(b)), sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	CHECK_ERR(read(fd, BAD_ADDRESS, 10), EFAULT);
	CHECK_EQ(write(fd, a, 100), 100);
	CHECK_ERR(write(fd, BAD_ADDRESS, 10), EFAULT);
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 0);
	CHECK_EQ(ioctl(fd, RNDGETENTCNT, &count), 0);
	SHOW(count);
	CHECK_ERR(ioctl(fd, RNDGETENTCNT, BAD_ADDRESS), EFAULT);
	CHECK_ERR(ioctl(fd, 0x5201, 0), EINVAL);
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
	CHECK_EQ(poll(&p, 1, 0), 1);
	SHOW(p.revents);
	CHECK_EQ(close(fd), 0);
}

int main(void)
{
	device("/dev/random", 8);
	device("/dev/urandom", 9);
	DONE();
}
