#include <linux/capability.h>
#include <linux/mount.h>
#include "kernel/fs/vfs.h"
#include "kernel/task/task.h"

static bool may_act_as_owner(const struct inode *i)
{
	return current_cred()->fsuid == i->uid || capable(CAP_FOWNER);
}

static bool in_group(u32 gid)
{
	return current_cred()->fsgid == gid || cred_in_group(current_cred(), gid);
}

static int attributes_changed(struct inode *i)
{
	inode_touch(i, false);
	return i->ops->setattr ? i->ops->setattr(i) : 0;
}

void inode_drop_suid(struct inode *i)
{
	if (!S_ISREG(i->mode) || capable(CAP_FSETID))
		return;
	i->mode &= ~S_ISUID;
	if (i->mode & S_IXGRP)
		i->mode &= ~S_ISGID;
}

int vfs_chmod(const struct path *p, u32 mode)
{
	struct inode *i = p->dentry->inode;
	int err = path_writable(p);
	if (err)
		return err;
	if (S_ISLNK(i->mode))
		return -EOPNOTSUPP;
	if (!may_act_as_owner(i) || (i->ops->mode_fixed && i->ops->mode_fixed(i)))
		return -EPERM;
	if (mode & S_ISGID && !in_group(i->gid) && !capable(CAP_FSETID))
		mode &= ~S_ISGID;
	i->mode = (i->mode & S_IFMT) | (mode & 07777);
	return attributes_changed(i);
}

static bool may_chown(const struct inode *i, u32 uid, u32 gid)
{
	bool owner = current_cred()->fsuid == i->uid;
	bool uid_ok = uid == ~0u || (owner && uid == i->uid);
	bool gid_ok = gid == ~0u || (owner && (gid == i->gid || in_group(gid)));
	return (uid_ok && gid_ok) || capable(CAP_CHOWN);
}

int vfs_chown(const struct path *p, u32 uid, u32 gid)
{
	struct inode *i = p->dentry->inode;
	int err = path_writable(p);
	if (err)
		return err;
	if (!may_chown(i, uid, gid))
		return -EPERM;
	if (uid != ~0u)
		i->uid = uid;
	if (gid != ~0u)
		i->gid = gid;
	/* chown(2): even the superuser's clears them, on anything but a directory. */
	if (!S_ISDIR(i->mode)) {
		i->mode &= ~S_ISUID;
		if (i->mode & S_IXGRP)
			i->mode &= ~S_ISGID;
	}
	return attributes_changed(i);
}

int inode_truncate(struct inode *i, file_off size)
{
	if (size < 0 || !S_ISREG(i->mode) || !i->ops->truncate)
		return -EINVAL;
	if ((u64)size > i->size) {
		size_t growth = 1;
		if (i->seals & F_SEAL_GROW)
			return -EPERM;
		int err = file_size_limit(size - 1, &growth);
		if (err)
			return err;
	}
	if ((u64)size < i->size && i->seals & F_SEAL_SHRINK)
		return -EPERM;
	int err = i->ops->truncate(i, size);
	if (err)
		return err;
	inode_drop_suid(i);
	inode_touch(i, true);
	return 0;
}

int vfs_truncate(const struct path *p, file_off size)
{
	struct inode *i = p->dentry->inode;
	if (S_ISDIR(i->mode))
		return -EISDIR;
	if (!S_ISREG(i->mode))
		return -EINVAL;
	int err = inode_permission(i, MAY_WRITE);
	if (!err)
		err = path_writable(p);
	if (!err)
		err = inode_get_write(i);
	if (err)
		return err;
	err = inode_truncate(i, size);
	inode_put_write(i);
	return err;
}

/* One time of utimensat(2): true when it is to be changed, then *ns is valid. */
static bool time_given(const struct timestamp_request *t, u64 now, u64 *ns)
{
	if (t->how == TIME_OMIT)
		return false;
	*ns = t->how == TIME_NOW ? now : t->ns;
	return true;
}

int vfs_utimes(const struct path *p, const struct timestamp_request t[2])
{
	struct inode *i = p->dentry->inode;
	bool both_now = t[0].how == TIME_NOW && t[1].how == TIME_NOW;
	int err = path_writable(p);
	if (err)
		return err;
	if (!may_act_as_owner(i)) {
		if (!both_now)
			return -EPERM;
		err = inode_permission(i, MAY_WRITE);
		if (err)
			return err;
	}
	u64 now = inode_now(), ns;
	if (time_given(&t[0], now, &ns))
		i->atime_ns = ns;
	if (time_given(&t[1], now, &ns))
		i->mtime_ns = ns;
	return attributes_changed(i);
}

void inode_accessed(struct mount *m, struct inode *i, u32 file_flags)
{
	/* The common case first and without a look at the clock: it was read since it was last changed. (That a day
	 * may have gone by since is left out: mount(8), relatime.) */
	if (likely(i->atime_ns > i->mtime_ns && i->atime_ns > i->ctime_ns && !(m->flags & MS_STRICTATIME)))
		return;
	if (file_flags & O_NOATIME || m->flags & (MS_NOATIME | MS_RDONLY))
		return;
	if (S_ISDIR(i->mode) && m->flags & MS_NODIRATIME)
		return;
	i->atime_ns = inode_now();
}
