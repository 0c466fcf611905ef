/* mkdir(2), rmdir(2), link(2), unlink(2), symlink(2), readlink(2), mknod(2) and their ...at forms */
#include "fs.h"
#include <sys/sysmacros.h>

static char name[300];

static void user_part(void)
{
	CHECK_ERR(mkdir("x", 0755), EACCES);
	CHECK_ERR(rmdir("full"), EACCES);
	CHECK_ERR(unlink("file"), EACCES);
	CHECK_ERR(symlink("a", "x"), EACCES);
	CHECK_ERR(mkfifo("x", 0600), EACCES);
	CHECK_ERR(unlink("sticky/theirs"), EPERM);
	CHECK_ERR(rmdir("sticky/dir"), EPERM);
	CHECK_ERR(mknod("sticky/dev", S_IFCHR | 0600, makedev(1, 3)), EPERM);
	CHECK_EQ(mknod("sticky/fifo", S_IFIFO | 0600, 0), 0);
	CHECK_EQ(unlink("sticky/fifo"), 0);
	CHECK_ERR(unlink("closed/x"), EACCES);
}

static void directories(void)
{
	CHECK_EQ(mkdir("d", 0777), 0);
	CHECK_EQ(mode_of("d"), S_IFDIR | 0755);
	CHECK_EQ(mkdir("d/e/", 07777), 0);
	CHECK_EQ(mode_of("d/e"), S_IFDIR | 01755);
	CHECK_EQ(links_of("d"), 3);
	CHECK_ERR(mkdir("d", 0755), EEXIST);
	CHECK_ERR(mkdir(".", 0755), EEXIST);
	CHECK_ERR(mkdir("/", 0755), EEXIST);
	CHECK_ERR(mkdir("dangling", 0755), EEXIST);
	CHECK_ERR(mkdir("none/x", 0755), ENOENT);
	CHECK_ERR(mkdir("", 0755), ENOENT);
	CHECK_ERR(mkdir("file/x", 0755), ENOTDIR);
	CHECK_ERR(mkdir(long_name(name, 256), 0755), ENAMETOOLONG);
	CHECK_ERR(mkdir(BAD_ADDRESS, 0755), EFAULT);
	CHECK_ERR(mkdirat(-1, "x", 0755), EBADF);
	CHECK_ERR(rmdir("d"), ENOTEMPTY);
	CHECK_ERR(rmdir("d/e/."), EINVAL);
	CHECK_ERR(rmdir("d/e/.."), ENOTEMPTY);
	CHECK_ERR(rmdir("/"), EBUSY);
	CHECK_ERR(rmdir("file"), ENOTDIR);
	CHECK_ERR(rmdir("none"), ENOENT);
	CHECK_ERR(rmdir("dangling"), ENOTDIR);
	CHECK_EQ(rmdir("d/e/"), 0);
	CHECK_EQ(links_of("d"), 2);
	CHECK_EQ(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR), 0);
	CHECK_ERR(unlinkat(AT_FDCWD, "d", 64), EINVAL);
	mkdir("g", 0755);
	chown("g", 0, 77);
	chmod("g", 02755);
	mkdir("g/sub", 0755);
	struct stat st;
	CHECK_EQ(stat("g/sub", &st), 0);
	CHECK_EQ(st.st_gid, 77);
	CHECK_EQ(st.st_mode, S_IFDIR | 02755);
	touch("g/file");
	CHECK_EQ(stat("g/file", &st), 0);
	CHECK_EQ(st.st_gid, 77);
}

static void links(void)
{
	CHECK_EQ(link("file", "hard"), 0);
	CHECK_EQ(links_of("file"), 2);
	CHECK_ERR(link("file", "hard"), EEXIST);
	CHECK_ERR(link("none", "x"), ENOENT);
	CHECK_ERR(link("file", "none/x"), ENOENT);
	CHECK_ERR(link("full", "x"), EPERM);
	CHECK_ERR(link("file/x", "y"), ENOTDIR);
	CHECK_ERR(link("file", "x/"), ENOENT);
	CHECK_ERR(link(BAD_ADDRESS, "x"), EFAULT);
	CHECK_ERR(linkat(AT_FDCWD, "file", AT_FDCWD, "x", 1), EINVAL);
	CHECK_EQ(link("to-file", "hard-link"), 0);
	CHECK_EQ(S_ISLNK(mode_of("hard-link")), 1);
	CHECK_EQ(linkat(AT_FDCWD, "to-file", AT_FDCWD, "hard-file", AT_SYMLINK_FOLLOW), 0);
	CHECK_EQ(links_of("file"), 3);
	int fd = open("hard", O_RDWR);
	CHECK_EQ(unlink("hard"), 0);
	CHECK_EQ(write(fd, "!", 1), 1);
	CHECK(file_is("file", "!ext"));
	CHECK_ERR(unlink("hard"), ENOENT);
	CHECK_ERR(unlink("full"), EISDIR);
	CHECK_ERR(unlink("file/"), ENOTDIR);
	CHECK_ERR(unlink("file/x"), ENOTDIR);
	CHECK_ERR(unlink(""), ENOENT);
	CHECK_ERR(unlink("."), EISDIR);
	CHECK_ERR(unlink(BAD_ADDRESS), EFAULT);
	CHECK_ERR(unlink(long_name(name, 256)), ENAMETOOLONG);
	int open_file = make_file("temporary", "still here");
	CHECK_EQ(unlink("temporary"), 0);
	CHECK_EQ(pread(open_file, name, 20, 0), 10);
	CHECK_ERR(syscall(SYS_linkat, open_file, "", AT_FDCWD, "back", AT_EMPTY_PATH), ENOENT);
}

