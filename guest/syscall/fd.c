/* Descriptors: opening, duplicating, closing, fcntl, ioctl, pipes. */
#include "kernel/fs/stat.h"
#include "syscall.h"
#include <linux/capability.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/memfd.h>
#include <asm/ioctls.h>
#include "kernel/fs/memfd.h"
#include "kernel/fs/pipe.h"
#include "kernel/fs/vfs.h"
#include "kernel/fs/walk.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"

/* What open(2) knows; it ignores the rest (openat2(2) does not). */
#define OPEN_FLAGS_KNOWN                                                                        \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC |  \
	 FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC |   \
	 O_PATH | __O_SYNC | O_TMPFILE)

static long open_kernel_name(int dirfd, const char *name, u32 flags, u32 mode, unsigned int walk)
{
	struct file *f;
	int fd = fd_reserve(0, flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	int err = file_open_walk(dirfd, name, flags, mode, walk, &f);
	if (err) {
		fd_unreserve(fd);
		return err;
	}
	fd_install(fd, f);
	return fd;
}

static long open_user_name(int dirfd, const char __user *path, u32 flags, u32 mode, unsigned int walk)
{
	struct user_path up;
	int err = user_path_get(&up, path);
	if (err)
		return err;
	long fd = open_kernel_name(dirfd, up.name, flags, mode, walk);
	user_path_put(&up);
	return fd;
}

long sys_openat(int dirfd, const char __user *path, int flags, u32 mode)
{
	return open_user_name(dirfd, path, (u32)flags & OPEN_FLAGS_KNOWN, mode & 07777, 0);
}

long sys_open(const char __user *path, int flags, u32 mode)
{
	return sys_openat(AT_FDCWD, path, flags, mode);
}

long sys_creat(const char __user *path, u32 mode)
{
	return sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* Fields of a larger struct must be zero: openat2(2), "Extensibility". */
static int open_how_get(struct open_how *how, const void __user *p, size_t size)
{
	u8 more[64];
	if (size < sizeof(*how))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (!user_range_ok(p, size))
		return -EFAULT;
	for (size_t at = sizeof(*how); at < size; at += sizeof(more)) {
		size_t n = MIN(sizeof(more), size - at);
		if (copy_from_user(more, (const char __user *)p + at, n))
			return -EFAULT;
		for (size_t i = 0; i < n; i++)
			if (more[i])
				return -E2BIG;
	}
	return copy_from_user(how, p, sizeof(*how));
}

static int open_how_check(const struct open_how *how)
{
	const u64 path_allows = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const u64 resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |
			    RESOLVE_IN_ROOT | RESOLVE_CACHED;
	bool creates = how->flags & O_CREAT || (how->flags & O_TMPFILE) == O_TMPFILE;
	if (how->flags & ~(u64)OPEN_FLAGS_KNOWN || how->resolve & ~resolve)
		return -EINVAL;
	if (how->mode & ~07777ull || (how->mode && !creates))
		return -EINVAL;
	if (how->flags & O_PATH && how->flags & ~path_allows)
		return -EINVAL;
	if (how->resolve & RESOLVE_BENEATH && how->resolve & RESOLVE_IN_ROOT)
		return -EINVAL;
	if (how->resolve & RESOLVE_CACHED && how->flags & (O_TRUNC | O_CREAT | O_TMPFILE))
		return -EAGAIN;
	return 0;
}

static unsigned int resolve_to_walk(u64 resolve)
{
	static const struct {
		u64 resolve;
		unsigned int walk;
	} map[] = {{RESOLVE_NO_XDEV, WALK_NO_XDEV},
		   {RESOLVE_NO_MAGICLINKS, WALK_NO_MAGICLINKS},
		   {RESOLVE_NO_SYMLINKS, WALK_NO_SYMLINKS | WALK_NO_MAGICLINKS},
		   {RESOLVE_BENEATH, WALK_BENEATH},
		   {RESOLVE_IN_ROOT, WALK_IN_ROOT}};
	unsigned int walk = 0;
	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (resolve & map[i].resolve)
			walk |= map[i].walk;
	return walk;
}

long sys_openat2(int dirfd, const char __user *path, void __user *how_user, size_t size)
{
	struct open_how how;
	int err = open_how_get(&how, how_user, size);
	if (!err)
		err = open_how_check(&how);
	if (err)
		return err;
	return open_user_name(dirfd, path, (u32)how.flags, (u32)how.mode, resolve_to_walk(how.resolve));
}

long sys_close(int fd)
{
	return fd_close(fd);
}

long sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return fd_close_range(first, last, flags);
}

/* ---- duplicates ---- */

static long duplicate_from(int fd, int from, bool cloexec)
{
	struct file *f = fd_get_path(fd);
	if (!f)
		return -EBADF;
	int new = fd_reserve(from, cloexec);
	if (new < 0)
		file_put(f);
	else
		fd_install(new, f);
	return new;
}

long sys_dup(int fd)
{
	return duplicate_from(fd, 0, false);
}

static long duplicate_to(int old, int new, bool cloexec)
{
	struct file *f = fd_get_path(old);
	if (!f)
		return -EBADF;
	long fd = fd_replace(f, new, cloexec);
	file_put(f);
	return fd;
}

long sys_dup2(int old, int new)
{
	if (old == new) {
		int open = fd_get_cloexec(old);
		return open < 0 ? open : new;
	}
	return duplicate_to(old, new, false);
}

long sys_dup3(int old, int new, int flags)
{
	if (flags & ~O_CLOEXEC || old == new)
		return -EINVAL;
	return duplicate_to(old, new, flags & O_CLOEXEC);
}

/* ---- pipes, memfd ---- */

long sys_pipe2(int __user *fds, int flags)
{
	struct file *ends[2];
	int fd[2];
	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_EXCL))
		return -EINVAL;
	if (flags & O_EXCL)
		return -ENOPKG; /* O_NOTIFICATION_PIPE: there is no watch_queue(7) */
	int err = pipe_create((u32)flags, &ends[0], &ends[1]);
	if (err)
		return err;
	fd[0] = err = fd_reserve(0, flags & O_CLOEXEC);
	if (err < 0)
		goto no_first;
	fd[1] = err = fd_reserve(0, flags & O_CLOEXEC);
	if (err < 0)
		goto no_second;
	err = copy_to_user(fds, fd, sizeof(fd));
	if (err)
		goto no_copy;
	fd_install(fd[0], ends[0]);
	fd_install(fd[1], ends[1]);
	return 0;
