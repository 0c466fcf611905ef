/* A pseudoterminal pair for the tests. */
#ifndef TESTS_GUEST_PTY_H
#define TESTS_GUEST_PTY_H

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "test.h"

/* Open a pair: the master's descriptor; the slave's in *slave (no controlling terminal). */
static int pty_open(int *slave)
{
	char name[64];
	int number, zero = 0, master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (master < 0 || ioctl(master, TIOCGPTN, &number) || ioctl(master, TIOCSPTLCK, &zero)) {
		say("FAIL no pseudoterminal (errno %d)", errno);
		exit(1);
	}
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	*slave = open(name, O_RDWR | O_NOCTTY);
	if (*slave < 0) {
		say("FAIL no slave (errno %d)", errno);
		exit(1);
	}
	return master;
}

__attribute__((unused)) static void show_bytes(const char *what, const unsigned char *buf, int n)
{
	char text[1024];
	int at = 0;
	for (int i = 0; i < n; i++)
		at += sprintf(text + at, buf[i] < 32 || buf[i] > 126 ? "\\%03o" : "%c", buf[i]);
	text[at] = '\0';
	say("     %s: %d \"%s\"", what, n, text);
}

/* Print what one read from fd gives, control characters made visible. */
__attribute__((unused)) static void show_read(const char *what, int fd)
{
	unsigned char buf[256];
	int n = read(fd, buf, sizeof(buf));
	if (n < 0)
		say("     %s: errno %d", what, errno);
	else
		show_bytes(what, buf, n);
}

/* Print what the slave has sent to the master so far: on Linux it may come in pieces, so a mark is sent behind it. */
__attribute__((unused)) static void show_output(const char *what, int master, int slave)
{
	unsigned char buf[256];
	int n = 0;
	if (write(slave, "|", 1) != 1)
		say("FAIL mark (errno %d)", errno);
	while (n < (int)sizeof(buf) && read(master, buf + n, 1) == 1 && buf[n] != '|')
		n++;
	show_bytes(what, buf, n);
}

/* Events ready on fd now. */
__attribute__((unused)) static int ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI};
	poll(&p, 1, 0);
	return p.revents;
}

__attribute__((unused)) static void type(int master, const char *text)
{
	if (write(master, text, strlen(text)) != (ssize_t)strlen(text))
		say("FAIL typing (errno %d)", errno);
}

/* Wait for events on fd: on Linux what the other side wrote arrives a little later. */
__attribute__((unused)) static int wait_for(int fd, int events)
{
	struct pollfd p = {.fd = fd, .events = events};
	return poll(&p, 1, 10000) == 1 ? p.revents : 0;
}

__attribute__((unused)) static void set_flags(int fd, tcflag_t lflag_off, tcflag_t lflag_on, int min, int time)
{
	struct termios t;
	tcgetattr(fd, &t);
	t.c_lflag = (t.c_lflag & ~lflag_off) | lflag_on;
	t.c_cc[VMIN] = min;
	t.c_cc[VTIME] = time;
	tcsetattr(fd, TCSANOW, &t);
}

#endif
