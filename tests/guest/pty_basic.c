/* Pseudoterminals: opening, locking, closing. pty(7), ptmx(4), pts(4) */
#include "pty.h"

#include <sys/sysmacros.h>

static void names(void)
{
	char name[64];
	struct stat st;
	int n, m, on = 1, lock, master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	CHECK(master >= 0);
	CHECK_EQ(ioctl(master, TIOCGPTN, &n), 0);
	CHECK_ERR(ioctl(master, TIOCGPTN, BAD_ADDRESS), EFAULT);
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	CHECK_EQ(stat(name, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(major(st.st_rdev), 136);
	CHECK_EQ(minor(st.st_rdev) == (unsigned)n, 1);
	CHECK_EQ(ioctl(master, TIOCGPTLCK, &lock), 0);
	SHOW(lock);
	CHECK_ERR(open(name, O_RDWR | O_NOCTTY), EIO);
	lock = 0;
	CHECK_EQ(ioctl(master, TIOCSPTLCK, &lock), 0);
	CHECK_ERR(ioctl(master, TIOCSPTLCK, BAD_ADDRESS), EFAULT);
	int slave = open(name, O_RDWR | O_NOCTTY);
	CHECK(slave >= 0);
	CHECK_EQ(isatty(slave), 1);
	CHECK_EQ(isatty(master), 1);
	CHECK_EQ(ttyname(slave) && strcmp(ttyname(slave), name) == 0, 1);
	CHECK_ERR(ioctl(slave, TIOCGPTN, &n), ENOTTY);
	CHECK_ERR(ioctl(slave, TIOCSPTLCK, &on), ENOTTY);
	CHECK_ERR(ioctl(master, 0x5499, 0), ENOTTY);
	CHECK_ERR(lseek(slave, 0, SEEK_SET), ESPIPE);
	int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	CHECK(peer >= 0);
	CHECK_EQ(write(peer, "p", 1), 1);
	show_output("through the peer", master, slave);
	/* another pair has another number */
	int second = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	CHECK_EQ(ioctl(second, TIOCGPTN, &m), 0);
	CHECK(m != n);
	close(second);
	close(peer);
	close(slave);
	close(master);
	CHECK_ERR(stat(name, &st), ENOENT);
	CHECK_ERR(open(name, O_RDWR), ENOENT);
}

static void data(void)
{
	int slave, n, master = pty_open(&slave);
	CHECK_EQ(write(slave, "out\n", 4), 4);
	show_output("master", master, slave);
	CHECK_EQ(ioctl(master, FIONREAD, &n), 0);
	SHOW(n);
	type(master, "in\n");
	SHOW(wait_for(slave, POLLIN));
	show_output("echo", master, slave);
	CHECK_EQ(ioctl(slave, FIONREAD, &n), 0);
	SHOW(n);
	show_read("slave", slave);
	CHECK_EQ(write(slave, "", 0), 0);
	CHECK_ERR(write(slave, BAD_ADDRESS, 5), EFAULT);
	CHECK_ERR(write(master, BAD_ADDRESS, 5), EFAULT);
	SHOW(ready(master));
	SHOW(ready(slave));
	fcntl(master, F_SETFL, O_NONBLOCK);
	fcntl(slave, F_SETFL, O_NONBLOCK);
	CHECK_ERR(read(master, &n, 1), EAGAIN);
	CHECK_ERR(read(slave, &n, 1), EAGAIN);
	CHECK_EQ(read(slave, &n, 0), 0);
	close(slave);
	close(master);
}

static void closing(void)
{
	int slave, c, master = pty_open(&slave);
	CHECK_EQ(write(slave, "last", 4), 4);
	close(slave);
	SHOW(ready(master) & POLLHUP);
	show_read("rest", master);
	show_read("then", master);
	SHOW(ready(master) & (POLLIN | POLLHUP));
	/* opened again, it lives again */
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	CHECK(slave >= 0);
	SHOW(ready(master) & (POLLIN | POLLHUP));
	type(master, "x\n");
	show_read("slave", slave);
	type(master, "lost\n");
	close(master);
	CHECK_EQ(read(slave, &c, 1), 0);
	CHECK_ERR(write(slave, "x", 1), EIO);
	SHOW(ready(slave) & (POLLIN | POLLHUP | POLLERR));
	struct termios t;
	CHECK_ERR(ioctl(slave, TCGETS, &t), EIO);
	close(slave);
}

static void packet_mode(void)
{
	int slave, on = 1, get = 0, master = pty_open(&slave);
	CHECK_EQ(ioctl(master, TIOCPKT, &on), 0);
	CHECK_EQ(ioctl(master, TIOCGPKT, &get), 0);
	SHOW(get);
	CHECK_EQ(write(slave, "hello", 5), 5);
	show_read("data", master);
	CHECK_EQ(tcflush(slave, TCIOFLUSH), 0);
	SHOW(ready(master) & (POLLIN | POLLPRI));
	show_read("flushed", master);
	CHECK_EQ(tcflow(slave, TCOOFF), 0);
	show_read("stopped", master);
	CHECK_EQ(tcflow(slave, TCOON), 0);
	show_read("started", master);
	on = 0;
	CHECK_EQ(ioctl(master, TIOCPKT, &on), 0);
	CHECK_EQ(write(slave, "plain", 5), 5);
	show_read("data", master);
	CHECK_ERR(ioctl(slave, TIOCPKT, &on), ENOTTY);
	close(slave);
	close(master);
}

/* More than the line holds: the writer waits for the reader. */
static void volume(void)
{
	static char buf[200000], got[200000];
	int slave, status, master = pty_open(&slave);
	struct termios t;
	size_t sum = 0;
	tcgetattr(slave, &t);
	cfmakeraw(&t);
	tcsetattr(slave, TCSANOW, &t);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = i * 7 + i / 1000;
	pid_t child = fork();
	if (child == 0)
		_exit(write(slave, buf, sizeof(buf)) != sizeof(buf));
	while (sum < sizeof(got)) {
		ssize_t n = read(master, got + sum, sizeof(got) - sum);
		if (n <= 0)
			break;
		sum += n;
	}
	CHECK_EQ(sum, sizeof(buf));
	CHECK_EQ(memcmp(buf, got, sizeof(buf)), 0);
	waitpid(child, &status, 0);
	SHOW(status);
	child = fork();
	if (child == 0)
		_exit(write(master, buf, sizeof(buf)) != sizeof(buf));
	memset(got, 0, sizeof(got));
	for (sum = 0; sum < sizeof(got);) {
		ssize_t n = read(slave, got + sum, sizeof(got) - sum);
		if (n <= 0)
			break;
		sum += n;
	}
	CHECK_EQ(sum, sizeof(buf));
	CHECK_EQ(memcmp(buf, got, sizeof(buf)), 0);
	waitpid(child, &status, 0);
	SHOW(status);
	close(slave);
	close(master);
}

/* Only ptys change what /dev/pts holds. */
static void sealed(void)
{
	CHECK_ERR(mkdir("/dev/pts/dir", 0755), EPERM);
	CHECK_ERR(open("/dev/pts/file", O_CREAT | O_WRONLY, 0644), EACCES);
	CHECK_ERR(symlink("a", "/dev/pts/link"), EPERM);
	CHECK_ERR(rename("/dev/pts/ptmx", "/dev/pts/other"), EPERM);
	CHECK_ERR(unlink("/dev/pts/ptmx"), EPERM);
	CHECK_ERR(mkfifo("/dev/pts/fifo", 0644), EPERM);
	CHECK_ERR(rmdir("/dev/pts/none"), ENOENT);
}

int main(void)
{
	names();
	sealed();
	data();
	closing();
	packet_mode();
	volume();
	DONE();
}