no_copy:
	fd_unreserve(fd[1]);
no_second:
	fd_unreserve(fd[0]);
no_first:
	file_put(ends[0]);
	file_put(ends[1]);
	return err;
}

long sys_pipe(int __user *fds)
{
	return sys_pipe2(fds, 0);
}

long sys_memfd_create(const char __user *name, unsigned int flags)
{
	char text[MEMFD_NAME_MAX + 1];
	struct file *f;
	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	isize n = strncpy_from_user(text, name, sizeof(text));
	if (n < 0)
		return n == -ENAMETOOLONG ? -EINVAL : n;
	int err = memfd_create(text, flags & MFD_ALLOW_SEALING, &f);
	if (err)
		return err;
	int fd = fd_add(f, flags & MFD_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* ---- fcntl ---- */

static long set_status_flags(struct file *f, unsigned long arg)
{
	const u32 settable = O_APPEND | O_DIRECT | O_NOATIME | O_NONBLOCK | (f->ops->sends_sigio ? FASYNC : 0);
	u32 flags = (u32)arg;
	if (flags & O_NOATIME && !(f->flags & O_NOATIME) && current_cred()->fsuid != f->inode->uid &&
	    !capable(CAP_FOWNER))
		return -EPERM;
	if (f->inode->seals & F_SEAL_WRITE && flags & O_DIRECT)
		return -EINVAL;
	if (flags & O_DIRECT && !file_is_pipe(f) && (!file_may_bypass(f) || f->path.mount == &anon_mount))
		return -EINVAL;
	f->flags = (f->flags & ~settable) | (flags & settable);
	return 0;
}

static long lock_command(struct file *f, int cmd, unsigned long arg)
{
	struct flock l;
	if (copy_from_user(&l, (const void __user *)arg, sizeof(l)))
		return -EFAULT;
	int err = file_posix_lock(f, cmd, &l);
	if (!err && (cmd == F_GETLK || cmd == F_OFD_GETLK))
		err = copy_to_user((void __user *)arg, &l, sizeof(l));
	return err;
}

/* F_SETOWN: a negative id is a process group. */
static long set_owner(struct file *f, int type, int id)
{
	if (id && !(type == F_OWNER_PGRP ? pid_find(id) : type == F_OWNER_PID ? (void *)process_find(id) :
										  (void *)task_find(id)))
		return -ESRCH;
	f->owner.type = type;
	f->owner.pid = id;
	f->owner.uid = current_cred()->uid;
	f->owner.euid = current_cred()->euid;
	return 0;
}

static long owner_command(struct file *f, int cmd, unsigned long arg)
{
	struct f_owner_ex ex = {f->owner.type, f->owner.pid};
	u32 ids[2] = {f->owner.uid, f->owner.euid};
	int id = (int)arg;
	switch (cmd) {
	case F_SETOWN:
		if (id == INT32_MIN)
			return -EINVAL;
		return id < 0 ? set_owner(f, F_OWNER_PGRP, -id) : set_owner(f, F_OWNER_PID, id);
	case F_GETOWN:
		return f->owner.type == F_OWNER_PGRP ? -f->owner.pid : f->owner.pid;
	case F_GETOWN_EX:
		return copy_to_user((void __user *)arg, &ex, sizeof(ex));
	case F_GETOWNER_UIDS:
		return copy_to_user((void __user *)arg, ids, sizeof(ids));
	case F_SETOWN_EX:
		if (copy_from_user(&ex, (const void __user *)arg, sizeof(ex)))
			return -EFAULT;
		if (ex.type < F_OWNER_TID || ex.type > F_OWNER_PGRP)
			return -EINVAL;
		return set_owner(f, ex.type, ex.pid);
	case F_SETSIG:
		if (arg > SIGNAL_COUNT)
			return -EINVAL;
		f->owner.sig = id;
		return 0;
	default:
		return f->owner.sig;
	}
}

/* Commands on the file itself, not allowed through O_PATH. */
static long file_command(struct file *f, int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_SETFL:
		return set_status_flags(f, arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return lock_command(f, cmd, arg);
	case F_SETOWN:
	case F_GETOWN:
	case F_SETOWN_EX:
	case F_GETOWN_EX:
	case F_GETOWNER_UIDS:
	case F_SETSIG:
	case F_GETSIG:
		return owner_command(f, cmd, arg);
	case F_SETPIPE_SZ:
		return file_is_pipe(f) ? pipe_set_size(f, (u32)arg) : -EBADF;
	case F_GETPIPE_SZ:
		return file_is_pipe(f) ? pipe_get_size(f) : -EBADF;
	case F_GETLEASE:
		return F_UNLCK; /* nobody has one */
	case F_ADD_SEALS:
		return memfd_add_seals(f, (u32)arg);
	case F_GET_SEALS:
		return memfd_get_seals(f);
	default:
		return -EINVAL;
	}
}

long sys_fcntl(int fd, int cmd, unsigned long arg)
{
	struct file *f = fd_get_path(fd);
	if (!f)
		return -EBADF;
	long ret;
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		ret = arg > INT32_MAX ? -EINVAL : duplicate_from(fd, (int)arg, cmd == F_DUPFD_CLOEXEC);
		break;
	case F_GETFD:
		ret = fd_get_cloexec(fd) ? FD_CLOEXEC : 0;
		break;
	case F_SETFD:
		ret = fd_set_cloexec(fd, arg & FD_CLOEXEC);
		break;
	case F_GETFL:
		ret = (long)f->flags;
		break;
	default:
		ret = f->flags & O_PATH ? -EBADF : file_command(f, cmd, arg);
	}
	file_put(f);
	return ret;
}

long sys_flock(int fd, int operation)
{
	int kind = operation & ~LOCK_NB;
	if (operation & LOCK_MAND)
		return 0; /* mandatory locks are no more, and asking for one was never refused */
	if (kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN)
		return -EINVAL;
	struct file *f = fd_get(fd);
	if (!f)
		return -EBADF;
	long ret = file_flock(f, operation);
	file_put(f);
	return ret;
}

/* ---- ioctl ---- */

/* An answer only where it would change something. */
static long toggle_sigio(struct file *f, const int __user *arg)
{
	int on;
	if (get_user(on, arg))
		return -EFAULT;
	if (!on == !(f->flags & FASYNC))
		return 0;
	if (!f->ops->sends_sigio)
		return -ENOTTY;
	f->flags ^= FASYNC;
	return 0;
}

static long toggle_flag(struct file *f, u32 flag, unsigned long arg)
{
	int on;
	if (get_user(on, (const int __user *)arg))
		return -EFAULT;
	f->flags = on ? f->flags | flag : f->flags & ~flag;
	return 0;
}

/* FIOQSIZE: bytes of storage, not of contents. */
static long space_taken(struct file *f, s64 __user *arg)
{
	struct stat st;
	if (!S_ISREG(f->inode->mode) && !S_ISDIR(f->inode->mode))
		return -ENOTTY;
	int err = path_stat(&f->path, &st);
	return err ? err : put_user((s64)st.st_blocks * 512, arg);
}

/* ioctl_ficlone(2): no file system here shares data. */
static long clone_file(int fd, struct file *to)
{
	struct file *from = fd_get(fd);
	if (!from)
		return -EBADF;
	u32 in = from->inode->mode, out = to->inode->mode;
	long err = -EOPNOTSUPP;
	if (from->inode->super != to->inode->super)
		err = -EXDEV;
	else if (S_ISDIR(in) || S_ISDIR(out))
		err = -EISDIR;
	else if (!S_ISREG(in) || !S_ISREG(out))
		err = -EINVAL;
	else if (!FILE_READABLE(from) || !FILE_WRITABLE(to) || to->flags & O_APPEND)
		err = -EBADF;
	file_put(from);
	return err;
}

static long file_ioctl(int fd, struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case FIOCLEX:
		return fd_set_cloexec(fd, true);
	case FIONCLEX:
		return fd_set_cloexec(fd, false);
	case FIONBIO:
		return toggle_flag(f, O_NONBLOCK, arg);
	case FIOASYNC:
		return toggle_sigio(f, (const int __user *)arg);
	case FIGETBSZ:
		return put_user((int)PAGE_SIZE, (int __user *)arg);
	case FIOQSIZE:
		return space_taken(f, (s64 __user *)arg);
	case FS_IOC_FIEMAP:
		return -EOPNOTSUPP;
	case FICLONE:
		return clone_file((int)arg, f);
	case FIONREAD:
		if (S_ISREG(f->inode->mode))
			return put_user((int)((file_off)f->inode->size - f->pos), (int __user *)arg);
	}
	return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

long sys_ioctl(int fd, unsigned int cmd, unsigned long arg)
{
	struct file *f = fd_get(fd);
	if (!f)
		return -EBADF;
	long ret = file_ioctl(fd, f, cmd, arg);
	file_put(f);
	return ret;
}
