/* Calls on open files that move data or change what is in them. */
#include "syscall.h"
#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/uio.h>
#include "kernel/fs/event_file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"

/* read(2), NOTES: no call moves more. */
#define RW_MAX 0x7ffff000ul
#define IOV_ON_STACK 8

static isize transfer(struct file *f, struct uio *u, file_off *pos, bool write)
{
	if (u->left > (u64)(INT64_MAX - *pos))
		return -EINVAL; /* the end would be no offset */
	return write ? file_write(f, u, pos) : file_read(f, u, pos);
}

long sys_read(int fd, void __user *buf, size_t count)
{
	struct file *f = fd_get(fd);
	struct uio_segment s;
	struct uio u;
	if (!f)
		return -EBADF;
	isize done = -EFAULT;
	uio_user(&u, &s, (vaddr)buf, MIN(count, RW_MAX));
	if (likely(user_range_ok(buf, count)) || !FILE_READABLE(f) || !f->ops->read)
		done = file_read(f, &u, &f->pos);
	file_put(f);
	return done;
}

long sys_write(int fd, const void __user *buf, size_t count)
{
	struct file *f = fd_get(fd);
	struct uio_segment s;
	struct uio u;
	if (!f)
		return -EBADF;
	isize done = -EFAULT;
	uio_user(&u, &s, (vaddr)buf, MIN(count, RW_MAX));
	if (likely(user_range_ok(buf, count)) || !FILE_WRITABLE(f) || !f->ops->write)
		done = file_write(f, &u, &f->pos);
	file_put(f);
	return done;
}

/* A file for pread(2) and its kin: NULL with *err -EINVAL, -EBADF, -ESPIPE. */
static struct file *get_seekable(int fd, s64 off, isize *err)
{
	*err = -EINVAL;
	if (off < 0)
		return NULL;
	*err = -EBADF;
	struct file *f = fd_get(fd);
	if (!f)
		return NULL;
	if (file_has_offsets(f) || f->ops->readdir)
		return f;
	*err = -ESPIPE;
	file_put(f);
	return NULL;
}

static long transfer_at(int fd, vaddr buf, size_t count, s64 off, bool write)
{
	struct uio_segment s;
	struct uio u;
	isize done;
	struct file *f = get_seekable(fd, off, &done);
	if (!f)
		return done;
	uio_user(&u, &s, buf, MIN(count, RW_MAX));
	done = -EFAULT;
	if (user_range_ok((void __user *)buf, count))
		done = transfer(f, &u, &off, write);
	file_put(f);
	return done;
}

long sys_pread64(int fd, void __user *buf, size_t count, s64 off)
{
	return transfer_at(fd, (vaddr)buf, count, off, false);
}

long sys_pwrite64(int fd, const void __user *buf, size_t count, s64 off)
{
	return transfer_at(fd, (vaddr)buf, count, off, true);
}

/* ---- scatter, gather ---- */

_Static_assert(sizeof(struct iovec) == sizeof(struct uio_segment) &&
	       offsetof(struct iovec, iov_len) == offsetof(struct uio_segment, len), "iovec is a uio_segment");

struct iovec_import {
	struct uio_segment *seg;
	struct uio_segment small[IOV_ON_STACK];
};

static void iovec_release(struct iovec_import *v)
{
	if (v->seg != v->small)
		kfree(v->seg);
}

/* readv(2), EINVAL: lengths that do not fit an ssize_t. The whole is cut to RW_MAX. */
static int iovec_check(struct uio_segment *seg, unsigned int count, struct uio *u)
{
	size_t total = 0;
	for (unsigned int i = 0; i < count; i++)
		if ((isize)seg[i].len < 0)
			return -EINVAL;
	if (count == 1)
		seg->len = MIN(seg->len, RW_MAX); /* only of several is the rest looked at */
	for (unsigned int i = 0; i < count; i++) {
		if (!user_range_ok((void __user *)seg[i].base, seg[i].len))
			return -EFAULT;
		seg[i].len = MIN(seg[i].len, RW_MAX - total);
		total += seg[i].len;
	}
	*u = (struct uio){.seg = seg, .count = count, .left = total};
	return 0;
}

static int iovec_get(struct iovec_import *v, const void __user *iov, int count, struct uio *u)
{
	if (count < 0 || count > UIO_MAXIOV)
		return -EINVAL;
	v->seg = v->small;
	if (count > IOV_ON_STACK)
		v->seg = kmalloc((size_t)count * sizeof(*v->seg));
	if (!v->seg)
		return -ENOMEM;
	int err = copy_from_user(v->seg, iov, (size_t)count * sizeof(*v->seg));
	if (!err)
		err = iovec_check(v->seg, (unsigned int)count, u);
	if (err)
		iovec_release(v);
	return err;
}

