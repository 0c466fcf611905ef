#include "kernel/fs/vfs.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"

static SLAB_CACHE(inode_cache, "inode", struct inode);
static SLAB_CACHE(super_cache, "super", struct super);
static u32 next_anonymous_dev = 1;

u64 inode_now(void)
{
	return clock_realtime_ns();
}

struct inode *inode_create(struct super *s, u32 mode)
{
	struct inode *i = slab_zalloc(&inode_cache);
	if (!i)
		return NULL;
	const struct cred *c = current_cred();
	i->ino = s->next_ino++;
	i->mode = mode;
	i->nlink = 1;
	i->uid = c ? c->fsuid : 0;
	i->gid = c ? c->fsgid : 0;
	i->refcount = 1;
	i->atime_ns = i->mtime_ns = i->ctime_ns = i->btime_ns = inode_now();
	i->super = s;
	i->next_cookie = 2; /* 0 and 1 are "." and ".." */
	mapping_init(&i->mapping, i, NULL);
	list_init(&i->locks);
	waitq_init(&i->lock_wait);
	s->inode_count++;
	return i;
}

void inode_release(struct inode *i)
{
	struct super *s = i->super;
	if (s->ops && s->ops->inode_release)
		s->ops->inode_release(i);
	mapping_destroy(&i->mapping);
	s->inode_count--;
	slab_free(&inode_cache, i);
}

void inode_touch(struct inode *i, bool mtime)
{
	i->ctime_ns = inode_now();
	if (mtime)
		i->mtime_ns = i->ctime_ns;
}

int inode_get_write(struct inode *i)
{
	if (i->write_count < 0)
		return -ETXTBSY;
	i->write_count++;
	i->super->writers++;
	return 0;
}

void inode_put_write(struct inode *i)
{
	i->write_count--;
	i->super->writers--;
}

struct super *super_create(const struct fs_type *type, const struct fs_ops *ops)
{
	struct super *s = slab_zalloc(&super_cache);
	if (!s)
		return NULL;
	s->type = type;
	s->ops = ops;
	s->dev = DEV(0, next_anonymous_dev++);
	s->refcount = 1;
	s->next_ino = 1;
	return s;
}

void super_discard(struct super *s)
{
	if (s)
		slab_free(&super_cache, s);
}

struct inode *super_make_root(struct super *s, u32 mode)
{
	struct inode *i = inode_create(s, mode);
	if (!i)
		return NULL;
	i->nlink = 2;
	struct dentry *d = dentry_create(NULL, "/", 1);
	if (!d) {
		inode_put(i);
		return NULL;
	}
	dentry_attach(d, i);
	s->root = d;
	return i;
}

u64 dev_encode(u32 dev)
{
	u32 major = DEV_MAJOR(dev), minor = DEV_MINOR(dev);
	return (minor & 0xff) | (u64)major << 8 | (u64)(minor & ~0xffu) << 12;
}

u32 dev_decode(u64 dev)
{
	return DEV((dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00));
}
