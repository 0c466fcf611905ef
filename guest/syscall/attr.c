/* Attributes: stat, access, chmod, chown, times, sizes by name. */
#include "kernel/fs/stat.h"
#include "syscall.h"
#include <linux/capability.h>
#include <linux/fs.h>
#include <asm/statfs.h>
#include "kernel/fs/vfs.h"
#include "kernel/fs/walk.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"

/* From the microsecond structures of utimes(2); UTIME_NOW and UTIME_OMIT as utimensat(2) has them. */
#define UTIME_NOW 0x3fffffffl
#define UTIME_OMIT 0x3ffffffel
#define TIME_SECONDS_MAX ((s64)(~0ull / NSEC_PER_SEC) - 1)
#define AT_SYMLINK_FLAGS (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)

static unsigned int walk_flags(int at_flags)
{
	return (at_flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0) | (at_flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
}

/* The path of an open descriptor, O_PATH ones too when asked: referenced. */
static int fd_path(int fd, bool path_only_too, struct path *out)
{
	struct file *f = path_only_too ? fd_get_path(fd) : fd_get(fd);
	if (!f)
		return -EBADF;
	*out = f->path;
	path_get(out);
	file_put(f);
	return 0;
}

/* ---- stat ---- */

static long stat_out(const struct path *p, void __user *out)
{
	struct stat st;
	int err = path_stat(p, &st);
	return err ? err : copy_to_user(out, &st, sizeof(st));
}

static long stat_path(int dirfd, const char __user *path, void __user *out, int flags)
{
	struct path p;
	int err = path_walk_user(dirfd, path, walk_flags(flags), &p);
	if (err)
		return err;
	long ret = stat_out(&p, out);
	path_put(&p);
	return ret;
}

long sys_stat(const char __user *path, void __user *st)
{
	return stat_path(AT_FDCWD, path, st, 0);
}

long sys_lstat(const char __user *path, void __user *st)
{
	return stat_path(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

long sys_fstat(int fd, void __user *st)
{
	struct file *f = fd_get_path(fd);
	if (!f)
		return -EBADF;
	long ret = stat_out(&f->path, st);
	file_put(f);
	return ret;
}

long sys_newfstatat(int dirfd, const char __user *path, void __user *st, int flags)
{
	char first;
	if (flags & ~(AT_SYMLINK_FLAGS | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH && dirfd >= 0) { /* glibc's fstat(3) */
		if (get_user(first, path))
			return -EFAULT;
		if (!first)
			return sys_fstat(dirfd, st);
	}
	return stat_path(dirfd, path, st, flags);
}

long sys_statx(int dirfd, const char __user *path, int flags, unsigned int mask, void __user *out)
{
	struct statx stx;
	struct path p;
	if (mask & STATX__RESERVED || flags & ~(AT_SYMLINK_FLAGS | AT_STATX_SYNC_TYPE) ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	int err = path_walk_user(dirfd, path, walk_flags(flags), &p);
	if (err)
		return err;
	err = path_statx(&p, &stx);
	path_put(&p);
	return err ? err : copy_to_user(out, &stx, sizeof(stx));
}

static long statfs_out(const struct path *p, void __user *out)
{
	struct statfs st;
	int err = path_statfs(p, &st);
	path_put(p);
	return err ? err : copy_to_user(out, &st, sizeof(st));
}

long sys_statfs(const char __user *path, void __user *buf)
{
	struct path p;
	int err = path_walk_user(AT_FDCWD, path, 0, &p);
	return err ? err : statfs_out(&p, buf);
}

long sys_fstatfs(int fd, void __user *buf)
{
	struct path p;
	int err = fd_path(fd, true, &p);
	return err ? err : statfs_out(&p, buf);
}

/* ---- access ---- */

/* Credentials as access(2) uses them: the real ids, and root's powers only for a real root. */
static struct cred real_cred(const struct cred *c)
{
	struct cred real = *c;
	real.fsuid = c->uid;
	real.fsgid = c->gid;
	real.cap_effective = c->uid ? 0 : c->cap_permitted;
	return real;
}

static int access_path(int dirfd, const char __user *path, int mode, int flags)
{
	struct path p;
	int err = path_walk_user(dirfd, path, walk_flags(flags), &p);
	if (err)
		return err;
	struct inode *i = p.dentry->inode;
	if (mode & MAY_WRITE && (S_ISREG(i->mode) || S_ISDIR(i->mode) || S_ISLNK(i->mode)))
		err = path_writable(&p);
	if (!err && mode & MAY_EXEC && S_ISREG(i->mode) && p.mount->flags & MS_NOEXEC)
		err = -EACCES;
	if (!err)
		err = inode_permission(i, mode);
	path_put(&p);
	return err;
}

long sys_faccessat2(int dirfd, const char __user *path, int mode, int flags)
{
	struct task *t = task_current();
	if (mode & ~(MAY_READ | MAY_WRITE | MAY_EXEC) || flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EACCESS)
		return access_path(dirfd, path, mode, flags);
	struct cred real = real_cred(t->cred), *own = t->cred;
	t->cred = &real;
	int err = access_path(dirfd, path, mode, flags);
	t->cred = own;
	return err;
}

long sys_faccessat(int dirfd, const char __user *path, int mode)
{
	return sys_faccessat2(dirfd, path, mode, 0);
}

long sys_access(const char __user *path, int mode)
{
	return sys_faccessat2(AT_FDCWD, path, mode, 0);
}

/* ---- mode, owner, size ---- */

long sys_fchmodat(int dirfd, const char __user *path, u32 mode)
{
	struct path p;
	int err = path_walk_user(dirfd, path, 0, &p);
	if (err)
		return err;
	err = vfs_chmod(&p, mode);
	path_put(&p);
	return err;
}

long sys_chmod(const char __user *path, u32 mode)
{
	return sys_fchmodat(AT_FDCWD, path, mode);
}

long sys_fchmod(int fd, u32 mode)
{
	struct path p;
	int err = fd_path(fd, false, &p);
	if (err)
		return err;
	err = vfs_chmod(&p, mode);
	path_put(&p);
	return err;
}

long sys_fchownat(int dirfd, const char __user *path, u32 uid, u32 gid, int flags)
{
	struct path p;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	int err = path_walk_user(dirfd, path, walk_flags(flags), &p);
	if (err)
		return err;
	err = vfs_chown(&p, uid, gid);
	path_put(&p);
	return err;
}

long sys_chown(const char __user *path, u32 uid, u32 gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(const char __user *path, u32 uid, u32 gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(int fd, u32 uid, u32 gid)
{
	struct path p;
	int err = fd_path(fd, false, &p);
	if (err)
		return err;
	err = vfs_chown(&p, uid, gid);
	path_put(&p);
	return err;
}

long sys_truncate(const char __user *path, s64 size)
{
	struct path p;
	if (size < 0)
		return -EINVAL;
	int err = path_walk_user(AT_FDCWD, path, 0, &p);
	if (err)
		return err;
	err = vfs_truncate(&p, size);
	path_put(&p);
	return err;
}

/* ---- times ---- */

static int time_from_timespec(const struct __kernel_timespec *ts, struct timestamp_request *t)
{
	*t = (struct timestamp_request){.how = TIME_SET};
	if (ts->tv_nsec == UTIME_NOW)
		t->how = TIME_NOW;
	else if (ts->tv_nsec == UTIME_OMIT)
		t->how = TIME_OMIT;
	else if (ts->tv_nsec < 0 || ts->tv_nsec >= (long)NSEC_PER_SEC)
		return -EINVAL;
	else if (ts->tv_sec >= 0) /* what is before 1970 or after 2554 becomes the nearest that can be kept */
		t->ns = (u64)MIN(ts->tv_sec, TIME_SECONDS_MAX) * NSEC_PER_SEC + (u64)ts->tv_nsec;
	return 0;
}

static void times_now(struct timestamp_request t[2])
{
	t[0] = t[1] = (struct timestamp_request){.how = TIME_NOW};
}

/* path NULL: dirfd itself is the file (futimens). t NULL: these were no times. */
static long set_times(int dirfd, const char __user *path, const struct timestamp_request *t, int flags)
{
	struct path p;
	int err = path || dirfd == AT_FDCWD ? path_walk_user(dirfd, path, walk_flags(flags), &p) : fd_path(dirfd, false, &p);
	if (err)
		return err;
	err = t ? vfs_utimes(&p, t) : -EINVAL;
	path_put(&p);
	return err;
}

long sys_utimensat(int dirfd, const char __user *path, void __user *times, int flags)
{
	struct __kernel_timespec ts[2];
	struct timestamp_request t[2];
	times_now(t);
	bool bad = false; /* told only when the file is there */
	if (times) {
		if (copy_from_user(ts, times, sizeof(ts)))
			return -EFAULT;
		bad = time_from_timespec(&ts[0], &t[0]) || time_from_timespec(&ts[1], &t[1]);
	}
	if (!bad && t[0].how == TIME_OMIT && t[1].how == TIME_OMIT)
		return 0;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) || (!path && flags))
		return -EINVAL;
	if (!path && dirfd == AT_FDCWD)
		return -EFAULT;
	return set_times(dirfd, path, bad ? NULL : t, flags);
}

long sys_futimesat(int dirfd, const char __user *path, void __user *times)
{
	s64 tv[2][2];
	struct timestamp_request t[2];
	times_now(t);
	if (times) {
		if (copy_from_user(tv, times, sizeof(tv)))
			return -EFAULT;
		for (int i = 0; i < 2; i++) {
			if (tv[i][1] < 0 || tv[i][1] >= 1000000)
				return -EINVAL;
			struct __kernel_timespec ts = {tv[i][0], tv[i][1] * 1000};
			time_from_timespec(&ts, &t[i]);
		}
	}
	return set_times(dirfd, path, t, 0);
}

long sys_utimes(const char __user *path, void __user *times)
{
	return sys_futimesat(AT_FDCWD, path, times);
}

long sys_utime(const char __user *path, void __user *times)
{
	s64 seconds[2];
	struct timestamp_request t[2];
	times_now(t);
	if (times) {
		if (copy_from_user(seconds, times, sizeof(seconds)))
			return -EFAULT;
		for (int i = 0; i < 2; i++)
			time_from_timespec(&(struct __kernel_timespec){seconds[i], 0}, &t[i]);
	}
	return set_times(AT_FDCWD, path, t, 0);
}
