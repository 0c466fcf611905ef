/* stat(2), lstat(2), fstat(2), newfstatat(2), statx(2), statfs(2), fstatfs(2) */
#include "fs.h"
#include <sys/statfs.h>
#include <sys/sysmacros.h>

struct stx { /* the start of struct statx: statx(2) */
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad;
	uint64_t ino, size, blocks, attributes_mask;
	struct { int64_t sec; uint32_t nsec; int32_t pad; } atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t rest[14];
};

static long statx_(int dirfd, const char *path, int flags, unsigned mask, void *out)
{
	return syscall(SYS_statx, dirfd, path, flags, mask, out);
}

static void extended(void)
{
	struct stat st;
	struct stx x;
	CHECK_EQ(statx_(AT_FDCWD, "f", 0, 0x7ff, &x), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(x.mask & 0x7ff, 0x7ff);
	CHECK_EQ(x.size, 10);
	CHECK_EQ(x.mode, S_IFREG | 0640);
	CHECK_EQ(x.nlink, 2);
	CHECK_EQ(x.uid, 12);
	CHECK_EQ(x.gid, 34);
	CHECK(x.ino == st.st_ino && makedev(x.dev_major, x.dev_minor) == st.st_dev);
	CHECK(x.mtime.sec == st.st_mtim.tv_sec && x.mtime.nsec == (unsigned)st.st_mtim.tv_nsec);
	CHECK_EQ(statx_(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, 0x7ff, &x), 0);
	CHECK_EQ(x.mode, S_IFLNK | 0777);
	CHECK_EQ(statx_(AT_FDCWD, "", AT_EMPTY_PATH, 0x7ff, &x), 0);
	CHECK_EQ(x.mode, S_IFDIR | 0755);
	CHECK_ERR(statx_(AT_FDCWD, "f", 0x40000000, 0x7ff, &x), EINVAL);
	CHECK_ERR(statx_(AT_FDCWD, "f", 0, 0x80000000, &x), EINVAL);
	CHECK_ERR(statx_(AT_FDCWD, "f", 0x6000, 0x7ff, &x), EINVAL);
	CHECK_ERR(statx_(AT_FDCWD, "f", 0, 0x7ff, BAD_ADDRESS), EFAULT);
	CHECK_ERR(statx_(AT_FDCWD, BAD_ADDRESS, 0, 0x7ff, &x), EFAULT);
	CHECK_ERR(statx_(AT_FDCWD, "none", 0, 0x7ff, &x), ENOENT);
	CHECK_ERR(statx_(AT_FDCWD, "", 0, 0x7ff, &x), ENOENT);
	CHECK_ERR(statx_(-1, "f", 0, 0x7ff, &x), EBADF);
}

int main(void)
{
	struct stat st, other;
	struct statfs fs;
	char name[300];
	fs_enter();
	int fd = make_file("f", "0123456789");
	CHECK_EQ(fchmod(fd, 0640), 0);
	CHECK_EQ(fchown(fd, 12, 34), 0);
	CHECK_EQ(link("f", "g"), 0);
	CHECK_EQ(symlink("f", "link"), 0);
	mkdir("dir", 0700);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(st.st_uid, 12);
	CHECK_EQ(st.st_gid, 34);
	CHECK_EQ(st.st_size, 10);
	CHECK_EQ(st.st_blksize, 4096);
	CHECK_EQ(st.st_blocks, 8);
	CHECK_EQ(st.st_rdev, 0);
	CHECK_EQ(fstat(fd, &other), 0);
	CHECK(!memcmp(&st, &other, sizeof(st)));
	CHECK_EQ(lstat("link", &st), 0);
	CHECK_EQ(st.st_mode, S_IFLNK | 0777);
	CHECK_EQ(st.st_size, 1);
	CHECK_EQ(stat("link", &st), 0);
	CHECK(st.st_ino == other.st_ino && st.st_dev == other.st_dev);
	CHECK_EQ(stat("dir", &st), 0);
	CHECK_EQ(st.st_mode, S_IFDIR | 0700);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(stat("/dev/null", &st), 0);
	CHECK_EQ(st.st_mode & S_IFMT, S_IFCHR);
	CHECK_EQ(st.st_rdev, makedev(1, 3));
	CHECK_EQ(syscall(SYS_newfstatat, AT_FDCWD, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_EQ(S_ISLNK(st.st_mode), 1);
	CHECK_EQ(syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH), 0);
	CHECK_EQ(st.st_size, 10);
	CHECK_ERR(syscall(SYS_newfstatat, fd, "", &st, 0), ENOENT);
	CHECK_ERR(syscall(SYS_newfstatat, fd, "f", &st, 0), ENOTDIR);
	CHECK_ERR(syscall(SYS_newfstatat, AT_FDCWD, "f", &st, 0x40000000), EINVAL);
	CHECK_ERR(syscall(SYS_newfstatat, -1, "f", &st, 0), EBADF);
	CHECK_ERR(syscall(SYS_fstat, -1, &st), EBADF);
	CHECK_ERR(syscall(SYS_fstat, fd, BAD_ADDRESS), EFAULT);
	CHECK_ERR(stat("none", &st), ENOENT);
	CHECK_ERR(stat("f/x", &st), ENOTDIR);
	CHECK_ERR(stat("f/", &st), ENOTDIR);
	CHECK_ERR(lstat("link/", &st), ENOTDIR);
	CHECK_ERR(stat(long_name(name, 256), &st), ENAMETOOLONG);
	CHECK_ERR(syscall(SYS_stat, "f", BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_stat, BAD_ADDRESS, &st), EFAULT);
	CHECK_ERR(syscall(SYS_lstat, NULL, &st), EFAULT);
	extended();
	CHECK_EQ(statfs("f", &fs), 0);
	CHECK_EQ(fs.f_bsize, 4096);
	CHECK_EQ(fs.f_namelen, 255);
	CHECK(fs.f_blocks > 0 && fs.f_bfree <= fs.f_blocks && fs.f_bavail <= fs.f_bfree);
	CHECK_EQ(fstatfs(fd, &fs), 0);
	CHECK_ERR(statfs("none", &fs), ENOENT);
	CHECK_ERR(syscall(SYS_statfs, "f", BAD_ADDRESS), EFAULT);
	CHECK_ERR(fstatfs(-1, &fs), EBADF);
	CHECK_EQ(statfs("/proc", &fs), 0);
	CHECK_EQ(fs.f_type, 0x9fa0);
	fs_leave();
	DONE();
}
