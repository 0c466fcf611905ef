/* utimensat(2), utimes(2), utime(2), futimesat(2); which calls change which times */
#include "fs.h"
#include <sys/time.h>
#include <utime.h>

static struct stat st;

static struct stat *look(const char *path)
{
	if (lstat(path, &st))
		st.st_ino = 0;
	return &st;
}

static void user_part(void)
{
	struct timespec t[2] = {{1, 0}, {2, 0}};
	CHECK_ERR(utimensat(AT_FDCWD, "f", t, 0), EPERM);
	CHECK_ERR(utimensat(AT_FDCWD, "f", NULL, 0), EACCES);
	CHECK_EQ(utimensat(AT_FDCWD, "writable", NULL, 0), 0);
	CHECK_ERR(utimensat(AT_FDCWD, "writable", t, 0), EPERM);
	CHECK_EQ(utimensat(AT_FDCWD, "mine", t, 0), 0);
	t[0].tv_nsec = t[1].tv_nsec = UTIME_OMIT;
	CHECK_EQ(utimensat(AT_FDCWD, "f", t, 0), 0);
	t[1].tv_nsec = UTIME_NOW;
	CHECK_ERR(utimensat(AT_FDCWD, "writable", t, 0), EPERM);
}

static void setting(int fd)
{
	struct timespec t[2] = {{1000, 1}, {2000, 999999999}};
	struct timeval tv[2] = {{10, 20}, {30, 999999}};
	struct utimbuf ut = {111, 222};
	CHECK_EQ(utimensat(AT_FDCWD, "f", t, 0), 0);
	CHECK_EQ(look("f")->st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_atim.tv_nsec, 1);
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(st.st_mtim.tv_nsec, 999999999);
	t[0].tv_nsec = UTIME_OMIT;
	t[1] = (struct timespec){5, 6};
	CHECK_EQ(syscall(SYS_utimensat, fd, NULL, t, 0), 0);
	CHECK_EQ(look("f")->st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_mtim.tv_sec, 5);
	t[0].tv_nsec = UTIME_NOW;
	CHECK_EQ(utimensat(AT_FDCWD, "f", t, 0), 0);
	CHECK(look("f")->st_atim.tv_sec > 1000000000);
	CHECK_EQ(syscall(SYS_utimes, "f", tv), 0);
	CHECK_EQ(look("f")->st_mtim.tv_nsec, 999999000);
	CHECK_EQ(syscall(SYS_utime, "f", &ut), 0);
	CHECK_EQ(look("f")->st_atim.tv_sec, 111);
	CHECK_EQ(st.st_mtim.tv_sec, 222);
	CHECK_EQ(syscall(SYS_futimesat, AT_FDCWD, "f", tv), 0);
	CHECK_EQ(look("f")->st_atim.tv_sec, 10);
	CHECK_EQ(utimensat(AT_FDCWD, "link", (struct timespec[2]){{7, 0}, {8, 0}}, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_EQ(look("link")->st_mtim.tv_sec, 8);
	CHECK_EQ(look("f")->st_mtim.tv_sec, 30);
	t[0].tv_nsec = 1000000000;
	CHECK_ERR(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
	t[0].tv_nsec = -1;
	CHECK_ERR(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
	tv[0].tv_usec = 1000000;
	CHECK_ERR(syscall(SYS_utimes, "f", tv), EINVAL);
	CHECK_ERR(utimensat(AT_FDCWD, "none", NULL, 0), ENOENT);
	CHECK_ERR(utimensat(AT_FDCWD, "f", NULL, 0x40000000), EINVAL);
	CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, "f", BAD_ADDRESS, 0), EFAULT);
	CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, BAD_ADDRESS, NULL, 0), EFAULT);
	CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, NULL, NULL, 0), EFAULT);
	CHECK_ERR(utimensat(-1, "f", NULL, 0), EBADF);
}

static void old_times(const char *path)
{
	utimensat(AT_FDCWD, path, (struct timespec[2]){{100, 0}, {100, 0}}, AT_SYMLINK_NOFOLLOW);
}

/* Did the call since old_times move the modification time? The access time? */
static bool modified(const char *path)
{
	return look(path)->st_mtim.tv_sec != 100;
}

static bool accessed(const char *path)
{
	return look(path)->st_atim.tv_sec != 100;
}

static void changing(int fd)
{
	char c;
	old_times("f");
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK(accessed("f") && !modified("f"));
	old_times("f");
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	CHECK(modified("f") && !accessed("f"));
	old_times("f");
	CHECK_EQ(pwrite(fd, "x", 0, 0), 0);
	CHECK(!modified("f"));
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK(modified("f"));
	old_times("f");
	CHECK_EQ(chmod("f", 0644), 0);
	CHECK(!modified("f"));
	mkdir("d", 0755);
	old_times("d");
	touch("d/x");
	CHECK(modified("d"));
	old_times("d");
	CHECK_EQ(rename("d/x", "d/y"), 0);
	CHECK(modified("d"));
	old_times("d");
	CHECK_EQ(unlink("d/y"), 0);
	CHECK(modified("d"));
	old_times("d");
	CHECK_EQ(mkdir("d/z", 0755), 0);
	CHECK(modified("d"));
	int noatime = open("f", O_RDONLY | O_NOATIME);
	CHECK_EQ(pwrite(fd, "abc", 3, 0), 3);
	old_times("f");
	CHECK_EQ(read(noatime, &c, 1), 1);
	CHECK(!accessed("f"));
}

int main(void)
{
	fs_enter();
	int fd = make_file("f", "text");
	symlink("f", "link");
	touch("writable");
	chmod("writable", 0666);
	touch("mine");
	chown("mine", 1000, 1000);
	setting(fd);
	changing(fd);
	as_user(user_part);
	fs_leave();
	DONE();
}
