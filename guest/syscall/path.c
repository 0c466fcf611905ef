/* Calls on names: making, removing, linking, walking about, listing. */
#include "syscall.h"
#include <linux/capability.h>
#include <linux/fs.h>
#include "kernel/fs/vfs.h"
#include "kernel/fs/walk.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"

/* ---- making ---- */

long sys_mkdirat(int dirfd, const char __user *path, u32 mode)
{
	struct user_path up;
	int err = user_path_get(&up, path);
	if (err)
		return err;
	err = vfs_mkdir(dirfd, up.name, mode);
	user_path_put(&up);
	return err;
}

long sys_mkdir(const char __user *path, u32 mode)
{
	return sys_mkdirat(AT_FDCWD, path, mode);
}

/* What can be made is told before the name is looked at. */
static int mknod_type(u32 mode)
{
	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	default:
		return S_ISDIR(mode) ? -EPERM : -EINVAL;
	}
}

long sys_mknodat(int dirfd, const char __user *path, u32 mode, unsigned int dev)
{
	struct user_path up;
	int err = mknod_type(mode);
	if (!err)
		err = user_path_get(&up, path);
	if (err)
		return err;
	err = vfs_mknod(dirfd, up.name, mode, dev_decode(dev));
	user_path_put(&up);
	return err;
}

long sys_mknod(const char __user *path, u32 mode, unsigned int dev)
{
	return sys_mknodat(AT_FDCWD, path, mode, dev);
}

/* Two user strings at once. */
static int two_names_get(struct user_path *a, const char __user *pa, struct user_path *b, const char __user *pb)
{
	int err = user_path_get(a, pa);
	if (err)
		return err;
	err = user_path_get(b, pb);
	if (err)
		user_path_put(a);
	return err;
}

static void two_names_put(struct user_path *a, struct user_path *b)
{
	user_path_put(a);
	user_path_put(b);
}

long sys_symlinkat(const char __user *target, int dirfd, const char __user *path)
{
	struct user_path text, name;
	int err = two_names_get(&text, target, &name, path);
	if (err)
		return err;
	err = vfs_symlink(text.name, dirfd, name.name);
	two_names_put(&text, &name);
	return err;
}

long sys_symlink(const char __user *target, const char __user *path)
{
	return sys_symlinkat(target, AT_FDCWD, path);
}

long sys_linkat(int olddir, const char __user *old, int newdir, const char __user *new, int flags)
{
	struct user_path from, to;
	struct path p;
	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	unsigned int walk = flags & AT_SYMLINK_FOLLOW ? 0 : WALK_NOFOLLOW;
	if (flags & AT_EMPTY_PATH)
		walk |= WALK_EMPTY;
	if (flags & AT_EMPTY_PATH && !capable(CAP_DAC_READ_SEARCH))
		return -ENOENT;
	int err = two_names_get(&from, old, &to, new);
	if (err)
		return err;
	err = path_walk(olddir, from.name, walk, &p);
	if (!err) {
		err = vfs_link(&p, newdir, to.name);
		path_put(&p);
	}
	two_names_put(&from, &to);
	return err;
}

long sys_link(const char __user *old, const char __user *new)
{
	return sys_linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

/* ---- removing, renaming ---- */

long sys_unlinkat(int dirfd, const char __user *path, int flags)
{
	struct user_path up;
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	int err = user_path_get(&up, path);
	if (err)
		return err;
	err = flags & AT_REMOVEDIR ? vfs_rmdir(dirfd, up.name) : vfs_unlink(dirfd, up.name);
	user_path_put(&up);
	return err;
}

long sys_unlink(const char __user *path)
{
	return sys_unlinkat(AT_FDCWD, path, 0);
}

long sys_rmdir(const char __user *path)
{
	return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

long sys_renameat2(int olddir, const char __user *old, int newdir, const char __user *new, unsigned int flags)
{
	struct user_path from, to;
	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT) ||
	    (flags & RENAME_EXCHANGE && flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)))
		return -EINVAL;
	int err = two_names_get(&from, old, &to, new);
	if (err)
		return err;
	err = vfs_rename(olddir, from.name, newdir, to.name, flags);
	two_names_put(&from, &to);
	return err;
}

long sys_renameat(int olddir, const char __user *old, int newdir, const char __user *new)
{
	return sys_renameat2(olddir, old, newdir, new, 0);
}

