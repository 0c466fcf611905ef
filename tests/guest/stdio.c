/* Standard input, output and error as a program finds them. */
#include "test.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

static void input(void)
{
	char c[16];
	struct pollfd p = {.fd = 0, .events = POLLIN};
	CHECK_EQ(fcntl(0, F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(fcntl(0, F_GETFD), 0);
	CHECK_EQ(isatty(0), 0);
	CHECK_EQ(read(0, c, 0), 0);
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(read(0, c, sizeof(c)), 0);
	CHECK_EQ(read(0, c, sizeof(c)), 0); /* an end of file stays one */
	struct iovec v[2] = {{c, 4}, {c + 4, 4}};
	CHECK_EQ(readv(0, v, 2), 0);
	CHECK_EQ(fcntl(0, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(read(0, c, 1), 0);
	CHECK_ERR(write(0, c, 1), EBADF);
}

static void output(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	static char spaces[70000];
	say("descriptor %d", fd);
	CHECK_EQ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY, 1);
	CHECK_EQ(isatty(fd), 0);
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLOUT);
	CHECK_EQ(write(fd, "", 0), 0);
	CHECK_ERR(write(fd, BAD_ADDRESS, 5), EFAULT);
	CHECK_ERR(read(fd, spaces, 1), EBADF);
	struct iovec v[3] = {{"one ", 4}, {"", 0}, {"two\n", 4}};
	CHECK_EQ(writev(fd, v, 3), 8);
	memset(spaces, ' ', sizeof(spaces));
	spaces[sizeof(spaces) - 1] = '\n';
	CHECK_EQ(write(fd, spaces, sizeof(spaces)), sizeof(spaces));
	int copy = dup(fd);
	CHECK_EQ(write(copy, "copy\n", 5), 5);
	CHECK_EQ(close(copy), 0);
	CHECK_EQ(write(fd, "still\n", 6), 6);
	/* what is mapped of it is written */
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 4096, 4096);
	memcpy(page + 4091, "end.\n", 5);
	long n = write(fd, page + 4091, 10);
	CHECK_EQ(n == 5 || (n == -1 && errno == EFAULT), 1);
}

/* Several processes write one stream: lines stay whole and none is lost. */
static void together(void)
{
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			for (int k = 0; k < 50; k++)
				if (write(2, "x\n", 2) != 2)
					_exit(1);
			_exit(0);
		}
	}
	int status, bad = 0;
	while (wait(&status) > 0)
		bad += status != 0;
	SHOW(bad);
}

int main(void)
{
	input();
	output(1);
	output(2);
	together();
	DONE();
}
