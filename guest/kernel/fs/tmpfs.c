#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <asm/mman.h>
#include <asm/statfs.h>
#include "kernel/fs/tmpfs.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vm.h"

struct tmpfs_super {
	const struct tmpfs_source *source;
	void *source_data;
};

static const struct inode_ops dir_ops, lazy_dir_ops, file_inode_ops, other_ops, symlink_ops;
static const struct file_ops dir_file_ops, ramfs_file_ops;
static const struct fs_ops ramfs_ops;

static struct tmpfs_super *tmpfs_of(const struct super *s)
{
	return s->private;
}

void *tmpfs_source_data(const struct super *s)
{
	return tmpfs_of(s)->source_data;
}

/* ---- making inodes ---- */

struct inode *tmpfs_inode_create(struct super *s, u32 mode, u32 rdev)
{
	struct inode *i = inode_create(s, mode);
	if (!i)
		return NULL;
	i->rdev = rdev;
	i->ops = &other_ops;
	if (S_ISDIR(mode)) {
		i->ops = &dir_ops;
		i->file_ops = &dir_file_ops;
		i->nlink = 2;
	} else if (S_ISREG(mode)) {
		i->ops = &file_inode_ops;
		i->file_ops = s->ops == &ramfs_ops ? &ramfs_file_ops : &tmpfs_file_ops;
		i->sealable = s->ops != &ramfs_ops; /* in principle: memfd_create(2), F_SEAL_SEAL */
		i->seals = F_SEAL_SEAL;
	} else if (S_ISLNK(mode)) {
		i->ops = &symlink_ops;
	}
	return i;
}

void tmpfs_make_lazy(struct inode *dir)
{
	dir->ops = &lazy_dir_ops;
}

void tmpfs_enter(struct dentry *d, struct inode *i)
{
	dentry_attach(d, i);
	dentry_get(d);
}

int tmpfs_populate(struct dentry *d)
{
	if (d->inode->ops != &lazy_dir_ops)
		return 0;
	int err = tmpfs_of(d->inode->super)->source->populate(d);
	if (!err)
		d->inode->ops = &dir_ops;
	return err;
}

static int lazy_lookup(struct inode *dir, struct dentry *d)
{
	return tmpfs_of(dir->super)->source->lookup(dir, d);
}

static bool lazy_absent(struct inode *dir, const char *name, size_t len)
{
	const struct tmpfs_source *source = tmpfs_of(dir->super)->source;
	return source->absent && source->absent(dir, name, len);
}

static int add_entry(struct inode *dir, struct dentry *d, u32 mode, u32 rdev, const char *link)
{
	struct inode *i = tmpfs_inode_create(dir->super, mode, rdev);
	if (!i)
		return -ENOSPC;
	if (link) {
		i->link = kstrndup(link, strlen(link));
		if (!i->link) {
			inode_put(i);
			return -ENOSPC;
		}
		i->size = strlen(link);
	}
	inode_inherit(i, dir);
	tmpfs_enter(d, i);
	if (S_ISDIR(mode))
		dir->nlink++;
	inode_touch(dir, true);
	return 0;
}

int tmpfs_make(struct dentry *dir, const char *name, u32 mode, u32 rdev, const char *link)
{
	struct dentry *d = dentry_create(dir, name, strlen(name));
	if (!d)
		return -ENOMEM;
	int err = add_entry(dir->inode, d, mode, rdev, link);
	dentry_put(d);
	return err ? -ENOMEM : 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return add_entry(dir, d, mode, 0, NULL);
}

static int tmpfs_mknod(struct inode *dir, struct dentry *d, u32 mode, u32 rdev)
{
	return add_entry(dir, d, mode, rdev, NULL);
}

static int tmpfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	return add_entry(dir, d, S_IFLNK | 0777, 0, target);
}

static int tmpfs_tmpfile(struct inode *dir, struct dentry *d, u32 mode)
{
	struct inode *i = tmpfs_inode_create(dir->super, mode, 0);
	if (!i)
		return -ENOSPC;
	inode_inherit(i, dir);
	i->nlink = 0;
	i->linkable = true;
	d->inode = i;
	return 0;
}

static int tmpfs_link(struct inode *i, struct inode *dir, struct dentry *d)
{
	i->nlink++;
	i->linkable = false;
	tmpfs_enter(d, inode_get(i));
	inode_touch(i, false);
	inode_touch(dir, true);
	return 0;
}

