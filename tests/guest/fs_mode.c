/* chmod(2), chown(2) and their kin; who may, and what happens to setuid bits */
#include "fs.h"

static void user_part(void)
{
	CHECK_ERR(chmod("roots", 0777), EPERM);
	CHECK_ERR(chown("roots", 1000, 1000), EPERM);
	CHECK_EQ(chmod("mine", 06755), 0);
	CHECK_EQ(mode_of("mine"), S_IFREG | 06755);
	int fd = open("mine", O_RDWR);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(mode_of("mine"), S_IFREG | 0755);
	CHECK_EQ(fchmod(fd, 04755), 0);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(mode_of("mine"), S_IFREG | 0755);
	CHECK_ERR(chown("mine", 0, -1), EPERM);
	CHECK_ERR(chown("mine", -1, 5), EPERM);
	CHECK_EQ(chown("mine", 1000, 1000), 0);
	CHECK_EQ(chown("mine", -1, -1), 0);
	CHECK_EQ(chmod("others-group", 02755), 0);
	CHECK_EQ(mode_of("others-group"), S_IFREG | 0755); /* not in the file's group */
}

int main(void)
{
	struct stat st;
	fs_enter();
	touch("roots");
	touch("mine");
	chown("mine", 1000, 1000);
	touch("others-group");
	chown("others-group", 1000, 7);
	symlink("roots", "link");
	symlink("none", "dangling");
	CHECK_EQ(chmod("roots", 01234), 0);
	CHECK_EQ(mode_of("roots"), S_IFREG | 01234);
	CHECK_EQ(chmod("link", 0600), 0);
	CHECK_EQ(mode_of("roots"), S_IFREG | 0600);
	CHECK_EQ(chmod("roots", 0177777), 0);
	CHECK_EQ(mode_of("roots"), S_IFREG | 07777);
	CHECK_ERR(chmod("none", 0600), ENOENT);
	CHECK_ERR(chmod("dangling", 0600), ENOENT);
	CHECK_ERR(chmod("roots/x", 0600), ENOTDIR);
	CHECK_ERR(chmod(BAD_ADDRESS, 0600), EFAULT);
	CHECK_ERR(syscall(SYS_fchmod, -1, 0600), EBADF);
	CHECK_ERR(syscall(SYS_fchmodat, -1, "roots", 0600), EBADF);
	CHECK_EQ(chown("roots", 5, 6), 0);
	CHECK_EQ(stat("roots", &st), 0);
	CHECK_EQ(st.st_uid, 5);
	CHECK_EQ(st.st_gid, 6);
	CHECK_EQ(st.st_mode, S_IFREG | 01777); /* even root's chown clears them */
	CHECK_EQ(lchown("link", 8, 9), 0);
	CHECK_EQ(lstat("link", &st), 0);
	CHECK_EQ(st.st_uid, 8);
	CHECK_EQ(chown("link", -1, 10), 0);
	CHECK_EQ(stat("roots", &st), 0);
	CHECK_EQ(st.st_uid, 5);
	CHECK_EQ(st.st_gid, 10);
	int fd = open("roots", O_RDWR);
	CHECK_EQ(fchown(fd, 0, 0), 0);
	CHECK_EQ(syscall(SYS_fchownat, fd, "", 3, 4, AT_EMPTY_PATH), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_uid, 3);
	CHECK_EQ(syscall(SYS_fchownat, AT_FDCWD, "link", 0, 0, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_ERR(syscall(SYS_fchownat, AT_FDCWD, "link", 0, 0, 0x40000000), EINVAL);
	CHECK_ERR(syscall(SYS_fchown, -1, 0, 0), EBADF);
	CHECK_ERR(chown("none", 0, 0), ENOENT);
	CHECK_ERR(chown(BAD_ADDRESS, 0, 0), EFAULT);
	mkdir("dir", 0755);
	chmod("dir", 06755);
	CHECK_EQ(chown("dir", 1, 1), 0);
	CHECK_EQ(mode_of("dir"), S_IFDIR | 06755);
	as_user(user_part);
	fs_leave();
	DONE();
}