/* RWF_*: preadv2(2). All files but pipes and terminals are in memory already, so that no read of them waits. */
static int rw_flags_check(struct file *f, unsigned int flags, bool write)
{
	unsigned int known = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND;
	if (flags & ~known)
		return -EOPNOTSUPP;
	if (write && f->ops->segments_apart && flags & ~RWF_HIPRI)
		return -EOPNOTSUPP;
	bool never_waits = S_ISREG(f->inode->mode) || (S_ISCHR(f->inode->mode) && f->ops->seek);
	return flags & RWF_NOWAIT && !never_waits ? -EOPNOTSUPP : 0;
}

/* Until one is not written whole; an error is told when nothing was written before. */
static isize write_segments(struct file *f, struct uio *u, file_off *pos)
{
	size_t done = 0;
	while (u->left) {
		struct uio_segment s = *u->seg;
		struct uio one = {.seg = &s, .count = 1, .left = s.len};
		isize n = file_write(f, &one, pos);
		if (n < 0 && !done)
			return n;
		done += n > 0 ? (size_t)n : 0;
		if (n < 0 || (size_t)n < s.len)
			break;
		uio_skip(u, s.len);
	}
	return (isize)done;
}

/* pos NULL: the file's own. */
static isize transfer_vector(struct file *f, const void __user *iov, int count, file_off *pos, bool write, unsigned int flags)
{
	struct iovec_import v;
	struct uio u;
	if (write ? !FILE_WRITABLE(f) : !FILE_READABLE(f))
		return -EBADF;
	int err = iovec_get(&v, iov, count, &u);
	if (err)
		return err;
	isize done = 0; /* of nothing: not even flags are looked at */
	if (u.left || !(write ? (void *)f->ops->write : (void *)f->ops->read)) {
		done = rw_flags_check(f, flags, write);
		if (!pos)
			pos = &f->pos;
		if (!done)
			done = write && f->ops->segments_apart ? write_segments(f, &u, pos) : transfer(f, &u, pos, write);
	}
	iovec_release(&v);
	return done;
}

static long vector_stream(int fd, const void __user *iov, int count, bool write)
{
	struct file *f = fd_get(fd);
	if (!f)
		return -EBADF;
	isize done = transfer_vector(f, iov, count, NULL, write, 0);
	file_put(f);
	return done;
}

static long vector_at(int fd, const void __user *iov, int count, s64 off, bool write)
{
	isize done;
	struct file *f = get_seekable(fd, off, &done);
	if (!f)
		return done;
	done = transfer_vector(f, iov, count, &off, write, 0);
	file_put(f);
	return done;
}

long sys_readv(int fd, const void __user *iov, int count)
{
	return vector_stream(fd, iov, count, false);
}

long sys_writev(int fd, const void __user *iov, int count)
{
	return vector_stream(fd, iov, count, true);
}

/* A 64-bit offset travels in the low word; the high one is for 32-bit callers. */
long sys_preadv(int fd, const void __user *iov, int count, unsigned long off_low, unsigned long off_high)
{
	(void)off_high;
	return vector_at(fd, iov, count, (s64)off_low, false);
}

long sys_pwritev(int fd, const void __user *iov, int count, unsigned long off_low, unsigned long off_high)
{
	(void)off_high;
	return vector_at(fd, iov, count, (s64)off_low, true);
}

static long vector_with_flags(int fd, const void __user *iov, int count, s64 off, unsigned int flags, bool write)
{
	isize done = -EBADF;
	struct file *f = off == -1 ? fd_get(fd) : get_seekable(fd, off, &done);
	if (!f)
		return done;
	u32 saved = f->flags;
	if (flags & RWF_APPEND && write)
		f->flags |= O_APPEND;
	done = transfer_vector(f, iov, count, off == -1 ? NULL : &off, write, flags);
	f->flags = saved;
	file_put(f);
	return done;
}

long sys_preadv2(int fd, const void __user *iov, int count, unsigned long off_low, unsigned long off_high,
		 unsigned int flags)
{
	(void)off_high;
	return vector_with_flags(fd, iov, count, (s64)off_low, flags, false);
}

long sys_pwritev2(int fd, const void __user *iov, int count, unsigned long off_low, unsigned long off_high,
		  unsigned int flags)
{
	(void)off_high;
	return vector_with_flags(fd, iov, count, (s64)off_low, flags, true);
}

/* ---- position and size ---- */

static file_off dir_seek(struct file *f, file_off off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	return off < 0 ? -EINVAL : (f->pos = off);
}

