/* Controlling terminals and job control: credentials(7), tty_ioctl(4), tcsetpgrp(3) */
#include "pty.h"

static int master, slave;

static int in_session(int (*fn)(void))
{
	int status = -1;
	pid_t child = fork();
	if (child == 0) {
		setsid();
		_exit(fn());
	}
	waitpid(child, &status, 0);
	return status;
}

static int acquire(void)
{
	int n;
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0);
	CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0); /* once more is no error */
	CHECK_EQ(tcgetsid(slave) == getpid(), 1);
	CHECK_EQ(tcgetpgrp(slave) == getpid(), 1);
	CHECK_EQ(tcgetpgrp(master) == getpid(), 1);
	int tty = open("/dev/tty", O_RDWR);
	CHECK(tty >= 0);
	CHECK_EQ(write(tty, "via tty", 7), 7);
	show_read("master", master);
	CHECK_EQ(tcgetpgrp(tty) == getpid(), 1);
	n = -1;
	CHECK_ERR(ioctl(slave, TIOCSPGRP, &n), EINVAL);
	n = 0x7fffffff;
	CHECK_ERR(ioctl(slave, TIOCSPGRP, &n), ESRCH);
	n = 1; /* another session's */
	CHECK_EQ(ioctl(slave, TIOCSPGRP, &n) == -1 && (errno == EPERM || errno == ESRCH), 1);
	CHECK_ERR(ioctl(slave, TIOCSPGRP, BAD_ADDRESS), EFAULT);
	CHECK_ERR(ioctl(slave, TIOCGPGRP, BAD_ADDRESS), EFAULT);
	/* a second terminal is one too many */
	int slave2, master2 = pty_open(&slave2);
	CHECK_ERR(ioctl(slave2, TIOCSCTTY, 0), EPERM);
	close(slave2);
	close(master2);
	/* a child, no leader, may not take it */
	pid_t child = fork();
	if (child == 0)
		_exit(ioctl(slave, TIOCSCTTY, 0) == -1 && errno == EPERM ? 0 : 1);
	waitpid(child, &n, 0);
	SHOW(n);
	signal(SIGHUP, SIG_IGN);
	CHECK_EQ(ioctl(slave, TIOCNOTTY), 0);
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_ERR(tcgetpgrp(slave) == -1 ? -1 : 0, ENOTTY);
	return test_failures != 0;
}

/* open(2) without O_NOCTTY takes the terminal, with it not */
static int by_open(void)
{
	char name[64];
	int n, fd;
	ioctl(master, TIOCGPTN, &n);
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	fd = open(name, O_RDWR | O_NOCTTY);
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	close(fd);
	fd = open(name, O_RDWR);
	CHECK(open("/dev/tty", O_RDWR) >= 0);
	CHECK_EQ(tcgetpgrp(fd) == getpid(), 1);
	return test_failures != 0;
}

static volatile sig_atomic_t got;

static void note(int sig)
{
	got = sig;
}

static void catch(int sig)
{
	struct sigaction sa = {.sa_handler = note};
	sigaction(sig, &sa, NULL);
}

/* Wait for a signal and print it. */
static void show_signal(void)
{
	for (int i = 0; i < 10000 && !got; i++)
		usleep(1000);
	SHOW(got);
	got = 0;
}

static pid_t background(int (*fn)(void))
{
	int go[2];
	char c;
	pipe(go);
	pid_t child = fork();
	if (child == 0) {
		setpgid(0, 0);
		close(go[1]);
		read(go[0], &c, 1);
		_exit(fn());
	}
	setpgid(child, child);
	close(go[0]);
	close(go[1]);
	return child;
}

static int reader(void)
{
	char c;
	return read(slave, &c, 1) == 1 ? c : 100 + errno;
}

static int writer(void)
{
	return write(slave, "b", 1) == 1 ? 0 : 100 + errno;
}

static int setter(void)
{
	struct termios t;
	tcgetattr(slave, &t);
	return tcsetattr(slave, TCSANOW, &t) ? 100 + errno : 0;
}

static int ignoring_setter(void)
{
	signal(SIGTTOU, SIG_IGN);
	return setter();
}

