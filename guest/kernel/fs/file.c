#include <linux/eventpoll.h>
#include <linux/magic.h>
#include "kernel/fs/event_file.h"
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"

static SLAB_CACHE(file_cache, "file", struct file);

/* Where pipes, eventfds and other nameless files live: never in the mount tree, so never released. */
static const struct fs_ops anon_fs_ops;
struct super anon_super = {.ops = &anon_fs_ops, .refcount = 1, .next_ino = 4 /* 1-3: standard streams */, .dev = DEV(0, 0xfffff)};
struct mount anon_mount = {.super = &anon_super, .refcount = 1, .link = LIST_INIT(anon_mount.link)};
static const struct inode_ops anon_inode_ops;
static struct inode *anon_inode;

struct file *file_alloc(const struct file_ops *ops, u32 flags)
{
	struct file *f = slab_zalloc(&file_cache);
	if (!f)
		return NULL;
	f->ops = ops;
	f->flags = flags;
	f->refcount = 1;
	list_init(&f->epoll_items);
	return f;
}

void file_release(struct file *f)
{
	f->refcount = 1; /* ops may use the file while it goes */
	if (!list_empty(&f->epoll_items))
		epoll_file_release(f);
	if (f->inode && !list_empty(&f->inode->locks))
		locks_release(f);
	if (f->ops && f->ops->release)
		f->ops->release(f);
	if (f->inode) {
		if (f->write_counted)
			inode_put_write(f->inode);
		path_put(&f->path);
	}
	slab_free(&file_cache, f);
}

file_off event_file_seek(struct file *f, file_off off __unused, int whence __unused)
{
	return f->pos;
}

struct inode *anon_inode_create(u32 mode)
{
	struct inode *i = inode_create(&anon_super, mode);
	if (i)
		i->ops = &anon_inode_ops;
	return i;
}

int file_create_inode(const char *name, struct inode *i, const struct file_ops *ops, u32 flags, struct file **out)
{
	struct file *f = file_alloc(ops, flags);
	struct dentry *d = dentry_create(NULL, name, strlen(name));
	if (!f || !d) {
		if (f)
			slab_free(&file_cache, f);
		if (d)
			dentry_put(d);
		return -ENOMEM;
	}
	dentry_attach(d, i);
	f->path = (struct path){mount_get(&anon_mount), d};
	f->inode = i;
	*out = f;
	return 0;
}

int file_create_anon(const char *name, const struct file_ops *ops, void *private, u32 flags, struct file **out)
{
	if (!anon_inode) {
		anon_inode = anon_inode_create(0600);
		if (!anon_inode)
			return -ENOMEM;
	}
	char text[64] = "anon_inode:";
	size_t n = strnlen(name, sizeof(text) - 12);
	memcpy(text + 11, name, n);
	text[11 + n] = '\0';
	int err = file_create_inode(text, anon_inode, ops, flags, out);
	if (err)
		return err;
	inode_get(anon_inode);
	(*out)->private = private;
	return 0;
}

isize file_read(struct file *f, struct uio *to, file_off *pos)
{
	if (!FILE_READABLE(f))
		return -EBADF;
	if (!f->ops->read)
		return f->ops->readdir ? -EISDIR : -EINVAL;
	return f->ops->read(f, to, pos);
}

isize file_write(struct file *f, struct uio *from, file_off *pos)
{
	if (!FILE_WRITABLE(f))
		return -EBADF;
	if (!f->ops->write)
		return -EINVAL;
	return f->ops->write(f, from, pos);
}

isize file_read_at(struct file *f, void *buf, size_t n, file_off pos)
{
	struct uio_segment s;
	struct uio u;
	uio_kernel(&u, &s, buf, n);
	return file_read(f, &u, &pos);
}

isize file_write_at(struct file *f, const void *buf, size_t n, file_off pos)
{
	struct uio_segment s;
	struct uio u;
	uio_kernel(&u, &s, (void *)buf, n);
	return file_write(f, &u, &pos);
}

u32 file_poll(struct file *f, struct poll_table *pt)
{
	if (!f->ops->poll)
		return EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM;
	return f->ops->poll(f, pt);
}