/* ---- taking away ---- */

static void drop_link(struct inode *i)
{
	if (i->nlink)
		i->nlink--;
	inode_touch(i, false);
	const struct tmpfs_source *source = tmpfs_of(i->super)->source;
	if (!i->nlink && source && source->forget)
		source->forget(i);
}

static int tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	int err = tmpfs_populate(d->parent);
	if (err)
		return err;
	drop_link(d->inode);
	inode_touch(dir, true);
	dentry_put(d); /* the pin; the caller holds another */
	return 0;
}

void tmpfs_seal_dir(struct inode *dir)
{
	dir->ops = &other_ops;
}

void tmpfs_remove(struct dentry *dir, const char *name)
{
	struct dentry *d = dentry_lookup(dir, name, strlen(name));
	if (!d)
		return;
	if (d->inode && !tmpfs_unlink(dir->inode, d))
		dentry_drop(d);
	dentry_put(d);
}

/* A directory without entries goes: both its links, and its ".." from dir. */
static void drop_dir(struct inode *dir, struct dentry *d)
{
	d->inode->nlink = 0;
	inode_touch(d->inode, false);
	if (dir->nlink > 2)
		dir->nlink--;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	int err = tmpfs_populate(d->parent);
	if (!err)
		err = tmpfs_populate(d);
	if (err)
		return err;
	if (!list_empty(&d->children))
		return -ENOTEMPTY;
	drop_dir(dir, d);
	inode_touch(dir, true);
	dentry_put(d);
	return 0;
}

/* What `new` named is replaced. */
static int rename_over(struct inode *new_dir, struct dentry *new)
{
	if (!S_ISDIR(new->inode->mode)) {
		drop_link(new->inode);
	} else {
		int err = tmpfs_populate(new);
		if (err)
			return err;
		if (!list_empty(&new->children))
			return -ENOTEMPTY;
		drop_dir(new_dir, new);
	}
	dentry_put(new);
	return 0;
}

static int tmpfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
			unsigned int flags)
{
	int err = tmpfs_populate(old->parent);
	if (!err)
		err = tmpfs_populate(new->parent);
	if (!err && new->inode && !(flags & RENAME_EXCHANGE))
		err = rename_over(new_dir, new);
	if (err)
		return err;
	if (S_ISDIR(old->inode->mode)) {
		old_dir->nlink--;
		new_dir->nlink++;
	}
	if (flags & RENAME_EXCHANGE) {
		if (S_ISDIR(new->inode->mode)) {
			new_dir->nlink--;
			old_dir->nlink++;
		}
		inode_touch(new->inode, false);
	}
	inode_touch(old->inode, false);
	inode_touch(old_dir, true);
	inode_touch(new_dir, true);
	return 0;
}

/* ---- inodes ---- */

static int tmpfs_truncate(struct inode *i, file_off size)
{
	u64 old = i->size;
	u64 page_end = ALIGN_UP(MIN((u64)size, old), PAGE_SIZE);
	i->size = (u64)size;
	if ((u64)size < old) {
		mapping_truncate(&i->mapping, ((u64)size + PAGE_SIZE - 1) >> PAGE_SHIFT);
		mapping_zero(&i->mapping, (u64)size, page_end);
	} else {
		mapping_zero(&i->mapping, old, MIN((u64)size, page_end));
	}
	return 0;
}

static int tmpfs_getattr(struct inode *i)
{
	struct mapping *m = &i->mapping;
	i->blocks = MAX(m->page_count, m->base_pages) * (PAGE_SIZE / 512);
	return 0;
}

static isize tmpfs_readlink(struct inode *i, char *buf, size_t size)
{
	size_t n = MIN(size, i->size);
	memcpy(buf, i->link, n);
	return (isize)n;
}

static void tmpfs_inode_release(struct inode *i)
{
	if (S_ISLNK(i->mode))
		kfree((void *)i->link);
}

static const struct inode_ops dir_ops = {
	.create = tmpfs_create,
	.mkdir = tmpfs_create,
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.tmpfile = tmpfs_tmpfile,
};

static const struct inode_ops lazy_dir_ops = {
	.lookup = lazy_lookup,
	.absent = lazy_absent,
	.create = tmpfs_create,
	.mkdir = tmpfs_create,
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.tmpfile = tmpfs_tmpfile,
};

