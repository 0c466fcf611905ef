/* pipe(2), pipe2(2), pipe(7) */
#include "fs.h"
#include <poll.h>
#include <sys/mman.h>
#include <sys/ioctl.h>

static char big[200000], back[200000];

static void basics(void)
{
	int fd[2], n;
	CHECK_EQ(pipe(fd), 0);
	CHECK_EQ(write(fd[1], "hello", 5), 5);
	CHECK_EQ(write(fd[1], " world", 6), 6);
	CHECK_EQ(ioctl(fd[0], FIONREAD, &n), 0);
	CHECK_EQ(n, 11);
	CHECK_EQ(read(fd[0], back, 3), 3);
	CHECK_EQ(read(fd[0], back + 3, 100), 8);
	CHECK(!memcmp(back, "hello world", 11));
	CHECK_EQ(read(fd[0], back, 0), 0);
	CHECK_ERR(read(fd[1], back, 1), EBADF);
	CHECK_ERR(write(fd[0], back, 1), EBADF);
	CHECK_ERR(write(fd[1], BAD_ADDRESS, 1), EFAULT);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_ERR(read(fd[0], BAD_ADDRESS, 1), EFAULT);
	CHECK_EQ(read(fd[0], back, 10), 1);
	CHECK_EQ(close(fd[1]), 0);
	CHECK_EQ(read(fd[0], back, 1), 0);
	CHECK_EQ(close(fd[0]), 0);
	CHECK_ERR(syscall(SYS_pipe2, fd, 1), EINVAL);
	CHECK_ERR(syscall(SYS_pipe2, BAD_ADDRESS, 0), EFAULT);
	CHECK_EQ(pipe2(fd, O_CLOEXEC | O_NONBLOCK), 0);
	CHECK_EQ(fcntl(fd[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd[1], F_GETFL), O_WRONLY | O_NONBLOCK);
	CHECK_EQ(fcntl(fd[0], F_GETFL), O_RDONLY | O_NONBLOCK);
	close(fd[0]), close(fd[1]);
}

static void nonblocking(void)
{
	int fd[2];
	CHECK_EQ(pipe2(fd, O_NONBLOCK), 0);
	CHECK_ERR(read(fd[0], back, 1), EAGAIN);
	CHECK_EQ(write(fd[1], big, sizeof(big)), 65536);
	CHECK_ERR(write(fd[1], big, 1), EAGAIN);
	CHECK_EQ(read(fd[0], back, 4096), 4096);
	CHECK_EQ(write(fd[1], big, 4096), 4096);
	CHECK_ERR(write(fd[1], big, 4096), EAGAIN);
	CHECK_EQ(fcntl(fd[0], F_GETPIPE_SZ), 65536);
	CHECK_ERR(fcntl(fd[0], F_SETPIPE_SZ, 4096), EBUSY);
	CHECK_EQ(fcntl(fd[0], F_SETPIPE_SZ, 100000), 131072);
	CHECK_EQ(write(fd[1], big, sizeof(big)), 65536);
	CHECK_EQ(read(fd[0], back, sizeof(back)), 131072);
	CHECK_EQ(fcntl(fd[0], F_SETPIPE_SZ, 1), 4096);
	CHECK_EQ(write(fd[1], big, 5000), 4096);
	CHECK_ERR(fcntl(0, F_GETPIPE_SZ + 1000), EINVAL);
	close(fd[0]), close(fd[1]);
}

static int pipe_signals;
static void on_pipe(int sig)
{
	pipe_signals += sig == SIGPIPE;
}

static void broken(void)
{
	int fd[2];
	signal(SIGPIPE, on_pipe);
	CHECK_EQ(pipe(fd), 0);
	close(fd[0]);
	CHECK_ERR(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(pipe_signals, 1);
	close(fd[1]);
}

static void events(void)
{
	int fd[2];
	CHECK_EQ(pipe(fd), 0);
	struct pollfd p[2] = {{fd[0], POLLIN, 0}, {fd[1], POLLOUT, 0}};
	CHECK_EQ(poll(p, 2, 0), 1);
	CHECK_EQ(p[0].revents, 0);
	CHECK_EQ(p[1].revents, POLLOUT);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(poll(p, 2, 0), 2);
	CHECK_EQ(p[0].revents, POLLIN);
	close(fd[1]);
	CHECK_EQ(poll(p, 1, 0), 1);
	CHECK_EQ(p[0].revents, POLLIN | POLLHUP);
	CHECK_EQ(read(fd[0], back, 1), 1);
	CHECK_EQ(poll(p, 1, 0), 1);
	CHECK_EQ(p[0].revents, POLLHUP);
	close(fd[0]);
	CHECK_EQ(pipe(fd), 0);
	close(fd[0]);
	p[1].fd = fd[1];
	CHECK_EQ(poll(p + 1, 1, 0), 1);
	CHECK_EQ(p[1].revents, POLLOUT | POLLERR);
	close(fd[1]);
}

/* Both ends block when they must, and nothing is lost or mixed. */
static void transfer(void)
{
	int fd[2], status;
	size_t got = 0;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 13 + i / 255);
	CHECK_EQ(pipe(fd), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(fd[0]);
		_exit(write(fd[1], big, sizeof(big)) == sizeof(big) ? 0 : 1);
	}
	close(fd[1]);
	for (ssize_t n; (n = read(fd[0], back + got, 3001)) > 0;)
		got += n;
	CHECK_EQ(got, sizeof(big));
	CHECK(!memcmp(big, back, sizeof(big)));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(fd[0]);
}

static void packets(void)
{
	int fd[2];
	CHECK_EQ(pipe2(fd, O_DIRECT), 0);
	CHECK_EQ(write(fd[1], "first", 5), 5);
	CHECK_EQ(write(fd[1], "second", 6), 6);
	CHECK_EQ(read(fd[0], back, 3), 3);
	CHECK_EQ(read(fd[0], back, 100), 6);
	CHECK(!memcmp(back, "second", 6));
	close(fd[0]), close(fd[1]);
}

static void status(void)
{
	int fd[2];
	struct stat st;
	CHECK_EQ(pipe(fd), 0);
	CHECK_EQ(fstat(fd[0], &st), 0);
	CHECK_EQ(st.st_mode, S_IFIFO | 0600);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_ERR(fsync(fd[0]), EINVAL);
	CHECK_ERR(ftruncate(fd[1], 0), EINVAL);
	CHECK_ERR(fchdir(fd[0]), ENOTDIR);
	close(fd[0]), close(fd[1]);
}

/* A read whose memory ends in the middle takes nothing, of packets neither. */
static void half_read(int flags)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd[2];
	CHECK_EQ(munmap(page + 4096, 4096), 0);
	CHECK_EQ(pipe2(fd, O_NONBLOCK | flags), 0);
	CHECK_EQ(write(fd[1], big, 100), 100);
	CHECK_ERR(read(fd[0], page + 4096 - 50, 100), EFAULT);
	CHECK_EQ(read(fd[0], back, 200), 100);
	CHECK_ERR(read(fd[0], back, 200), EAGAIN);
	close(fd[0]), close(fd[1]);
	munmap(page, 4096);
}

int main(void)
{
	basics();
	half_read(0);
	half_read(O_DIRECT);
	nonblocking();
	broken();
	events();
	transfer();
	packets();
	status();
	DONE();
}
