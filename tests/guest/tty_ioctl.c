/* Terminal ioctls: tty_ioctl(4) */
#include "pty.h"

/* <asm/ioctls.h> */
#define TCGETS2 0x802c542a
#define TCSETS2 0x402c542b

struct kernel_termios {
	unsigned int iflag, oflag, cflag, lflag;
	unsigned char line, cc[19];
	unsigned int ispeed, ospeed;
};

static int master, slave;

static void show_settings(const char *what, int fd)
{
	struct kernel_termios t;
	memset(&t, 0xee, sizeof(t));
	CHECK_EQ(syscall(SYS_ioctl, fd, TCGETS, &t), 0);
	say("     %s: %o %o %o %o %d", what, t.iflag, t.oflag, t.cflag, t.lflag, t.line);
	for (int i = 0; i < 17; i++)
		say("     cc[%d] = %d", i, t.cc[i]);
	CHECK_EQ(t.ispeed, 0xeeeeeeee); /* TCGETS is the short one */
}

static void settings(void)
{
	struct kernel_termios t;
	show_settings("slave", slave);
	show_settings("master", master);
	CHECK_EQ(syscall(SYS_ioctl, slave, TCGETS2, &t), 0);
	SHOW(t.ispeed);
	SHOW(t.ospeed);
	t.lflag &= ~ECHO;
	t.cc[VMIN] = 9;
	CHECK_EQ(syscall(SYS_ioctl, slave, TCSETS2, &t), 0);
	CHECK_EQ(syscall(SYS_ioctl, slave, TCGETS, &t), 0);
	CHECK_EQ(t.lflag & ECHO, 0);
	SHOW(t.cc[VMIN]);
	/* through the master, the slave's change */
	t.lflag |= ECHO;
	CHECK_EQ(syscall(SYS_ioctl, master, TCSETSW, &t), 0);
	CHECK_EQ(syscall(SYS_ioctl, slave, TCGETS, &t), 0);
	CHECK_EQ(!!(t.lflag & ECHO), 1);
	struct {
		unsigned short iflag, oflag, cflag, lflag;
		unsigned char line, cc[8];
	} old;
	CHECK_EQ(syscall(SYS_ioctl, slave, TCGETA, &old), 0);
	say("     %o %o %o %o", old.iflag, old.oflag, old.cflag, old.lflag);
	old.lflag &= ~ICANON;
	CHECK_EQ(syscall(SYS_ioctl, slave, TCSETA, &old), 0);
	CHECK_EQ(syscall(SYS_ioctl, slave, TCGETS, &t), 0);
	CHECK_EQ(t.lflag & ICANON, 0);
	static const unsigned int calls[] = {TCGETS, TCSETS, TCSETSW, TCSETSF, TCGETA, TCSETA, TCGETS2, TCSETS2};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		CHECK_ERR(syscall(SYS_ioctl, slave, calls[i], BAD_ADDRESS), EFAULT);
}

static void sizes(void)
{
	struct winsize w = {1, 2, 3, 4}, r;
	CHECK_EQ(ioctl(slave, TIOCGWINSZ, &r), 0);
	say("     %d %d %d %d", r.ws_row, r.ws_col, r.ws_xpixel, r.ws_ypixel);
	CHECK_EQ(ioctl(master, TIOCSWINSZ, &w), 0);
	CHECK_EQ(ioctl(slave, TIOCGWINSZ, &r), 0);
	say("     %d %d %d %d", r.ws_row, r.ws_col, r.ws_xpixel, r.ws_ypixel);
	CHECK_ERR(ioctl(slave, TIOCGWINSZ, BAD_ADDRESS), EFAULT);
	CHECK_ERR(ioctl(slave, TIOCSWINSZ, BAD_ADDRESS), EFAULT);
}

static void others(void)
{
	int n = 77;
	CHECK_EQ(ioctl(slave, TIOCGETD, &n), 0);
	SHOW(n);
	CHECK_EQ(ioctl(slave, TIOCOUTQ, &n), 0);
	SHOW(n);
	CHECK_EQ(ioctl(slave, FIONREAD, &n), 0);
	SHOW(n);
	CHECK_ERR(ioctl(slave, FIONREAD, BAD_ADDRESS), EFAULT);
	CHECK_EQ(ioctl(slave, TIOCGEXCL, &n), 0);
	SHOW(n);
	CHECK_EQ(ioctl(slave, TIOCEXCL), 0);
	CHECK_EQ(ioctl(slave, TIOCGEXCL, &n), 0);
	SHOW(n);
	CHECK_EQ(ioctl(slave, TIOCNXCL), 0);
	CHECK_EQ(ioctl(slave, TCSBRK, 1), 0);
	n = 1;
	CHECK_EQ(ioctl(slave, FIONBIO, &n), 0);
	CHECK_EQ(!!(fcntl(slave, F_GETFL) & O_NONBLOCK), 1);
	CHECK_ERR(ioctl(slave, 0x54fe, &n), ENOTTY);
	/* no controlling terminal here */
	CHECK_ERR(ioctl(slave, TIOCGPGRP, &n), ENOTTY);
	CHECK_ERR(ioctl(slave, TIOCSPGRP, &n), ENOTTY);
	CHECK_ERR(ioctl(slave, TIOCGSID, &n), ENOTTY);
	CHECK_ERR(ioctl(slave, TIOCNOTTY), ENOTTY);
	/* and no terminal at all */
	int fd[2];
	struct termios t;
	CHECK_EQ(pipe(fd), 0);
	CHECK_ERR(ioctl(fd[0], TCGETS, &t), ENOTTY);
	CHECK_ERR(ioctl(fd[0], TIOCGWINSZ, &t), ENOTTY);
	CHECK_ERR(ioctl(fd[0], TIOCGPGRP, &n), ENOTTY);
	int null = open("/dev/null", O_RDWR);
	CHECK_ERR(ioctl(null, TCGETS, &t), ENOTTY);
	CHECK_EQ(isatty(null), 0);
	CHECK_ERR(ioctl(99, TCGETS, &t), EBADF);
}

int main(void)
{
	master = pty_open(&slave);
	settings();
	sizes();
	others();
	DONE();
}
