/*
 * The LevitateOS calls: spawn, spawn_args, set_foreground, get_foreground, isatty. Linux has none of them: there the test runs its own model of
 * them, written from their definition with POSIX calls, so that model and kernel are held against the same checks.
 */
#include "test.h"
#include <sys/ioctl.h>
#include <termios.h>

enum { SPAWN = 1000, SPAWN_ARGS = 1001, SET_FOREGROUND = 1002, GET_FOREGROUND = 1003, ISATTY = 1010 };

struct text {
	const char *at;
	unsigned long len;
};

/* ---- the model ---- */

static long fail(int err)
{
	errno = err;
	return -1;
}

static int readable(const void *p, unsigned long n)
{
	int pipes[2], ok = 1;
	pipe(pipes);
	for (unsigned long i = 0; ok && i < n; i++) {
		char c;
		ok = write(pipes[1], (const char *)p + i, 1) == 1 && read(pipes[0], &c, 1) == 1;
	}
	close(pipes[0]);
	close(pipes[1]);
	return ok;
}

static long model_start(char *path, char **argv)
{
	int report[2], err = 0;
	pipe2(report, O_CLOEXEC);
	pid_t pid = fork();
	if (!pid) {
		char *none[] = {NULL};
		execve(path, argv, none);
		err = errno;
		write(report[1], &err, sizeof(err));
		_exit(127);
	}
	close(report[1]);
	read(report[0], &err, sizeof(err));
	close(report[0]);
	if (!err)
		return pid;
	waitpid(pid, NULL, 0);
	return fail(err);
}

static long model_spawn(const char *path, long len, const struct text *args, long count)
{
	static char name[4096], texts[8][4096], *argv[9];
	if (len <= 0 || len > 4095)
		return fail(EINVAL);
	if (!readable(path, len))
		return fail(EFAULT);
	memcpy(name, path, len);
	name[len] = 0;
	if (count < 0 || count > 4096)
		return fail(EINVAL);
	for (long i = 0; i < count; i++) {
		if (!readable(&args[i], sizeof(args[i])))
			return fail(EFAULT);
		if (args[i].len > 131071)
			return fail(EINVAL);
		if (!readable(args[i].at, args[i].len))
			return fail(EFAULT);
		memcpy(texts[i], args[i].at, args[i].len);
		texts[i][args[i].len] = 0;
		argv[i] = texts[i];
	}
	argv[count] = NULL;
	if (!count) {
		argv[0] = name;
		argv[1] = NULL;
	}
	return model_start(name, argv);
}

static long model_set_foreground(int pid)
{
	if (pid <= 0)
		return fail(EINVAL);
	pid_t group = getpgid(pid);
	if (group < 0)
		return fail(ESRCH);
	int tty = open("/dev/tty", O_RDWR);
	if (tty < 0)
		return fail(ENOTTY);
	int err = tcsetpgrp(tty, group) ? errno : 0;
	close(tty);
	return err ? fail(err) : 0;
}

static long model_get_foreground(void)
{
	int tty = open("/dev/tty", O_RDWR);
	if (tty < 0)
		return fail(ENOTTY);
	long group = tcgetpgrp(tty);
	close(tty);
	return group;
}

static long model_isatty(int fd)
{
	struct termios t;
	if (fcntl(fd, F_GETFD) < 0)
		return fail(EBADF);
	return ioctl(fd, TCGETS, &t) == 0;
}

/* ---- the calls ---- */

static int on_linux(void)
{
	return syscall(ISATTY, 0) == -1 && errno == ENOSYS;
}

static long spawn_args(const void *path, long len, const void *args, long count)
{
	return on_linux() ? model_spawn(path, len, args, count) : syscall(SPAWN_ARGS, path, len, args, count);
}

static long spawn(const void *path, long len)
{
	return on_linux() ? model_spawn(path, len, NULL, 0) : syscall(SPAWN, path, len);
}

static long set_foreground(int pid)
{
	return on_linux() ? model_set_foreground(pid) : syscall(SET_FOREGROUND, pid);
}

static long get_foreground(void)
{
	return on_linux() ? model_get_foreground() : syscall(GET_FOREGROUND);
}

static long is_a_tty(int fd)
{
	return on_linux() ? model_isatty(fd) : syscall(ISATTY, fd);
}

/* ---- the checks ---- */

static char *self;

static int status_of(long pid)
{
	int status = -1;
	waitpid(pid, &status, 0);
	return status;
}

