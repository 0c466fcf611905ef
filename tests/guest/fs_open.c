/* open(2), openat(2), creat(2) */
#include "fs.h"
#include <sys/ioctl.h>

static void user_part(void)
{
	CHECK_ERR(open("secret", O_RDONLY), EACCES);
	CHECK_ERR(open("readable", O_RDWR), EACCES);
	CHECK_ERR(open("readable", O_RDONLY | O_TRUNC), EACCES);
	CHECK_ERR(open("new", O_CREAT | O_RDWR, 0644), EACCES);
	CHECK_ERR(open("readable", O_RDONLY | O_NOATIME), EPERM);
	CHECK_ERR(open("closed/x", O_RDONLY), EACCES);
	CHECK(open("readable", O_RDONLY) >= 0);
}

static void flags(void)
{
	int fd;
	CHECK((fd = open("file", O_RDONLY)) >= 0);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDONLY | 0100000);
	CHECK_ERR(write(fd, "x", 1), EBADF);
	CHECK_EQ(close(fd), 0);
	CHECK((fd = open("file", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC)) >= 0);
	CHECK_EQ(fcntl(fd, F_GETFL), O_WRONLY | O_APPEND | O_NONBLOCK | 0100000);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(read(fd, &fd, 1), EBADF);
	CHECK_EQ(close(fd), 0);
	CHECK((fd = open("file", O_RDWR | O_TRUNC)) >= 0);
	CHECK_EQ(size_of("file"), 0);
	CHECK_EQ(close(fd), 0);
	CHECK((fd = creat("made", 0666)) >= 0);
	CHECK_EQ(mode_of("made"), S_IFREG | 0644);
	CHECK_ERR(read(fd, &fd, 1), EBADF);
	CHECK_EQ(close(fd), 0);
	/* the mode given does not bind the descriptor that creates */
	CHECK((fd = open("no-bits", O_CREAT | O_RDWR, 0)) >= 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(mode_of("no-bits"), S_IFREG);
	CHECK_EQ(close(fd), 0);
	CHECK((fd = open("bits", O_CREAT | O_RDONLY, 07777)) >= 0);
	CHECK_EQ(mode_of("bits"), S_IFREG | 07755);
	CHECK_EQ(close(fd), 0);
}

static void path_only(void)
{
	char c;
	struct stat st;
	int fd;
	CHECK((fd = open("link", O_PATH | O_NOFOLLOW)) >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(S_ISLNK(st.st_mode), 1);
	CHECK_ERR(read(fd, &c, 1), EBADF);
	CHECK_ERR(syscall(SYS_fchmod, fd, 0644), EBADF);
	CHECK_ERR(ioctl(fd, 0), EBADF);
	CHECK_ERR(fcntl(fd, F_SETFL, 0), EBADF);
	CHECK_EQ(fcntl(fd, F_GETFL), O_PATH | O_NOFOLLOW);
	CHECK_EQ(close(fd), 0);
	CHECK((fd = open("dir", O_PATH | O_DIRECTORY)) >= 0);
	CHECK_ERR(openat(fd, "none", O_RDONLY), ENOENT);
	CHECK_EQ(close(fd), 0);
}

static void errors(void)
{
	char name[300];
	CHECK_ERR(open("none", O_RDONLY), ENOENT);
	CHECK_ERR(open("", O_RDONLY), ENOENT);
	CHECK_ERR(open("none/x", O_CREAT | O_RDWR, 0644), ENOENT);
	CHECK_ERR(open("dangling", O_RDONLY), ENOENT);
	CHECK_ERR(open("file", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST);
	CHECK_ERR(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST);
	CHECK_ERR(open("dir", O_RDWR), EISDIR);
	CHECK_ERR(open("dir", O_WRONLY), EISDIR);
	CHECK_ERR(open("dir", O_RDONLY | O_CREAT, 0644), EISDIR);
	CHECK_ERR(open("new/", O_CREAT | O_RDWR, 0644), EISDIR);
	CHECK_ERR(open("file/", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("file/x", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERR(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERR(open("loop", O_RDONLY), ELOOP);
	CHECK_ERR(open(long_name(name, 256), O_RDONLY), ENAMETOOLONG);
	CHECK_ERR(open(long_name(name, 255), O_RDONLY), ENOENT);
	CHECK_ERR(open(BAD_ADDRESS, O_RDONLY), EFAULT);
	CHECK_ERR(open(NULL, O_RDONLY), EFAULT);
	CHECK_ERR(openat(-1, "file", O_RDONLY), EBADF);
	CHECK_ERR(openat(12345, "file", O_RDONLY), EBADF);
	CHECK_ERR(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
}

static void relative(void)
{
	int dir, file, fd;
	CHECK((dir = open("dir", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK((file = open("file", O_RDONLY)) >= 0);
	CHECK((fd = openat(dir, "inside", O_CREAT | O_RDWR, 0600)) >= 0);
	CHECK_EQ(mode_of("dir/inside"), S_IFREG | 0600);
	CHECK_ERR(openat(file, "x", O_RDONLY), ENOTDIR);
	CHECK_EQ(close(fd), 0);
	CHECK((fd = openat(-1, "/tmp", O_RDONLY)) >= 0);
	CHECK_EQ(close(fd), 0);
	CHECK((fd = openat(dir, "../dangling", O_CREAT | O_RDWR, 0600)) >= 0);
	CHECK_EQ(mode_of("target"), S_IFREG | 0600);
	CHECK_EQ(close(fd), 0);
	CHECK((fd = open("link", O_RDONLY)) >= 0);
	close(fd), close(dir), close(file);
}

static void tmpfile_(void)
{
	struct stat st;
	int fd;
	CHECK_ERR(open("dir", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	CHECK_ERR(open("file", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
	CHECK((fd = open("dir", O_TMPFILE | O_RDWR, 0640)) >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(write(fd, "temporary", 9), 9);
	CHECK_EQ(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH), 0);
	CHECK(file_is("named", "temporary"));
	CHECK_EQ(links_of("named"), 1);
	CHECK_EQ(close(fd), 0);
}

int main(void)
{
	fs_enter();
	touch("secret");
	chmod("secret", 0600);
	touch("readable");
	close(make_file("file", "some text"));
	mkdir("dir", 0755);
	mkdir("closed", 0700);
	symlink("file", "link");
	symlink("target", "dangling");
	symlink("loop", "loop");
	mkfifo("fifo", 0600);
	flags();
	path_only();
	errors();
	relative();
	tmpfile_();
	as_user(user_part);
	fs_leave();
	DONE();
}
