/* Canonical input: what is typed, what is read, what is echoed. termios(3) */
#include "pty.h"

static int master, slave;

static void line(const char *text)
{
	type(master, text);
	show_read("read", slave);
	show_output("echo", master, slave);
}

static void change(tcflag_t *field, struct termios *t, tcflag_t off, tcflag_t on)
{
	*field = (*field & ~off) | on;
	tcsetattr(slave, TCSANOW, t);
}

int main(void)
{
	struct termios t;
	char c[8];
	int n;

	master = pty_open(&slave);
	line("plain\n");
	line("carriage return\r");
	line("erase\177\177d\n");
	line("kill\025again\n");
	line("word one two\027three\n");
	line("tab\t\177x\n");
	line("control \001\177y\n");
	line("literal \026\003\026\177\n");
	line("reprint\022ed\n");
	line("end of file\004");
	type(master, "\004");
	CHECK_EQ(read(slave, c, 1), 0);
	show_output("no echo", master, slave);
	/* one line a read, long lines in pieces */
	type(master, "abc\ndef\n");
	wait_for(slave, POLLIN);
	show_output("echo", master, slave);
	CHECK_EQ(read(slave, c, 2), 2);
	CHECK_EQ(ioctl(slave, FIONREAD, &n), 0);
	SHOW(n);
	show_read("rest of the line", slave);
	show_read("next line", slave);
	/* settings */
	tcgetattr(slave, &t);
	change(&t.c_lflag, &t, ECHO, 0);
	type(master, "secret\n");
	show_read("read", slave);
	change(&t.c_lflag, &t, 0, ECHONL);
	line("secret\n");
	change(&t.c_lflag, &t, ECHONL, ECHO);
	change(&t.c_lflag, &t, ECHOCTL, 0);
	line("no caret \001\n");
	change(&t.c_lflag, &t, ECHOKE, ECHOCTL);
	line("kill\025anew\n");
	change(&t.c_lflag, &t, ECHOE, ECHOKE);
	line("noe\177\n");
	change(&t.c_lflag, &t, 0, ECHOE);
	t.c_cc[VEOL] = ';';
	change(&t.c_iflag, &t, 0, 0);
	line("part;");
	change(&t.c_iflag, &t, ICRNL, IGNCR);
	line("ig\rnored\n");
	change(&t.c_iflag, &t, IGNCR, 0);
	line("kept\rcr\n");
	change(&t.c_iflag, &t, 0, ICRNL | ISTRIP);
	line("\341\342\n");
	change(&t.c_iflag, &t, ISTRIP, IUTF8);
	line("\303\244\177x\n");
	change(&t.c_oflag, &t, OPOST, 0);
	line("no opost\n");
	change(&t.c_oflag, &t, 0, OPOST | XTABS);
	CHECK_EQ(write(slave, "\rab\tc\n", 6), 6);
	show_output("tabs", master, slave);
	change(&t.c_oflag, &t, ONLCR, OCRNL);
	CHECK_EQ(write(slave, "a\rb\n", 4), 4);
	show_output("ocrnl", master, slave);
	/* queues */
	change(&t.c_oflag, &t, OCRNL, ONLCR);
	type(master, "to be flushed\n");
	wait_for(slave, POLLIN);
	show_output("echo", master, slave);
	CHECK_EQ(tcflush(slave, TCIFLUSH), 0);
	CHECK_EQ(ioctl(slave, FIONREAD, &n), 0);
	SHOW(n);
	CHECK_ERR(tcflush(slave, 77), EINVAL);
	CHECK_ERR(tcflow(slave, 77), EINVAL);
	CHECK_EQ(tcdrain(slave) == 0 || errno == EINTR, 1);
	/* TCSETSF forgets input, a partial line becomes readable in raw mode */
	type(master, "x\n");
	wait_for(slave, POLLIN);
	show_output("echo", master, slave);
	CHECK_EQ(tcsetattr(slave, TCSAFLUSH, &t), 0);
	CHECK_EQ(ioctl(slave, FIONREAD, &n), 0);
	SHOW(n);
	tcflush(master, TCIFLUSH);
	DONE();
}