static int ignoring_reader(void)
{
	signal(SIGTTIN, SIG_IGN);
	return reader();
}

static int taker(void)
{
	signal(SIGTTOU, SIG_IGN);
	return tcsetpgrp(slave, getpid()) ? 100 + errno : 0;
}

static void stopped_by(pid_t child)
{
	int status;
	waitpid(child, &status, WUNTRACED);
	say("     stopped %d by %d", WIFSTOPPED(status), WIFSTOPPED(status) ? WSTOPSIG(status) : status);
}

static void ends(pid_t child)
{
	int status;
	waitpid(child, &status, 0);
	say("     ends with %d %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static int jobs(void)
{
	struct winsize w = {10, 20, 0, 0};
	ioctl(slave, TIOCSCTTY, 0);
	signal(SIGTTOU, SIG_IGN);
	/* a reader in the background stops; in the foreground it goes on */
	pid_t child = background(reader);
	stopped_by(child);
	CHECK_EQ(tcsetpgrp(slave, child), 0);
	kill(child, SIGCONT);
	type(master, "R\n");
	ends(child);
	CHECK_EQ(tcgetpgrp(slave) == child, 1);
	CHECK_EQ(tcsetpgrp(slave, getpid()), 0);
	tcflush(slave, TCIFLUSH);
	ends(background(ignoring_reader));
	/* writing is free, unless TOSTOP; changing settings never is */
	ends(background(writer));
	set_flags(slave, 0, TOSTOP, 1, 0);
	signal(SIGTTOU, SIG_DFL);
	child = background(writer);
	stopped_by(child);
	kill(child, SIGKILL);
	ends(child);
	set_flags(slave, TOSTOP, 0, 1, 0);
	child = background(setter);
	stopped_by(child);
	signal(SIGTTOU, SIG_IGN);
	kill(child, SIGKILL);
	ends(child);
	ends(background(ignoring_setter));
	ends(background(taker));
	CHECK_EQ(tcsetpgrp(slave, getpid()), 0);
	/* keys and sizes reach the foreground */
	catch(SIGINT), catch(SIGQUIT), catch(SIGTSTP), catch(SIGWINCH);
	type(master, "\003");
	show_signal();
	type(master, "\034");
	show_signal();
	type(master, "\032");
	show_signal();
	CHECK_EQ(ioctl(master, TIOCSWINSZ, &w), 0);
	show_signal();
	CHECK_EQ(ioctl(master, TIOCSWINSZ, &w), 0); /* no change, no signal */
	SHOW(got);
	CHECK_EQ(ioctl(master, TIOCSIG, SIGINT), 0);
	show_signal();
	CHECK_ERR(ioctl(master, TIOCSIG, SIGKILL), EINVAL);
	return test_failures != 0;
}

/* An interrupted read says so. */
static int interrupted(void)
{
	char c;
	ioctl(slave, TIOCSCTTY, 0);
	catch(SIGINT);
	pid_t me = getpid(), child = fork();
	if (child == 0) {
		while (kill(me, 0) == 0) {
			type(master, "\003");
			usleep(20000);
		}
		_exit(0);
	}
	CHECK_ERR(read(slave, &c, 1), EINTR);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return test_failures != 0;
}

/* The master goes: SIGHUP for the session's leader. */
static int hang_up(void)
{
	char c;
	int m, s;
	m = pty_open(&s);
	ioctl(s, TIOCSCTTY, 0);
	catch(SIGHUP);
	close(m);
	show_signal();
	CHECK_EQ(read(s, &c, 1), 0);
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	return test_failures != 0;
}

/* The leader goes: SIGHUP for the foreground group, and the terminal is free. */
static int leader(void)
{
	ioctl(slave, TIOCSCTTY, 0);
	if (fork() == 0) {
		for (;;)
			pause();
	}
	return 0;
}

int main(void)
{
	master = pty_open(&slave);
	SHOW(in_session(acquire));
	SHOW(in_session(by_open));
	SHOW(in_session(jobs));
	tcflush(master, TCIOFLUSH);
	SHOW(in_session(interrupted));
	SHOW(in_session(hang_up));
	SHOW(in_session(leader));
	SHOW(in_session(by_open));
	DONE();
}