long sys_rename(const char __user *old, const char __user *new)
{
	return sys_renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

/* ---- reading links ---- */

static isize link_read(const struct path *p, char *buf, size_t size)
{
	struct inode *i = p->dentry->inode;
	if (!S_ISLNK(i->mode) || !i->ops->readlink)
		return -EINVAL;
	inode_accessed(p->mount, i, 0);
	return i->ops->readlink(i, buf, size);
}

long sys_readlinkat(int dirfd, const char __user *path, void __user *out, size_t size)
{
	struct path p;
	if ((int)size <= 0)
		return -EINVAL;
	char first = 0;
	int err = path_walk_user(dirfd, path, WALK_NOFOLLOW | WALK_EMPTY, &p);
	if (err)
		return err;
	if (!S_ISLNK(p.dentry->inode->mode)) {
		path_put(&p);
		return get_user(first, path) || first ? -EINVAL : -ENOENT; /* "" names nothing here but a link */
	}
	char *buf = kmalloc(PATH_LEN_MAX);
	isize n = buf ? link_read(&p, buf, MIN(size, (size_t)PATH_LEN_MAX)) : -ENOMEM;
	if (n > 0 && copy_to_user(out, buf, (size_t)n))
		n = -EFAULT;
	kfree(buf);
	path_put(&p);
	return n;
}

long sys_readlink(const char __user *path, void __user *buf, size_t size)
{
	return sys_readlinkat(AT_FDCWD, path, buf, size);
}

/* ---- where the task stands ---- */

long sys_getcwd(void __user *out, size_t size)
{
	const struct path *cwd = &task_current()->fs->cwd;
	if (cwd->dentry->unlinked)
		return -ENOENT;
	char *buf = kmalloc(PATH_LEN_MAX);
	if (!buf)
		return -ENOMEM;
	char *name = path_name(cwd, buf, PATH_LEN_MAX);
	long ret = -ENAMETOOLONG;
	if (name && !path_reachable(cwd)) /* getcwd(2), NOTES */
		name = name - buf >= 13 ? memcpy(name - 13, "(unreachable)", 13) : NULL;
	if (name) {
		size_t n = (size_t)(buf + PATH_LEN_MAX - name);
		ret = n > size ? -ERANGE : copy_to_user(out, name, n) ? -EFAULT : (long)n;
	}
	kfree(buf);
	return ret;
}

/* Make p, whose reference is taken over, the new *place. */
static long move_to(struct path *place, const struct path *p)
{
	int err = inode_permission(p->dentry->inode, MAY_EXEC);
	if (err) {
		path_put(p);
		return err;
	}
	struct path old = *place;
	*place = *p;
	path_put(&old);
	return 0;
}

long sys_chdir(const char __user *path)
{
	struct path p;
	int err = path_walk_user(AT_FDCWD, path, WALK_DIRECTORY, &p);
	return err ? err : move_to(&task_current()->fs->cwd, &p);
}

long sys_fchdir(int fd)
{
	struct file *f = fd_get_path(fd);
	if (!f)
		return -EBADF;
	long err = -ENOTDIR;
	if (S_ISDIR(f->inode->mode)) {
		struct path p = f->path;
		path_get(&p);
		err = move_to(&task_current()->fs->cwd, &p);
	}
	file_put(f);
	return err;
}

long sys_chroot(const char __user *path)
{
	struct path p;
	int err = path_walk_user(AT_FDCWD, path, WALK_DIRECTORY, &p);
	if (err)
		return err;
	err = inode_permission(p.dentry->inode, MAY_EXEC);
	if (!err && !capable(CAP_SYS_CHROOT))
		err = -EPERM;
	if (err) {
		path_put(&p);
		return err;
	}
	return move_to(&task_current()->fs->root, &p);
}

long sys_umask(u32 mask)
{
	struct fs_context *fs = task_current()->fs;
	u32 old = fs->umask;
	fs->umask = mask & 0777;
	return old;
}

/* ---- listing: getdents(2) ---- */

struct entry_head64 {
	u64 ino;
	s64 off;
	u16 reclen;
	u8 type;
} __packed;

struct entry_head {
	unsigned long ino, off;
	u16 reclen;
} __packed;

/* Records gather in a kernel buffer and go out in one copy. */
struct listing {
	struct dir_emit emit;
	struct file *file;
	char *buf;
	size_t size, used;
	bool old;	/* getdents: the type is the record's last byte */
	bool too_small; /* not even one entry fits */
};

static void put_record(struct listing *l, size_t reclen, const char *name, size_t len, u64 ino, unsigned int type,
		       file_off off)
{
	char *at = l->buf + l->used;
	memset(at, 0, reclen);
	if (l->old) {
		struct entry_head h = {ino, (unsigned long)off, (u16)reclen};
		memcpy(at, &h, sizeof(h));
		memcpy(at + sizeof(h), name, len);
		at[reclen - 1] = (char)type;
	} else {
		struct entry_head64 h = {ino, off, (u16)reclen, (u8)type};
		memcpy(at, &h, sizeof(h));
		memcpy(at + sizeof(h), name, len);
	}
}

static bool listing_emit(struct dir_emit *e, const char *name, size_t len, u64 ino, unsigned int type, file_off off)
{
	struct listing *l = container_of(e, struct listing, emit);
	size_t head = l->old ? sizeof(struct entry_head) + 1 : sizeof(struct entry_head64);
	size_t reclen = ALIGN_UP(head + len + 1, 8);
	if (reclen > l->size - l->used) {
		l->too_small = !l->used;
		return false;
	}
	put_record(l, reclen, name, len, ino, type, off);
	l->used += reclen;
	l->file->pos = off;
	return true;
}

static long list_directory(struct file *f, void __user *out, size_t size, bool old)
{
	struct listing l = {.emit = {listing_emit}, .file = f, .size = MIN(size, 32768ul), .old = old};
	if (!f->ops->readdir)
		return -ENOTDIR;
	if (f->path.dentry->unlinked)
		return -ENOENT;
	l.buf = kmalloc(MAX(l.size, 1ul));
	if (!l.buf)
		return -ENOMEM;
	file_off start = f->pos;
	long ret = f->ops->readdir(f, &l.emit);
	if (!ret && l.too_small)
		ret = -EINVAL;
	if (!ret && copy_to_user(out, l.buf, l.used)) {
		f->pos = start;
		ret = -EFAULT;
	}
	kfree(l.buf);
	return ret ? ret : (long)l.used;
}

static long list_fd(int fd, void __user *out, size_t size, bool old)
{
	struct file *f = fd_get(fd);
	if (!f)
		return -EBADF;
	/* Counted in an int: a size beyond that has room for nothing. */
	long ret = list_directory(f, out, (s32)size < 0 ? 0 : (u32)size, old);
	file_put(f);
	return ret;
}

long sys_getdents64(int fd, void __user *buf, size_t size)
{
	return list_fd(fd, buf, size, false);
}

long sys_getdents(int fd, void __user *buf, size_t size)
{
	return list_fd(fd, buf, size, true);
}