static const struct inode_ops file_inode_ops = {.truncate = tmpfs_truncate, .getattr = tmpfs_getattr};
static const struct inode_ops symlink_ops = {.readlink = tmpfs_readlink};
static const struct inode_ops other_ops;

/* ---- open files ---- */

isize dir_read(struct file *f, struct uio *to, file_off *pos)
{
	(void)f, (void)to, (void)pos;
	return -EISDIR;
}

static int tmpfs_readdir(struct file *f, struct dir_emit *e)
{
	struct dentry *dir = f->path.dentry, *d;
	int err = tmpfs_populate(dir);
	if (err)
		return err;
	inode_accessed(f->path.mount, dir->inode, f->flags);
	if (f->pos == 0) {
		if (!e->emit(e, ".", 1, dir->inode->ino, S_IFDIR >> 12, 1))
			return 0;
		f->pos = 1;
	}
	if (f->pos == 1) {
		if (!e->emit(e, "..", 2, dir->parent->inode->ino, S_IFDIR >> 12, 2))
			return 0;
		f->pos = 2;
	}
	list_for_each(d, &dir->children, sibling) {
		if (d->cookie < (u64)f->pos || !d->inode)
			continue;
		if (!e->emit(e, d->name, d->name_len, d->inode->ino, d->inode->mode >> 12, (file_off)d->cookie + 1))
			return 0;
		f->pos = (file_off)d->cookie + 1;
	}
	return 0;
}

int cached_file_mmap(struct file *f, struct vma *v)
{
	u32 seals = f->inode->seals;
	if (v->flags & VMA_SHARED && seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) {
		if (v->prot & PROT_WRITE)
			return -EPERM;
		v->flags &= ~(unsigned int)VMA_MAYWRITE;
	}
	inode_accessed(f->path.mount, f->inode, f->flags);
	return 0;
}

/* Have every page of [off, off+len) there. */
static int reserve_pages(struct inode *i, u64 off, u64 len)
{
	for (u64 index = off >> PAGE_SHIFT; index <= (off + len - 1) >> PAGE_SHIFT; index++) {
		struct page *p;
		int err = mapping_get(&i->mapping, index, true, &p);
		if (err)
			return err == -ENOMEM ? -ENOSPC : err;
		page_put(p);
	}
	return 0;
}

/* Pages beyond the size are room for it to grow, so its limits hold for them too: fallocate(2), EFBIG, EPERM. */
static int fallocate_size(struct inode *i, int mode, u64 end)
{
	if (mode & FALLOC_FL_PUNCH_HOLE || end <= i->size)
		return 0;
	size_t one = 1;
	if (i->seals & F_SEAL_GROW)
		return -EPERM;
	return file_size_limit((file_off)end - 1, &one);
}

/* [from, to) reads as zeros: whole pages go, the bytes of the others are cleared. */
static void punch(struct mapping *m, u64 from, u64 to)
{
	u64 first = ALIGN_UP(from, PAGE_SIZE), last = ALIGN_DOWN(to, PAGE_SIZE);
	if (from >= to)
		return;
	if (first >= last) {
		mapping_zero(m, from, to);
		return;
	}
	mapping_zero(m, from, first);
	mapping_punch(m, first >> PAGE_SHIFT, (last >> PAGE_SHIFT) - 1);
	mapping_zero(m, last, to);
}

static int tmpfs_fallocate(struct file *f, int mode, file_off off, file_off len)
{
	struct inode *i = f->inode;
	u64 end = (u64)off + (u64)len;
	bool clears = mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE);
	if (clears && i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	int err = fallocate_size(i, mode, end);
	if (err)
		return err;
	if (clears)
		punch(&i->mapping, (u64)off, MIN(end, ALIGN_UP(i->size, PAGE_SIZE)));
	if (!(mode & FALLOC_FL_PUNCH_HOLE)) {
		/* Checked before, so that a hopeless request does not eat all memory first. */
		if ((u64)len >> PAGE_SHIFT > page_available())
			return -ENOSPC;
		err = reserve_pages(i, (u64)off, (u64)len);
	}
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && end > i->size)
		i->size = end;
	inode_touch(i, true);
	return err;
}