static void spawning(void)
{
	char name[4200];
	snprintf(name, sizeof(name), "%sXXXX", self); /* not NUL-terminated where it ends */
	long len = strlen(self), pid = spawn(name, len);
	CHECK(pid > 0);
	CHECK_EQ(status_of(pid), 1 << 8); /* argc 1 */
	struct text args[] = {{"zeroX", 4}, {"word", 4}, {"", 0}, {"two words!", 9}};
	pid = spawn_args(self, len, args, 4);
	CHECK(pid > 0);
	CHECK_EQ(status_of(pid), 4 << 8);
	pid = spawn_args(self, len, args, 2);
	CHECK_EQ(status_of(pid), 2 << 8);
	pid = spawn_args(self, len, NULL, 0);
	CHECK_EQ(status_of(pid), 1 << 8);
	struct text check[] = {{"zero", 4}, {"inherits", 8}, {"", 0}};
	dup2(1, 77);
	pid = spawn_args(self, len, check, 3);
	CHECK_EQ(status_of(pid), 0);
	close(77);
	pid = spawn_args(self, len, check, 3);
	CHECK_EQ(status_of(pid), 9 << 8);
}

static void spawn_errors(void)
{
	long len = strlen(self);
	struct text bad[] = {{"zero", 4}, {BAD_ADDRESS, 4}}, huge[] = {{"zero", 1ul << 40}};
	CHECK_ERR(spawn(BAD_ADDRESS, 5), EFAULT);
	CHECK_ERR(spawn(self, 0), EINVAL);
	CHECK_ERR(spawn(self, -1), EINVAL);
	CHECK_ERR(spawn(self, 5000), EINVAL);
	CHECK_ERR(spawn("/tmp/lev_none", 13), ENOENT);
	CHECK_ERR(spawn("/tmp", 4), EACCES);
	CHECK_ERR(spawn_args(self, len, BAD_ADDRESS, 1), EFAULT);
	CHECK_ERR(spawn_args(self, len, bad, 2), EFAULT);
	CHECK_ERR(spawn_args(self, len, bad, -1), EINVAL);
	CHECK_ERR(spawn_args(self, len, bad, 1000000), EINVAL);
	CHECK_ERR(spawn_args(self, len, huge, 1), EINVAL);
	CHECK_ERR(wait(NULL), ECHILD); /* nothing is left of those */
}

static void terminals(void)
{
	int fd = open("/dev/null", O_RDWR), pipes[2], master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	pipe(pipes);
	CHECK_EQ(is_a_tty(fd), 0);
	CHECK_EQ(is_a_tty(pipes[0]), 0);
	CHECK_EQ(is_a_tty(master), 1);
	CHECK_ERR(is_a_tty(-1), EBADF);
	CHECK_ERR(is_a_tty(1000), EBADF);
	close(fd);
	close(pipes[0]);
	close(pipes[1]);
	close(master);
}

static int with_terminal(void)
{
	char name[32];
	int unlock = 0, number = -1, master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	setsid();
	int bad = get_foreground() != -1 || errno != ENOTTY;
	bad |= (set_foreground(getpid()) != -1 || errno != ENOTTY) << 1;
	ioctl(master, TIOCSPTLCK, &unlock);
	ioctl(master, TIOCGPTN, &number);
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	int slave = open(name, O_RDWR);
	bad |= (is_a_tty(slave) != 1) << 2;
	bad |= (get_foreground() != getpgrp()) << 3;
	signal(SIGTTOU, SIG_IGN);
	pid_t pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	setpgid(pid, pid);
	bad |= (set_foreground(pid) != 0) << 4;
	bad |= (get_foreground() != pid) << 5;
	bad |= (set_foreground(0) != -1 || errno != EINVAL) << 6;
	bad |= (set_foreground(30001) != -1 || errno != ESRCH) << 7;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return bad;
}

static void foreground(void)
{
	pid_t pid = fork();
	if (!pid) {
		signal(SIGHUP, SIG_IGN);
		_exit(with_terminal());
	}
	CHECK_EQ(status_of(pid), 0);
}

static int spawned(int argc, char **argv)
{
	if (argc == 4)
		return strcmp(argv[0], "zero") || strcmp(argv[1], "word") || argv[2][0] || strcmp(argv[3], "two words") ? 100 : 4;
	if (argc == 3)
		return fcntl(77, F_GETFD) < 0 ? 9 : 0;
	return argc;
}

int main(int argc, char **argv)
{
	extern char **environ;
	if (argc > 1 || !environ[0]) /* spawned: no environment */
		return spawned(argc, argv);
	self = argv[0];
	spawning();
	spawn_errors();
	terminals();
	foreground();
	DONE();
}
