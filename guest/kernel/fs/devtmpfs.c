#include <linux/magic.h>
#include "kernel/fs/device.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"

/* Nodes are entries of a table until somebody looks: registering a device at boot costs next to nothing. */
struct node {
	char name[16];
	u32 mode, rdev;
	const char *link;
};

#define NODES_MAX 96
static struct node nodes[NODES_MAX] = {
	{"fd", S_IFLNK | 0777, 0, "/proc/self/fd"},
	{"stdin", S_IFLNK | 0777, 0, "/proc/self/fd/0"},
	{"stdout", S_IFLNK | 0777, 0, "/proc/self/fd/1"},
	{"stderr", S_IFLNK | 0777, 0, "/proc/self/fd/2"},
	{"shm", S_IFDIR | 01777, 0, NULL},
	{"pts", S_IFDIR | 0755, 0, NULL},
};
static unsigned int node_count = 6;
static struct super *dev_super; /* there is one, however often it is mounted */

void devtmpfs_add(const char *name, u32 mode, u32 dev)
{
	if (node_count == NODES_MAX)
		return;
	struct node *n = &nodes[node_count++];
	size_t len = strnlen(name, sizeof(n->name) - 1);
	memcpy(n->name, name, len);
	n->mode = mode & S_IFMT ? mode : mode | S_IFCHR;
	n->rdev = dev;
	if (dev_super)
		tmpfs_make_lazy(dev_super->root->inode);
}

static int node_enter(struct inode *dir, struct dentry *d, const struct node *n)
{
	struct inode *i = tmpfs_inode_create(dir->super, n->mode, n->rdev);
	if (!i)
		return -ENOMEM;
	i->uid = i->gid = 0;
	if (n->link) {
		i->size = strlen(n->link);
		i->link = kstrndup(n->link, i->size);
		if (!i->link) {
			inode_put(i);
			return -ENOMEM;
		}
	}
	tmpfs_enter(d, i);
	if (S_ISDIR(n->mode))
		dir->nlink++;
	return 0;
}

static int pts_enter(struct inode *dir, struct dentry *d, const struct node *n)
{
	struct mount *m;
	int err = boot_make_devpts(&m);
	if (err)
		return err;
	err = node_enter(dir, d, n);
	if (!err)
		boot_link_devpts(m, d);
	else if (m)
		mount_put(m);
	return err;
}

static int devtmpfs_lookup(struct inode *dir, struct dentry *d)
{
	for (unsigned int k = 0; k < node_count; k++)
		if (!strcmp(nodes[k].name, d->name))
			return strcmp(d->name, "pts") ? node_enter(dir, d, &nodes[k]) : pts_enter(dir, d, &nodes[k]);
	return 0;
}

static int devtmpfs_populate(struct dentry *dir)
{
	for (unsigned int k = 0; k < node_count; k++) {
		struct dentry *d;
		int err = dir_lookup(dir, nodes[k].name, strlen(nodes[k].name), &d);
		if (err)
			return err;
		dentry_put(d);
	}
	return 0;
}

static const struct tmpfs_source devtmpfs_source = {.lookup = devtmpfs_lookup, .populate = devtmpfs_populate};

static int devtmpfs_mount(const struct fs_type *t, const char *source, unsigned long flags, const char *data,
			  struct super **out)
{
	(void)source, (void)flags, (void)data;
	if (!dev_super) {
		devices_make_ready();
		int err = tmpfs_super_create(t, &devtmpfs_source, NULL, 0755, &dev_super);
		if (err)
			return err;
		tmpfs_make_lazy(dev_super->root->inode);
	}
	dev_super->refcount++; /* one for being the only one */
	*out = dev_super;
	return 0;
}

static struct fs_type devtmpfs_type = {.name = "devtmpfs", .no_dev = true, .magic = TMPFS_MAGIC, .mount = devtmpfs_mount};

void devtmpfs_init(void)
{
	fs_register(&devtmpfs_type);
}
