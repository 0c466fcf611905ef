/* fcntl_locking(2): POSIX and open-file-description locks; flock(2) */
#include "fs.h"
#include <sys/file.h>

static int set(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
	return fcntl(fd, cmd, &l);
}

/* What F_GETLK says of [start, start+len): the type found, with its range in *l. */
static int get(int fd, int type, off_t start, off_t len, struct flock *l)
{
	*l = (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
	return fcntl(fd, F_GETLK, l) ? -1 : l->l_type;
}

static void child(int fd, int go, int done)
{
	struct flock l;
	char c;
	(void)!read(go, &c, 1);
	CHECK_EQ(get(fd, F_WRLCK, 0, 0, &l), F_WRLCK);
	CHECK_EQ(l.l_start, 10);
	CHECK_EQ(l.l_len, 5);
	CHECK_EQ(l.l_pid == getppid(), 1);
	CHECK_EQ(get(fd, F_RDLCK, 30, 5, &l), F_UNLCK);
	CHECK_EQ(get(fd, F_WRLCK, 30, 5, &l), F_RDLCK);
	CHECK_ERR(set(fd, F_SETLK, F_WRLCK, 0, 0), EAGAIN);
	CHECK_ERR(set(fd, F_SETLK, F_RDLCK, 14, 1), EAGAIN);
	CHECK_EQ(set(fd, F_SETLK, F_RDLCK, 15, 1), 0);
	CHECK_EQ(set(fd, F_SETLK, F_WRLCK, 100, 0), 0);
	(void)!write(done, "x", 1);
	int waited = set(fd, F_SETLKW, F_WRLCK, 10, 5); /* until the parent's unlock; silent, for both run now */
	_exit(test_failures || waited ? 1 : 0);
}

static void posix(void)
{
	int go[2], done[2], status;
	char c;
	int fd = make_file("f", "");
	CHECK_EQ(pipe(go), 0);
	CHECK_EQ(pipe(done), 0);
	CHECK_EQ(set(fd, F_SETLK, F_WRLCK, 10, 10), 0);
	CHECK_EQ(set(fd, F_SETLK, F_UNLCK, 15, 5), 0);
	CHECK_EQ(set(fd, F_SETLK, F_RDLCK, 30, 5), 0);
	pid_t pid = fork();
	if (pid == 0)
		child(fd, go[0], done[1]);
	(void)!write(go[1], "x", 1); /* silent: the child prints from here until it says done */
	CHECK_EQ(read(done[0], &c, 1), 1);
	CHECK_ERR(set(fd, F_SETLK, F_WRLCK, 1000, 1), EAGAIN);
	/* the child waits for 10..14 or is about to; waiting for its 100.. may close the circle */
	CHECK_EQ(set(fd, F_SETLK, F_UNLCK, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(set(fd, F_SETLK, F_WRLCK, 0, 0), 0); /* the child's went with it */
	CHECK_ERR(set(fd, F_SETLK, 99, 0, 0), EINVAL);
	CHECK_ERR(set(fd, F_SETLK, F_WRLCK, -1, 0), EINVAL);
	CHECK_ERR(set(fd, F_SETLK, F_WRLCK, 0, -1), EINVAL);
	CHECK_EQ(set(fd, F_SETLK, F_WRLCK, 10, -10), 0);
	CHECK_ERR(set(fd, F_SETLK, F_WRLCK, LONG_MAX, 2), EOVERFLOW);
	CHECK_ERR(fcntl(fd, F_SETLK, BAD_ADDRESS), EFAULT);
	CHECK_ERR(set(-1, F_SETLK, F_WRLCK, 0, 0), EBADF);
	int ro = open("f", O_RDONLY);
	CHECK_ERR(set(ro, F_SETLK, F_WRLCK, 0, 0), EBADF);
	close(ro); /* closing any descriptor of the file drops the locks */
	pid = fork();
	if (pid == 0)
		_exit(set(fd, F_SETLK, F_WRLCK, 0, 0) ? 1 : 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(fd);
}

static void deadlock(void)
{
	int a[2], b[2], status;
	char c;
	int fd = make_file("d", "");
	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(pipe(b), 0);
	CHECK_EQ(set(fd, F_SETLK, F_WRLCK, 0, 1), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int bad = set(fd, F_SETLK, F_WRLCK, 1, 1);
		bad |= write(a[1], "x", 1) != 1;
		int first = set(fd, F_SETLKW, F_WRLCK, 0, 1);
		_exit(bad ? 9 : first == 0 ? 0 : errno == EDEADLK ? 1 : 2);
	}
	CHECK_EQ(read(a[0], &c, 1), 1);
	/* one of the two must be told; who is second to wait depends on timing */
	int mine = set(fd, F_SETLKW, F_WRLCK, 1, 1);
	bool told = mine == -1 && errno == EDEADLK;
	CHECK_EQ(set(fd, F_SETLK, F_UNLCK, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK((told && status == 0) || (mine == 0 && WEXITSTATUS(status) == 1));
	close(fd);
}

static void ofd(void)
{
	int one = make_file("o", ""), two = open("o", O_RDWR);
	struct flock l = {.l_type = F_WRLCK};
	CHECK_EQ(fcntl(one, F_OFD_SETLK, &l), 0);
	CHECK_ERR(fcntl(two, F_OFD_SETLK, &l), EAGAIN);
	CHECK_ERR(set(two, F_SETLK, F_WRLCK, 0, 0), EAGAIN);
	CHECK_EQ(fcntl(two, F_OFD_GETLK, &l), 0);
	CHECK_EQ(l.l_type, F_WRLCK);
	CHECK_EQ(l.l_pid, -1);
	l = (struct flock){.l_type = F_WRLCK, .l_pid = 5};
	CHECK_ERR(fcntl(one, F_OFD_SETLK, &l), EINVAL);
	int copy = dup(one);
	close(one);
	l.l_pid = 0;
	CHECK_ERR(fcntl(two, F_OFD_SETLK, &l), EAGAIN);
	close(copy);
	CHECK_EQ(fcntl(two, F_OFD_SETLK, &l), 0);
	close(two);
}

static void whole_file(void)
{
	int one = make_file("w", ""), two = open("w", O_RDONLY), status;
	CHECK_EQ(flock(one, LOCK_SH), 0);
	CHECK_EQ(flock(two, LOCK_SH | LOCK_NB), 0);
	CHECK_ERR(flock(two, LOCK_EX | LOCK_NB), EAGAIN);
	CHECK_EQ(flock(one, LOCK_UN), 0);
	CHECK_EQ(flock(two, LOCK_EX | LOCK_NB), 0);
	CHECK_ERR(flock(one, LOCK_SH | LOCK_NB), EAGAIN);
	CHECK_EQ(set(one, F_SETLK, F_WRLCK, 0, 0), 0); /* flock and record locks are apart */
	CHECK_ERR(flock(one, 77), EINVAL);
	CHECK_ERR(flock(-1, LOCK_SH), EBADF);
	pid_t pid = fork();
	if (pid == 0)
		_exit(flock(two, LOCK_EX | LOCK_NB) ? 1 : 0); /* the same description: no conflict */
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	pid = fork();
	if (pid == 0) {
		close(two);
		_exit(flock(one, LOCK_EX) ? 1 : 0);
	}
	close(two);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

int main(void)
{
	fs_enter();
	posix();
	deadlock();
	ofd();
	whole_file();
	fs_leave();
	DONE();
}
