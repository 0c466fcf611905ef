/* fallocate(2) with FALLOC_FL_ZERO_RANGE. The tmpfs of Linux has none: this one runs only where /tmp is on a disk file system. */
#include "test.h"

#define KEEP_SIZE 1 /* <linux/falloc.h>, which musl does not have */
#define ZERO_RANGE 16

int main(void)
{
	char buf[8192];
	struct stat st;
	int fd = open("f", O_CREAT | O_RDWR, 0600);

	memset(buf, 'y', sizeof(buf));
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(fallocate(fd, ZERO_RANGE, 5000, 5000), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	SHOW(st.st_size);
	CHECK_EQ(pread(fd, buf, sizeof(buf), 4999), 5001);
	CHECK(buf[0] == 'y' && !memchr(buf + 1, 'y', 5000));
	CHECK_EQ(fallocate(fd, ZERO_RANGE | KEEP_SIZE, 9000, 9000), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	SHOW(st.st_size);
	CHECK_ERR(fallocate(fd, ZERO_RANGE, 0, 0), EINVAL);
	CHECK_ERR(fallocate(fd, ZERO_RANGE | 2 | KEEP_SIZE, 0, 10), EOPNOTSUPP);
	unlink("f");
	DONE();
}