static void symbolic(void)
{
	char buf[64] = "unchanged";
	CHECK_EQ(symlink("some/target", "s"), 0);
	CHECK_EQ(readlink("s", buf, 64), 11);
	CHECK(!memcmp(buf, "some/target", 11));
	CHECK_EQ(readlink("s", buf, 4), 4);
	CHECK_ERR(syscall(SYS_readlink, "s", buf, 0), EINVAL);
	CHECK_ERR(syscall(SYS_readlink, "s", buf, -1), EINVAL);
	CHECK_ERR(readlink("file", buf, 64), EINVAL);
	CHECK_ERR(readlink("none", buf, 64), ENOENT);
	CHECK_ERR(readlink("s", BAD_ADDRESS, 64), EFAULT);
	CHECK_ERR(readlink("s/", buf, 64), ENOENT);
	int fd = open("s", O_PATH | O_NOFOLLOW);
	CHECK_EQ(readlinkat(fd, "", buf, 64), 11);
	CHECK_ERR(symlink("x", "s"), EEXIST);
	CHECK_ERR(symlink("", "t"), ENOENT);
	CHECK_ERR(symlink("x", "none/t"), ENOENT);
	CHECK_ERR(symlink("x", "t/"), ENOENT);
	CHECK_ERR(symlink(BAD_ADDRESS, "t"), EFAULT);
	CHECK_EQ(symlinkat("file", AT_FDCWD, "u"), 0);
	CHECK(file_is("u", "!ext"));
	static char big[5000];
	memset(big, 'b', 4096);
	CHECK_ERR(symlink(big, "t"), ENAMETOOLONG);
}

static void nodes(void)
{
	struct stat st;
	CHECK_EQ(mknod("plain", 0666, 0), 0);
	CHECK_EQ(mode_of("plain"), S_IFREG | 0644);
	CHECK_EQ(mknod("null", S_IFCHR | 0600, makedev(1, 3)), 0);
	CHECK_EQ(stat("null", &st), 0);
	CHECK_EQ(st.st_rdev, makedev(1, 3));
	int fd = open("null", O_RDWR);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(mknod("big", S_IFBLK | 0600, makedev(259, 70000)), 0);
	CHECK_EQ(stat("big", &st), 0);
	CHECK_EQ(st.st_rdev, makedev(259, 70000));
	CHECK_EQ(mknod("sock", S_IFSOCK | 0600, 0), 0);
	CHECK_ERR(open("sock", O_RDWR), ENXIO);
	CHECK_ERR(open("big", O_RDWR), ENXIO);
	CHECK_ERR(mknod("dir", S_IFDIR | 0755, 0), EPERM);
	CHECK_ERR(mknod("x", S_IFLNK | 0755, 0), EINVAL);
	CHECK_ERR(mknod("null", S_IFCHR | 0600, 0), EEXIST);
	CHECK_ERR(mknodat(-1, "x", S_IFREG, 0), EBADF);
	CHECK_ERR(mknod(BAD_ADDRESS, S_IFREG, 0), EFAULT);
}

int main(void)
{
	fs_enter();
	close(make_file("file", "text"));
	symlink("none", "dangling");
	symlink("file", "to-file");
	mkdir("full", 0755);
	touch("full/x");
	mkdir("sticky", 0777);
	chmod("sticky", 01777);
	touch("sticky/theirs");
	mkdir("sticky/dir", 0755);
	mkdir("closed", 0700);
	directories();
	links();
	symbolic();
	nodes();
	as_user(user_part);
	fs_leave();
	DONE();
}
