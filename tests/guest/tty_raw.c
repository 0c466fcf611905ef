/* Non-canonical input: VMIN and VTIME. termios(3) */
#include "pty.h"

static int master, slave;

int main(void)
{
	char buf[16];
	master = pty_open(&slave);
	set_flags(slave, ICANON | ECHO, 0, 1, 0);
	type(master, "ab\003\004");
	SHOW(wait_for(slave, POLLIN));
	/* ISIG is still on: the queue went with the signal character */
	show_read("after INTR", slave);
	set_flags(slave, ISIG, 0, 1, 0);
	type(master, "a\003\032\004\177");
	SHOW(wait_for(slave, POLLIN));
	show_read("raw", slave);
	set_flags(slave, 0, 0, 3, 0);
	type(master, "12");
	SHOW(ready(slave) & POLLIN);
	type(master, "3");
	SHOW(wait_for(slave, POLLIN));
	show_read("three", slave);
	type(master, "12345");
	SHOW(wait_for(slave, POLLIN));
	CHECK_EQ(read(slave, buf, 2), 2);
	show_read("rest", slave);
	/* a read for less than VMIN is content with less */
	type(master, "z");
	CHECK_EQ(read(slave, buf, 1), 1);
	/* nothing to wait for */
	set_flags(slave, 0, 0, 0, 0);
	CHECK_EQ(read(slave, buf, 5), 0);
	type(master, "q");
	SHOW(wait_for(slave, POLLIN));
	CHECK_EQ(read(slave, buf, 5), 1);
	/* a time limit for the first byte */
	set_flags(slave, 0, 0, 0, 1);
	CHECK_EQ(read(slave, buf, 5), 0);
	type(master, "q");
	SHOW(wait_for(slave, POLLIN));
	CHECK_EQ(read(slave, buf, 5), 1);
	/* a time limit between bytes */
	set_flags(slave, 0, 0, 5, 1);
	type(master, "xy");
	CHECK_EQ(read(slave, buf, 5), 2);
	fcntl(slave, F_SETFL, O_NONBLOCK);
	set_flags(slave, 0, 0, 1, 0);
	CHECK_ERR(read(slave, buf, 5), EAGAIN);
	type(master, "n");
	SHOW(wait_for(slave, POLLIN));
	CHECK_EQ(read(slave, buf, 5), 1);
	/* from raw to lines and back */
	type(master, "part");
	SHOW(wait_for(slave, POLLIN));
	set_flags(slave, 0, ICANON, 1, 0);
	type(master, "ial\n");
	show_read("line", slave);
	SHOW(wait_for(slave, POLLIN));
	show_read("second", slave);
	type(master, "half");
	CHECK_ERR(read(slave, buf, 5), EAGAIN);
	set_flags(slave, ICANON, 0, 1, 0);
	SHOW(wait_for(slave, POLLIN));
	show_read("half", slave);
	/* flow control */
	set_flags(slave, 0, 0, 1, 0);
	type(master, "\023");
	while (ready(slave) & POLLOUT)
		usleep(1000);
	CHECK_ERR(write(slave, "x", 1), EAGAIN);
	SHOW(ready(slave) & POLLOUT);
	type(master, "\021");
	SHOW(wait_for(slave, POLLOUT));
	CHECK_EQ(write(slave, "x", 1), 1);
	show_read("let go", master);
	CHECK_EQ(tcflow(slave, TCOOFF), 0);
	CHECK_ERR(write(slave, "x", 1), EAGAIN);
	CHECK_EQ(tcflow(slave, TCOON), 0);
	CHECK_EQ(tcflow(slave, TCIOFF), 0);
	show_read("stop sent", master);
	CHECK_EQ(tcflow(slave, TCION), 0);
	show_read("start sent", master);
	DONE();
}
