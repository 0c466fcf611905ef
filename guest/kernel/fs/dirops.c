#include <linux/capability.h>
#include <linux/fs.h>
#include "kernel/fs/vfs.h"
#include "kernel/fs/walk.h"
#include "kernel/lib/string.h"
#include "kernel/task/task.h"

enum last_kind { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

static enum last_kind last_kind(const struct walk *w)
{
	if (!w->last_len)
		return LAST_ROOT;
	if (w->last[0] != '.' || w->last_len > 2)
		return LAST_NAME;
	if (w->last_len == 1)
		return LAST_DOT;
	return w->last[1] == '.' ? LAST_DOTDOT : LAST_NAME;
}

static int walk_to_parent(struct walk *w, int dirfd, const char *name)
{
	int err = walk_begin(w, dirfd, name, 0);
	if (err)
		return err;
	err = walk_run(w, true);
	if (!err && !S_ISDIR(w->path.dentry->inode->mode))
		err = -ENOTDIR;
	if (err)
		walk_end(w);
	return err;
}

void inode_inherit(struct inode *i, const struct inode *dir)
{
	if (!(dir->mode & S_ISGID))
		return;
	i->gid = dir->gid;
	if (S_ISDIR(i->mode))
		i->mode |= S_ISGID;
	else if ((i->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && current_cred()->fsgid != i->gid &&
		 !cred_in_group(current_cred(), i->gid) && !capable(CAP_FSETID))
		i->mode &= ~S_ISGID;
}

/* May the current task make an entry in dir? */
static int may_create(const struct path *dir)
{
	if (dir->dentry->unlinked)
		return -ENOENT;
	return inode_permission(dir->dentry->inode, MAY_WRITE | MAY_EXEC);
}

/* May it remove victim from dir? unlink(2), EPERM: the sticky bit. */
static int may_remove(const struct path *dir, const struct dentry *victim)
{
	const struct inode *d = dir->dentry->inode;
	u32 me = current_cred()->fsuid;
	int err = inode_permission(dir->dentry->inode, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (d->mode & S_ISVTX && me != victim->inode->uid && me != d->uid && !capable(CAP_FOWNER))
		return -EPERM;
	return 0;
}

static u32 masked(u32 mode)
{
	return mode & ~task_current()->fs->umask;
}

/* Walk to where name is to be made. 0: w (walk_end owed) and the negative *d are the caller's. */
static int begin_create(struct walk *w, int dirfd, const char *name, bool is_dir, struct dentry **d)
{
	int err = walk_to_parent(w, dirfd, name);
	if (err)
		return err;
	err = -EEXIST;
	if (last_kind(w) == LAST_NAME)
		err = walk_last(w, d);
	if (!err) {
		dentry_put(*d);
		err = -EEXIST;
	} else if (err == -ENOENT && !w->path.dentry->inode->ops->closed && (!w->trailing || is_dir)) {
		err = path_writable(&w->path);
	}
	if (!err)
		err = may_create(&w->path);
	if (!err) {
		*d = dentry_create(w->path.dentry, w->last, w->last_len);
		err = *d ? 0 : -ENOMEM;
	}
	if (err)
		walk_end(w);
	return err;
}

static void end_create(struct walk *w, struct dentry *d)
{
	dentry_put(d);
	walk_end(w);
}

int vfs_create(const struct path *dir, struct dentry *d, u32 mode)
{
	struct inode *i = dir->dentry->inode;
	int err = may_create(dir);
	if (err)
		return err;
	if (!i->ops->create)
		return -EACCES;
	return i->ops->create(i, d, masked(mode & 07777) | S_IFREG);
}

int vfs_mknod(int dirfd, const char *name, u32 mode, u32 rdev)
{
	struct walk w;
	struct dentry *d;
	u32 type = mode & S_IFMT;
	if (!type)
		mode |= type = S_IFREG;
	int err = begin_create(&w, dirfd, name, false, &d);
	if (err)
		return err;
	struct inode *dir = w.path.dentry->inode;
	mode = masked(mode & 07777) | type;
	/* A character device 0 is what overlay file systems take for a removed name: nothing that needs a privilege. */
	bool device = type == S_IFBLK || (type == S_IFCHR && rdev);
	if (device && !capable(CAP_MKNOD))
		err = -EPERM;
	else if (type == S_IFREG)
		err = dir->ops->create ? dir->ops->create(dir, d, mode) : -EACCES;
	else
		err = dir->ops->mknod ? dir->ops->mknod(dir, d, mode, rdev) : -EPERM;
	end_create(&w, d);
	return err;
}

int vfs_mkdir(int dirfd, const char *name, u32 mode)
{
	struct walk w;
	struct dentry *d;
	int err = begin_create(&w, dirfd, name, true, &d);
	if (err)
		return err;
	struct inode *dir = w.path.dentry->inode;
	err = dir->ops->mkdir ? dir->ops->mkdir(dir, d, masked(mode & 01777) | S_IFDIR) : -EPERM;
	end_create(&w, d);
	return err;
}

int vfs_symlink(const char *target, int dirfd, const char *name)
{
	struct walk w;
	struct dentry *d;
	if (!*target)
		return -ENOENT;
	int err = begin_create(&w, dirfd, name, false, &d);
	if (err)
		return err;
	struct inode *dir = w.path.dentry->inode;
	err = dir->ops->symlink ? dir->ops->symlink(dir, d, target) : -EPERM;
	end_create(&w, d);
	return err;
}

int vfs_link(const struct path *old, int dirfd, const char *name)
{
	struct walk w;
	struct dentry *d;
	struct inode *i = old->dentry->inode;
	int err = begin_create(&w, dirfd, name, false, &d);
	if (err)
		return err;
	struct inode *dir = w.path.dentry->inode;
	if (w.path.mount != old->mount)
		err = -EXDEV;
	else if (S_ISDIR(i->mode) || !dir->ops->link)
		err = -EPERM;
	else if (!i->nlink && !i->linkable)
		err = -ENOENT;
	else
		err = dir->ops->link(i, dir, d);
	end_create(&w, d);
	return err;
}

/* ---- removal ---- */

static int unlink_entry(struct walk *w, struct dentry *d)
{
	struct inode *dir = w->path.dentry->inode;
	if (w->trailing)
		return S_ISDIR(d->inode->mode) ? -EISDIR : -ENOTDIR;
	int err = path_writable(&w->path);
	if (!err)
		err = may_remove(&w->path, d);
	if (err)
		return err;
	if (S_ISDIR(d->inode->mode))
		return -EISDIR;
	if (d->mountpoint)
		return -EBUSY;
	if (!dir->ops->unlink)
		return -EPERM;
	err = dir->ops->unlink(dir, d);
	if (!err)
		dentry_drop(d);
	return err;
}

int vfs_unlink(int dirfd, const char *name)
{
	struct walk w;
	struct dentry *d;
	int err = walk_to_parent(&w, dirfd, name);
	if (err)
		return err;
	err = -EISDIR;
	if (last_kind(&w) == LAST_NAME)
		err = walk_last(&w, &d);
	if (!err) {
		err = unlink_entry(&w, d);
		dentry_put(d);
	}
	walk_end(&w);
	return err;
}

static int rmdir_entry(struct walk *w, struct dentry *d)
{
	struct inode *dir = w->path.dentry->inode;
	int err = path_writable(&w->path);
	if (!err)
		err = may_remove(&w->path, d);
	if (err)
		return err;
	if (!S_ISDIR(d->inode->mode))
		return -ENOTDIR;
	if (d->mountpoint)
		return -EBUSY;
	if (!dir->ops->rmdir)
		return -EPERM;
	err = dir->ops->rmdir(dir, d);
	if (!err)
		dentry_drop(d);
	return err;
}

int vfs_rmdir(int dirfd, const char *name)
{
	static const int by_kind[] = {[LAST_DOT] = -EINVAL, [LAST_DOTDOT] = -ENOTEMPTY, [LAST_ROOT] = -EBUSY};
	struct walk w;
	struct dentry *d;
	int err = walk_to_parent(&w, dirfd, name);
	if (err)
		return err;
	err = by_kind[last_kind(&w)];
	if (!err)
		err = walk_last(&w, &d);
	if (!err) {
		err = rmdir_entry(&w, d);
		dentry_put(d);
	}
	walk_end(&w);
	return err;
}

/* ---- rename ---- */

/* One rename in progress: both walks, and the dentries (new is negative when nothing is replaced). */
struct renaming {
	struct walk from, to;
	struct dentry *old, *new;
	unsigned int flags;
};

/* rename(2), ERRORS, in the order Linux finds them. */
static int rename_check_names(const struct renaming *r)
{
	bool exchange = r->flags & RENAME_EXCHANGE;
	bool exists = r->new->inode;
	if (exists && r->flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (!exists && exchange)
		return -ENOENT;
	if (exchange && !S_ISDIR(r->new->inode->mode) && r->to.trailing)
		return -ENOTDIR;
	if (!S_ISDIR(r->old->inode->mode) && (r->from.trailing || (!exchange && r->to.trailing)))
		return -ENOTDIR;
	if (dentry_is_below(r->to.path.dentry, r->old))
		return -EINVAL;
	if (exists && dentry_is_below(r->from.path.dentry, r->new))
		return exchange ? -EINVAL : -ENOTEMPTY;
	return path_writable(&r->from.path);
}

static int rename_check_target(const struct renaming *r)
{
	if (!r->new->inode)
		return may_create(&r->to.path);
	int err = may_remove(&r->to.path, r->new);
	if (err || r->flags & RENAME_EXCHANGE)
		return err;
	bool dir = S_ISDIR(r->old->inode->mode);
	if (dir && !S_ISDIR(r->new->inode->mode))
		return -ENOTDIR;
	return !dir && S_ISDIR(r->new->inode->mode) ? -EISDIR : 0;
}

/* Moving a directory elsewhere changes its "..": that takes write permission on it. */
static int rename_check_dotdot(const struct renaming *r)
{
	int err = 0;
	if (r->from.path.dentry == r->to.path.dentry)
		return 0;
	if (S_ISDIR(r->old->inode->mode))
		err = inode_permission(r->old->inode, MAY_WRITE);
	if (!err && r->flags & RENAME_EXCHANGE && S_ISDIR(r->new->inode->mode))
		err = inode_permission(r->new->inode, MAY_WRITE);
	return err;
}

static int rename_entries(struct renaming *r)
{
	struct inode *from = r->from.path.dentry->inode, *to = r->to.path.dentry->inode;
	int err = rename_check_names(r);
	if (err)
		return err;
	if (r->old->inode == r->new->inode)
		return 0;
	err = may_remove(&r->from.path, r->old);
	if (!err)
		err = rename_check_target(r);
	if (!err)
		err = rename_check_dotdot(r);
	if (!err && (r->old->mountpoint || r->new->mountpoint))
		err = -EBUSY;
	if (!err && r->flags & RENAME_WHITEOUT)
		err = from->ops->rename ? -EINVAL : -EPERM; /* no file system here leaves one behind */
	if (!err)
		err = from->ops->rename ? from->ops->rename(from, r->old, to, r->new, r->flags) : -EPERM;
	if (err)
		return err;
	if (r->flags & RENAME_EXCHANGE)
		dentry_exchange(r->old, r->new);
	else
		dentry_move(r->old, r->new);
	return 0;
}

static int rename_look_up(struct renaming *r)
{
	if (r->from.path.mount != r->to.path.mount)
		return -EXDEV;
	if (last_kind(&r->from) != LAST_NAME)
		return -EBUSY;
	if (last_kind(&r->to) != LAST_NAME)
		return r->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	int err = walk_last(&r->from, &r->old);
	if (err)
		return err;
	err = walk_last(&r->to, &r->new);
	if (err == -ENOENT && !r->to.path.dentry->inode->ops->closed) {
		r->new = dentry_create(r->to.path.dentry, r->to.last, r->to.last_len);
		err = r->new ? 0 : -ENOMEM;
	}
	if (err)
		dentry_put(r->old);
	return err;
}

int vfs_rename(int old_dirfd, const char *old, int new_dirfd, const char *new, unsigned int flags)
{
	struct renaming r;
	r.flags = flags;
	int err = walk_to_parent(&r.from, old_dirfd, old);
	if (err)
		return err;
	err = walk_to_parent(&r.to, new_dirfd, new);
	if (err) {
		walk_end(&r.from);
		return err;
	}
	err = rename_look_up(&r);
	if (!err) {
		err = rename_entries(&r);
		dentry_put(r.old);
		dentry_put(r.new);
	}
	walk_end(&r.to);
	walk_end(&r.from);
	return err;
}
