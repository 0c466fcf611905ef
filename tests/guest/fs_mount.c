/* mount(2), umount2(2): in a mount namespace of its own where there are such */
#include "fs.h"
#include <sched.h>
#include <sys/mount.h>

static void user_part(void)
{
	CHECK_ERR(mount("none", "m", "tmpfs", 0, NULL), EPERM);
	CHECK_ERR(umount("m"), EPERM);
}

static void tmpfs(void)
{
	touch("m/hidden");
	CHECK_EQ(mount("none", "m", "tmpfs", 0, "mode=0700"), 0);
	CHECK_EQ(mode_of("m"), S_IFDIR | 0700);
	CHECK_ERR(access("m/hidden", F_OK), ENOENT);
	int fd = make_file("m/f", "text");
	CHECK_ERR(umount("m"), EBUSY);
	close(fd);
	CHECK_ERR(rmdir("m"), EBUSY);
	CHECK_ERR(rename("m", "k"), EBUSY);
	CHECK_ERR(link("m/f", "f"), EXDEV);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	CHECK_ERR(open("m/f", O_RDWR), EROFS);
	CHECK_ERR(open("m/g", O_CREAT | O_RDWR, 0644), EROFS);
	CHECK_ERR(unlink("m/f"), EROFS);
	CHECK_ERR(mkdir("m/d", 0755), EROFS);
	CHECK_ERR(chmod("m/f", 0600), EROFS);
	CHECK_ERR(truncate("m/f", 0), EROFS);
	CHECK_ERR(access("m/f", W_OK), EROFS);
	CHECK(file_is("m/f", "text"));
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT | MS_NODEV, NULL), 0);
	CHECK_EQ(mknod("m/null", S_IFCHR | 0666, 0x103), 0);
	CHECK_ERR(open("m/null", O_RDWR), EACCES);
}

static void binds(void)
{
	mkdir("n", 0755);
	touch("file");
	CHECK_EQ(mount("m", "n", NULL, MS_BIND, NULL), 0);
	CHECK(file_is("n/f", "text"));
	CHECK_EQ(umount("n"), 0);
	CHECK_ERR(mount("m", "file", NULL, MS_BIND, NULL), ENOTDIR);
	CHECK_EQ(mount("m/f", "file", NULL, MS_BIND, NULL), 0);
	CHECK(file_is("file", "text"));
	CHECK_ERR(unlink("file"), EBUSY);
	CHECK_EQ(umount("file"), 0);
	CHECK_EQ(mount("m", "n", NULL, MS_MOVE, NULL), 0);
	CHECK(file_is("n/f", "text"));
	CHECK_EQ(access("m/hidden", F_OK), 0);
	CHECK_ERR(umount2("n", 8 | 64), EINVAL);
	int fd = open("n/f", O_RDONLY);
	CHECK_EQ(umount2("n", MNT_DETACH), 0);
	CHECK_ERR(access("n/f", F_OK), ENOENT);
	char c;
	CHECK_EQ(read(fd, &c, 1), 1);
	close(fd);
}

int main(void)
{
	if (unshare(CLONE_NEWNS) == 0)
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	fs_enter();
	mkdir("m", 0755);
	tmpfs();
	binds();
	CHECK_ERR(mount("none", "m", "no-such-type", 0, NULL), ENODEV);
	CHECK_ERR(mount("none", "none", "tmpfs", 0, NULL), ENOENT);
	CHECK_ERR(mount("none", "file", "tmpfs", 0, NULL), ENOTDIR);
	CHECK_ERR(mount("none", BAD_ADDRESS, "tmpfs", 0, NULL), EFAULT);
	CHECK_ERR(mount("none", "m", BAD_ADDRESS, 0, NULL), EFAULT);
	CHECK_ERR(mount("none", "m", NULL, MS_REMOUNT, NULL), EINVAL);
	CHECK_ERR(mount("none", "m", NULL, MS_BIND, NULL), ENOENT);
	CHECK_ERR(umount("m"), EINVAL);
	CHECK_ERR(umount("none"), ENOENT);
	CHECK_ERR(umount(BAD_ADDRESS), EFAULT);
	as_user(user_part);
	fs_leave();
	DONE();
}
