#include "rootfs.h"

#include <errno.h>
#include <string.h>
#include "rootfs_tree.h"

/* A private copy of data in a new inode of the given mode at path. */
static int put_data(struct rootfs *r, const char *path, unsigned int mode, const void *data,
		    size_t len)
{
	struct rootfs_inode *i = rootfs_inode_create(r, mode, path);
	if (!i)
		return -ENOSPC;
	int err = rootfs_charge(r, S_ISREG(mode) ? (len + 4095) & ~(uint64_t)4095 : len, path);
	if (err)
		return err;
	i->data = rootfs_strndup(r, data, len);
	if (!i->data)
		return rootfs_fail_path(r, ENOMEM, path);
	i->size = len;
	return rootfs_put(r, path, i);
}

int rootfs_add_dir(struct rootfs *r, const char *path, unsigned int mode)
{
	struct rootfs_inode *i = rootfs_inode_create(r, S_IFDIR | (mode & 07777), path);
	return i ? rootfs_put(r, path, i) : -ENOSPC;
}

int rootfs_add_file(struct rootfs *r, const char *path, unsigned int mode, const void *data,
		    size_t len)
{
	return put_data(r, path, S_IFREG | (mode & 07777), data, len);
}

int rootfs_add_symlink(struct rootfs *r, const char *path, const char *target)
{
	size_t len = strlen(target);
	if (!len || len >= ROOTFS_PATH_MAX)
		return rootfs_fail_path(r, len ? ENAMETOOLONG : ENOENT, path);
	return put_data(r, path, S_IFLNK | 0777, target, len);
}

int rootfs_add_device(struct rootfs *r, const char *path, unsigned int mode, unsigned int major,
		      unsigned int minor)
{
	if (!S_ISCHR(mode) && !S_ISBLK(mode) && !S_ISFIFO(mode) && !S_ISSOCK(mode))
		return rootfs_fail_path(r, EINVAL, path);
	struct rootfs_inode *i = rootfs_inode_create(r, mode & (S_IFMT | 07777), path);
	if (!i)
		return -ENOSPC;
	i->major = major;
	i->minor = minor;
	return rootfs_put(r, path, i);
}

/* ---- the skeleton ---- */

struct skeleton_entry {
	const char *path;
	unsigned int mode;
	const char *text; /* a file's content, a link's target */
};

static const struct skeleton_entry mount_points[] = {
	{"/dev", S_IFDIR | 0755, NULL},
	{"/proc", S_IFDIR | 0555, NULL},
	{"/sys", S_IFDIR | 0555, NULL},
};

static const struct skeleton_entry skeleton[] = {
	{"/tmp", S_IFDIR | 01777, NULL},
	{"/root", S_IFDIR | 0700, NULL},
	{"/run", S_IFDIR | 0755, NULL},
	{"/etc", S_IFDIR | 0755, NULL},
	{"/var/tmp", S_IFDIR | 01777, NULL},
	{"/etc/passwd", S_IFREG | 0644,
	 "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"},
	{"/etc/group", S_IFREG | 0644, "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"},
	{"/etc/hostname", S_IFREG | 0644, "mote\n"},
	{"/etc/hosts", S_IFREG | 0644, "127.0.0.1\tlocalhost\n::1\tlocalhost\n"},
	{"/etc/mtab", S_IFLNK | 0777, "../proc/self/mounts"},
};

static int add_missing(struct rootfs *r, const struct skeleton_entry *e)
{
	struct rootfs_place at;
	int err = rootfs_walk(r, e->path, ROOTFS_MAKE_DIRS, &at);
	if (err || at.node)
		return err;
	if (S_ISDIR(e->mode))
		return rootfs_add_dir(r, e->path, e->mode);
	return put_data(r, e->path, e->mode, e->text, strlen(e->text));
}

int rootfs_add_skeleton(struct rootfs *r)
{
	int err = 0;
	for (size_t i = 0; !err && i < sizeof(mount_points) / sizeof(*mount_points); i++)
		err = add_missing(r, &mount_points[i]);
	for (size_t i = 0; !err && !r->has_archive && i < sizeof(skeleton) / sizeof(*skeleton); i++)
		err = add_missing(r, &skeleton[i]);
	if (!err && r->wants_ld_cache)
		err = rootfs_add_ld_cache(r);
	return err;
}
