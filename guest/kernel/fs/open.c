#include <linux/capability.h>
#include <linux/mount.h>
#include "kernel/fs/device.h"
#include "kernel/fs/vfs.h"
#include "kernel/fs/walk.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

/* What a descriptor opened with O_PATH keeps of its flags: open(2), O_PATH. */
#define PATH_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW)
/* Flags that are a matter of the moment of opening only. */
#define MOMENTARY_FLAGS (OPEN_EXEC | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC | OPEN_EXEC)

static int wanted_access(u32 flags)
{
	if (flags & OPEN_EXEC)
		return MAY_EXEC;
	static const u8 by_mode[4] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE};
	if (flags & OPEN_EXEC)
		return 0;
	return by_mode[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

/* Is this opening allowed? open(2), ERRORS. */
static int check_open(const struct path *p, u32 flags, bool created)
{
	struct inode *i = p->dentry->inode;
	int access = wanted_access(flags);
	if (S_ISLNK(i->mode))
		return -ELOOP;
	if (S_ISDIR(i->mode) && (access & MAY_WRITE || flags & O_CREAT))
		return -EISDIR;
	if ((S_ISCHR(i->mode) || S_ISBLK(i->mode)) && p->mount->flags & MS_NODEV)
		return -EACCES;
	if (access & MAY_WRITE && (S_ISREG(i->mode) || S_ISDIR(i->mode)) && path_writable(p))
		return -EROFS;
	if (!created) {
		int err = inode_permission(i, access);
		if (err)
			return err;
	}
	if (flags & O_NOATIME && current_cred()->fsuid != i->uid && !capable(CAP_FOWNER))
		return -EPERM;
	return 0;
}

static int file_bind_ops(struct file *f)
{
	struct inode *i = f->inode;
	int err = 0;
	switch (i->mode & S_IFMT) {
	case S_IFCHR:
	case S_IFBLK:
		return device_open(i, f);
	case S_IFIFO:
		return i->ops->open ? i->ops->open(i, f) : fifo_open(i, f);
	case S_IFSOCK:
		return -ENXIO;
	default:
		if (!i->file_ops && !i->ops->open)
			return -ENXIO; /* an anonymous inode, through /proc/self/fd */
		f->ops = i->file_ops;
		if (i->ops->open)
			err = i->ops->open(i, f);
		return err;
	}
}

/* Give a fresh file its place; -ETXTBSY. */
static int file_set_path(struct file *f, const struct path *p)
{
	struct inode *i = p->dentry->inode;
	if (!(f->flags & O_PATH) && S_ISREG(i->mode) && FILE_WRITABLE(f)) {
		int err = inode_get_write(i);
		if (err)
			return err;
		f->write_counted = true;
	}
	path_get(p);
	f->path = *p;
	f->inode = i;
	return 0;
}

bool file_may_bypass(const struct file *f)
{
	return S_ISBLK(f->inode->mode) || f->ops->read == cached_file_read;
}

int file_open_unchecked(const struct path *p, u32 flags, struct file **out)
{
	static const struct file_ops path_only_ops;
	struct file *f = file_alloc(&path_only_ops, flags | (flags & O_PATH ? 0 : O_LARGEFILE));
	if (!f)
		return -ENOMEM;
	int err = file_set_path(f, p);
	if (!err && !(flags & O_PATH))
		err = file_bind_ops(f);
	if (!err && flags & O_DIRECT && !(flags & O_PATH) && !file_may_bypass(f)) {
		file_put(f);
		return -EINVAL;
	}
	if (!err && flags & O_TRUNC && S_ISREG(f->inode->mode))
		err = inode_truncate(f->inode, 0);
	f->flags &= ~MOMENTARY_FLAGS;
	if (err) {
		f->ops = &path_only_ops; /* was never opened: nothing to release */
		file_put(f);
		return err;
	}
	*out = f;
	return 0;
}

static int open_existing(const struct path *p, u32 flags, bool created, struct file **out)
{
	if (flags & O_PATH) {
		flags &= PATH_FLAGS;
	} else {
		int err = check_open(p, flags, created);
		if (err)
			return err;
		if (created)
			flags &= ~O_TRUNC;
	}
	if (flags & O_DIRECTORY && !S_ISDIR(p->dentry->inode->mode))
		return -ENOTDIR;
	return file_open_unchecked(p, flags, out);
}

int file_open_path(const struct path *p, u32 flags, struct file **out)
{
	return open_existing(p, flags & ~O_CREAT, false, out);
}

/* The final component does not exist: make it. */
static int create_last(struct walk *w, u32 mode, struct path *out)
{
	struct dentry *d = dentry_create(w->path.dentry, w->last, w->last_len);
	if (!d)
		return -ENOMEM;
	int err = path_writable(&w->path);
	if (!err)
		err = vfs_create(&w->path, d, mode);
	if (err) {
		dentry_put(d);
		return err;
	}
	*out = (struct path){mount_get(w->path.mount), d};
	return 0;
}

/* Something of that name exists: 1 when it is a link that was followed (walk on), 0 with *out, or -errno. */
static int use_last(struct walk *w, struct dentry *d, u32 flags, struct path *out)
{
	if (flags & O_EXCL) {
		dentry_put(d);
		return -EEXIST;
	}
	if (S_ISLNK(d->inode->mode) && (!(w->flags & WALK_NOFOLLOW) || w->trailing)) {
		bool magic = d->inode->ops->follow != NULL;
		int err = walk_last_follow(w, d);
		if (err || !magic)
			return err ? err : 1;
	} else {
		dentry_put(w->path.dentry);
		w->path.dentry = d;
		path_cross_mounts(&w->path);
	}
	*out = w->path;
	path_get(out);
	return 0;
}

/*
 * O_CREAT: /proc/sys/fs/protected_* aside, the final component is made where it, or the link that it is, points.
 * 0 with *out referenced and *created.
 */
static int walk_or_create(struct walk *w, u32 flags, u32 mode, struct path *out, bool *created)
{
	for (;;) {
		int err = walk_run(w, true);
		if (err)
			return err;
		struct inode *dir = w->path.dentry->inode;
		bool special = !w->last_len || (w->last[0] == '.' && (w->last_len == 1 ||
						(w->last_len == 2 && w->last[1] == '.')));
		if (special)
			return flags & O_EXCL && w->last_len ? -EEXIST : -EISDIR;
		if (w->trailing)
			return -EISDIR;
		if (!S_ISDIR(dir->mode))
			return -ENOTDIR;
		struct dentry *d;
		err = walk_last(w, &d);
		if (err == -ENOENT) {
			*created = true;
			return create_last(w, mode, out);
		}
		if (!err)
			err = use_last(w, d, flags, out);
		if (err <= 0)
			return err;
	}
}

static int open_create(int dirfd, const char *name, u32 flags, u32 mode, unsigned int walk, struct file **out)
{
	struct walk w;
	struct path p;
	bool created = false;
	int err = walk_begin(&w, dirfd, name, walk);
	if (err)
		return err;
	err = walk_or_create(&w, flags, mode, &p, &created);
	walk_end(&w);
	if (err)
		return err;
	err = open_existing(&p, flags, created, out);
	path_put(&p);
	return err;
}

/* O_TMPFILE: open(2). */
static int open_tmpfile(int dirfd, const char *name, u32 flags, u32 mode, unsigned int walk, struct file **out)
{
	struct path dir;
	if (!(wanted_access(flags & ~O_TRUNC) & MAY_WRITE))
		return -EINVAL;
	int err = path_walk(dirfd, name, walk | WALK_DIRECTORY, &dir);
	if (err)
		return err;
	struct inode *i = dir.dentry->inode;
	struct dentry *d = NULL;
	err = i->ops->tmpfile ? inode_permission(i, MAY_WRITE | MAY_EXEC) : -EOPNOTSUPP;
	if (!err)
		err = path_writable(&dir);
	if (!err) {
		d = dentry_create(dir.dentry, "#tmpfile", 8);
		err = d ? i->ops->tmpfile(i, d, (mode & 07777 & ~task_current()->fs->umask) | S_IFREG) : -ENOMEM;
	}
	if (!err) {
		d->unlinked = true;
		struct path p = {dir.mount, d};
		err = file_open_unchecked(&p, flags & ~(u32)(O_TMPFILE | O_TRUNC), out);
		if (!err)
			(*out)->flags |= O_TMPFILE; /* as F_GETFL shows it */
	}
	if (d)
		dentry_put(d);
	path_put(&dir);
	return err;
}

int file_open_walk(int dirfd, const char *name, u32 flags, u32 mode, unsigned int walk, struct file **out)
{
	flags &= ~OPEN_EXEC;
	if (flags & __O_SYNC)
		flags |= O_DSYNC; /* implied */
	if (flags & O_PATH)
		flags &= PATH_FLAGS;
	if (flags & O_NOFOLLOW)
		walk |= WALK_NOFOLLOW;
	if (flags & __O_TMPFILE && (flags & (O_TMPFILE | O_CREAT)) != O_TMPFILE)
		return -EINVAL; /* half of it, or more */
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return open_tmpfile(dirfd, name, flags, mode, walk, out);
	if (flags & O_CREAT && flags & O_EXCL)
		walk |= WALK_NOFOLLOW;
	if (flags & O_CREAT)
		return open_create(dirfd, name, flags, mode, walk, out);
	if (flags & O_DIRECTORY)
		walk |= WALK_DIRECTORY;
	struct path p;
	int err = path_walk(dirfd, name, walk, &p);
	if (err)
		return err;
	err = open_existing(&p, flags, false, out);
	path_put(&p);
	return err;
}

int file_open(int dirfd, const char *name, u32 flags, u32 mode, struct file **out)
{
	return file_open_walk(dirfd, name, flags, mode, 0, out);
}
