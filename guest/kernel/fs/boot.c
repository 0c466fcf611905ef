#include <linux/magic.h>
#include "kernel/fs/bootfs.h"
#include "kernel/fs/device.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/procfs.h"
#include "kernel/lib/string.h"
#include "kernel/task/task.h"
#include "shared/abi/boot.h"

/* What a program expects below the root. Each is made, and mounted, when its name is first looked up. */
static struct boot_dir {
	const char *name, *type; /* type NULL: a directory of the root */
	u32 mode;
	bool done;
} boot_dirs[] = {
	{.name = "dev", .type = "devtmpfs", .mode = 0755},
	{.name = "proc", .type = "proc", .mode = 0555},
	{.name = "sys", .type = "sysfs", .mode = 0555},
	{.name = "tmp", .mode = 01777},
};

static struct mount *root_mount, *dev_mount;
static struct bootfs *image; /* NULL: none, the root starts empty */

static struct boot_dir *boot_dir_find(const char *name)
{
	for (size_t k = 0; k < ARRAY_SIZE(boot_dirs); k++)
		if (!strcmp(boot_dirs[k].name, name))
			return &boot_dirs[k];
	return NULL;
}

/* What is mounted on b, NULL: nothing. Made before b is entered, so that want of memory leaves no directory without it. */
static int boot_dir_make_mount(const struct boot_dir *b, struct mount **out)
{
	const struct fs_type *t = b->type ? fs_type_find(b->type) : NULL;
	*out = NULL;
	return t ? mount_make(t, b->type, 0, NULL, out) : 0;
}

static void boot_dir_mount(const struct boot_dir *b, struct mount *m, struct dentry *d)
{
	struct path at = {root_mount, d};
	if (!S_ISDIR(d->inode->mode)) {
		mount_put(m);
		return;
	}
	mount_link(m, &at);
	if (!strcmp(b->name, "dev"))
		dev_mount = m;
}

int boot_make_devpts(struct mount **out)
{
	const struct fs_type *t = fs_type_find("devpts");
	*out = NULL;
	return t && dev_mount ? mount_make(t, "devpts", 0, NULL, out) : 0;
}

void boot_link_devpts(struct mount *m, struct dentry *pts)
{
	struct path at = {dev_mount, pts};
	if (m)
		mount_link(m, &at);
}

static int boot_dir_make(const struct boot_dir *b, struct inode *dir, struct dentry *d)
{
	struct inode *i = tmpfs_inode_create(dir->super, S_IFDIR | b->mode, 0);
	if (!i)
		return -ENOMEM;
	i->uid = i->gid = 0;
	tmpfs_enter(d, i);
	dir->nlink++;
	return 0;
}

/* The first look at b. */
static int boot_dir_lookup(struct boot_dir *b, struct inode *dir, struct dentry *d)
{
	struct mount *m;
	int err = boot_dir_make_mount(b, &m);
	if (err)
		return err;
	err = image ? bootfs_lookup(dir, d) : 0;
	if (!err && !d->inode)
		err = boot_dir_make(b, dir, d);
	if (!err)
		b->done = true;
	if (!err && m)
		boot_dir_mount(b, m, d);
	else if (m)
		mount_put(m);
	return err;
}

static int root_lookup(struct inode *dir, struct dentry *d)
{
	struct boot_dir *b = dir == dir->super->root->inode ? boot_dir_find(d->name) : NULL;
	if (b && !b->done)
		return boot_dir_lookup(b, dir, d);
	return image ? bootfs_lookup(dir, d) : 0;
}

static bool root_absent(struct inode *dir, const char *name, size_t len)
{
	for (size_t k = 0; k < ARRAY_SIZE(boot_dirs) && dir == dir->super->root->inode; k++)
		if (!boot_dirs[k].done && boot_dirs[k].name[0] == name[0])
			return false; /* it may be this one, to be made now */
	return !image || bootfs_absent(dir, name, len);
}

void boot_mounts_complete(void)
{
	struct dentry *d;
	for (size_t k = 0; k < ARRAY_SIZE(boot_dirs); k++)
		if (!boot_dirs[k].done && !dir_lookup(root_mount->root, boot_dirs[k].name,
						      strlen(boot_dirs[k].name), &d))
			dentry_put(d);
	if (dev_mount && !dir_lookup(dev_mount->root, "pts", 3, &d))
		dentry_put(d);
}

static int root_populate(struct dentry *dir)
{
	if (dir == dir->inode->super->root)
		boot_mounts_complete();
	return image ? bootfs_populate(dir) : 0;
}

static void root_forget(struct inode *i)
{
	if (image)
		bootfs_forget(i);
}

static int root_type_mount(const struct fs_type *t, const char *source, unsigned long flags, const char *data,
			   struct super **out)
{
	static const struct tmpfs_source root_source = {
		.lookup = root_lookup, .absent = root_absent, .populate = root_populate, .forget = root_forget};
	(void)source, (void)flags, (void)data;
	int err = tmpfs_super_create(t, &root_source, image, 0755, out);
	if (err)
		return err;
	struct inode *root = (*out)->root->inode;
	if (image)
		bootfs_set_root(image, root);
	tmpfs_make_lazy(root);
	return 0;
}

static const struct fs_type root_type = {
	.name = "tmpfs", .no_dev = true, .magic = TMPFS_MAGIC, .mount = root_type_mount};

int fs_init(const struct boot_info *info)
{
	fs_register(&tmpfs_type);
	fs_register(&ramfs_type);
	fs_register(&proc_type);
	fs_register(&sysfs_type);
	devtmpfs_init();
	int err = 0;
	if (info->bootfs_start && info->bootfs_start < info->map_end)
		err = bootfs_open(info->bootfs_start, info->map_end - info->bootfs_start, &image);
	if (err)
		return err;
	err = mount_attach(&root_type, "root", 0, NULL, NULL, &root_mount);
	if (err)
		return err;
	struct path root = {root_mount, root_mount->root};
	struct fs_context *fs = fs_context_create(&root);
	if (!fs)
		return -ENOMEM;
	task_current()->fs = fs;
	return 0;
}