long sys_lseek(int fd, s64 off, int whence)
{
	struct file *f = fd_get(fd);
	if (!f)
		return -EBADF;
	file_off at = -ESPIPE;
	if (whence < 0 || whence > SEEK_MAX)
		at = -EINVAL;
	else if (f->ops->seek)
		at = f->ops->seek(f, off, whence);
	else if (f->ops->readdir)
		at = dir_seek(f, off, whence);
	file_put(f);
	return at;
}

long sys_ftruncate(int fd, s64 size)
{
	if (size < 0)
		return -EINVAL;
	struct file *f = fd_get(fd);
	if (!f)
		return -EBADF;
	int err = -EINVAL;
	if (S_ISREG(f->inode->mode) && FILE_WRITABLE(f))
		err = inode_truncate(f->inode, size);
	file_put(f);
	return err;
}

/* Is it a mode at all? */
static bool fallocate_mode_valid(int mode)
{
	switch (mode & ~FALLOC_FL_KEEP_SIZE) {
	case 0:
	case FALLOC_FL_ZERO_RANGE:
	case FALLOC_FL_UNSHARE_RANGE:
		return true;
	case FALLOC_FL_PUNCH_HOLE:
		return mode & FALLOC_FL_KEEP_SIZE;
	case FALLOC_FL_COLLAPSE_RANGE:
	case FALLOC_FL_INSERT_RANGE:
		return !(mode & FALLOC_FL_KEEP_SIZE);
	default:
		return false;
	}
}

/* Is it one that files here have? */
static bool fallocate_mode_offered(int mode)
{
	return !(mode & (FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE));
}

static int fallocate_check(struct file *f, int mode, s64 off, s64 len)
{
	s64 end;
	if (off < 0 || len <= 0)
		return -EINVAL;
	if (!fallocate_mode_valid(mode))
		return -EOPNOTSUPP;
	if (!FILE_WRITABLE(f))
		return -EBADF;
	if (S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!S_ISREG(f->inode->mode))
		return -ENODEV;
	if (__builtin_add_overflow(off, len, &end))
		return -EFBIG;
	return f->ops->fallocate && fallocate_mode_offered(mode) ? 0 : -EOPNOTSUPP;
}

long sys_fallocate(int fd, int mode, s64 off, s64 len)
{
	struct file *f = fd_get(fd);
	if (!f)
		return -EBADF;
	int err = fallocate_check(f, mode, off, len);
	if (!err)
		err = f->ops->fallocate(f, mode, off, len);
	file_put(f);
	return err;
}

/* Advice on caching: all is cached already, so after the checks there is nothing to do. posix_fadvise(2). */
long sys_fadvise64(int fd, s64 off, size_t len, int advice)
{
	struct file *f = fd_get(fd);
	(void)off;
	if (!f)
		return -EBADF;
	long err = 0;
	if (S_ISFIFO(f->inode->mode))
		err = -ESPIPE;
	else if ((isize)len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		err = -EINVAL;
	file_put(f);
	return err;
}

/* ---- write-back ---- */

static long sync_file(int fd, bool data_only)
{
	struct file *f = fd_get(fd);
	if (!f)
		return -EBADF;
	long err = -EINVAL;
	if (f->ops->fsync)
		err = f->ops->fsync(f, data_only);
	else if (S_ISREG(f->inode->mode) || S_ISDIR(f->inode->mode))
		err = 0; /* it lives in memory */
	file_put(f);
	return err;
}

long sys_fsync(int fd)
{
	return sync_file(fd, false);
}

long sys_fdatasync(int fd)
{
	return sync_file(fd, true);
}

long sys_sync(void)
{
	mounts_sync();
	return 0;
}

long sys_syncfs(int fd)
{
	struct file *f = fd_get(fd);
	if (!f)
		return -EBADF;
	struct super *s = f->path.mount->super;
	int err = s->ops && s->ops->sync ? s->ops->sync(s) : 0;
	file_put(f);
	return err;
}

long sys_sync_file_range(int fd, s64 off, s64 len, unsigned int flags)
{
	unsigned int known = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
	s64 end;
	struct file *f = fd_get(fd);
	if (!f)
		return -EBADF;
	long err = 0;
	if (flags & ~known || off < 0 || len < 0 || __builtin_add_overflow(off, len, &end))
		err = -EINVAL;
	else if (!S_ISREG(f->inode->mode) && !S_ISBLK(f->inode->mode) && !S_ISDIR(f->inode->mode))
		err = -ESPIPE;
	else if (f->ops->fsync && flags)
		err = f->ops->fsync(f, true);
	file_put(f);
	return err;
}