const struct file_ops tmpfs_file_ops = {
	.read = cached_file_read,
	.write = cached_file_write,
	.seek = cached_file_seek,
	.mmap = cached_file_mmap,
	.fallocate = tmpfs_fallocate,
};

static const struct file_ops ramfs_file_ops = {
	.read = cached_file_read,
	.write = cached_file_write,
	.seek = cached_file_seek,
	.mmap = cached_file_mmap,
};

static const struct file_ops dir_file_ops = {.read = dir_read, .readdir = tmpfs_readdir};

/* ---- the super block ---- */

static void tmpfs_statfs(struct super *s, void *out)
{
	struct statfs *st = out;
	struct page_counts c;
	page_counts(&c);
	st->f_blocks = (__kernel_long_t)c.total;
	st->f_bfree = st->f_bavail = (__kernel_long_t)c.free;
	st->f_files = (__kernel_long_t)c.total;
	st->f_ffree = (__kernel_long_t)(c.total > s->inode_count ? c.total - s->inode_count : 0);
}

/* Unpin everything below d. Children may be directories: an explicit walk, since names nest as deep as memory allows. */
static void unpin_below(struct dentry *root)
{
	struct dentry *d = root;
	for (;;) {
		if (!list_empty(&d->children)) {
			d = list_first(&d->children, struct dentry, sibling);
			continue;
		}
		if (d == root)
			return;
		struct dentry *up = d->parent;
		dentry_drop(d);
		dentry_put(d);
		d = up;
	}
}

static void tmpfs_unmount(struct super *s)
{
	unpin_below(s->root);
	kfree(s->private);
	s->private = NULL;
}

static const struct fs_ops tmpfs_ops = {
	.inode_release = tmpfs_inode_release,
	.statfs = tmpfs_statfs,
	.unmount = tmpfs_unmount,
};

/* It has no size to tell. */
static const struct fs_ops ramfs_ops = {
	.inode_release = tmpfs_inode_release,
	.unmount = tmpfs_unmount,
};

int tmpfs_super_create(const struct fs_type *type, const struct tmpfs_source *source, void *source_data, u32 root_mode,
		       struct super **out)
{
	struct tmpfs_super *t = kzalloc(sizeof(*t));
	struct super *s = t ? super_create(type, type == &ramfs_type ? &ramfs_ops : &tmpfs_ops) : NULL;
	struct inode *root = NULL;
	if (s) {
		s->private = t;
		root = super_make_root(s, S_IFDIR | root_mode);
	}
	if (!root) {
		super_discard(s);
		kfree(t);
		return -ENOMEM;
	}
	t->source = source;
	t->source_data = source_data;
	root->ops = &dir_ops;
	root->file_ops = &dir_file_ops;
	*out = s;
	return 0;
}

/* The number at s, in octal or decimal digits. */
static u32 option_number(const char *s, u32 base)
{
	u32 n = 0;
	for (; *s >= '0' && (u32)(*s - '0') < base; s++)
		n = n * base + (u32)(*s - '0');
	return n;
}

/* Of the options of tmpfs(5), those have an effect that say whose the root is; sizes follow free memory. */
static void root_options(struct inode *root, const char *data)
{
	for (const char *o = data; o && *o; o = strchr(o, ',') ? strchr(o, ',') + 1 : NULL) {
		if (!strncmp(o, "mode=", 5))
			root->mode = S_IFDIR | (option_number(o + 5, 8) & 07777);
		else if (!strncmp(o, "uid=", 4))
			root->uid = option_number(o + 4, 10);
		else if (!strncmp(o, "gid=", 4))
			root->gid = option_number(o + 4, 10);
	}
}

static int tmpfs_mount(const struct fs_type *t, const char *source __unused, unsigned long flags __unused, const char *data,
		       struct super **out)
{
	int err = tmpfs_super_create(t, NULL, NULL, t == &ramfs_type ? 0755 : 01777, out);
	if (!err)
		root_options((*out)->root->inode, data);
	return err;
}

struct fs_type tmpfs_type = {.name = "tmpfs", .no_dev = true, .magic = TMPFS_MAGIC, .mount = tmpfs_mount};
/* The same to programs, but that it has no size and takes no reservations: Linux's for initial file systems. */
struct fs_type ramfs_type = {.name = "ramfs", .no_dev = true, .magic = RAMFS_MAGIC, .mount = tmpfs_mount};
