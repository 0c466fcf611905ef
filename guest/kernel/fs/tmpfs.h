/*
 * tmpfs: files in the page cache, directories in the dcache. A directory may come from elsewhere (the boot image, the
 * device list): then it is made of its source's entries as they are looked up, and whole when it is listed or an entry goes.
 */
#ifndef KERNEL_FS_TMPFS_H
#define KERNEL_FS_TMPFS_H

#include "kernel/fs/vfs.h"

struct tmpfs_source {
	/* As inode_ops.lookup: tmpfs_enter an inode when the source has such an entry, leave d alone otherwise. 0, -ENOMEM, -EIO. */
	int (*lookup)(struct inode *dir, struct dentry *d);
	/* As inode_ops.absent. NULL: false. */
	bool (*absent)(struct inode *dir, const char *name, size_t len);
	/* Enter all entries of dir that are not entered yet. 0, -ENOMEM. */
	int (*populate)(struct dentry *dir);
	/* An inode of this super loses its last link. NULL: fine. */
	void (*forget)(struct inode *i);
};

/* An empty super block; source NULL for an ordinary tmpfs. -ENOMEM. root_mode: permission bits of its root. */
int tmpfs_super_create(const struct fs_type *type, const struct tmpfs_source *source, void *source_data, u32 root_mode,
		       struct super **out);
void *tmpfs_source_data(const struct super *s);
/* An inode of any type with tmpfs's operations; NULL: no memory. */
struct inode *tmpfs_inode_create(struct super *s, u32 mode, u32 rdev);
/* Let dir's entries come from the super's source. */
void tmpfs_make_lazy(struct inode *dir);
/* Directory d's entries are all in the dcache from now on, whatever file system it is of. 0 or -ENOMEM, -EIO. */
int tmpfs_populate(struct dentry *d);
/* Enter i (reference taken over) in d and pin it. */
void tmpfs_enter(struct dentry *d, struct inode *i);
/* Make an entry (name: no such entry yet) of dir: a directory (00755 | S_IFDIR), device node, fifo; link text for a symlink. 0, -ENOMEM. */
int tmpfs_make(struct dentry *dir, const char *name, u32 mode, u32 rdev, const char *link);
/* From now on only tmpfs_make() and tmpfs_remove() change what dir holds; programs are told EPERM. */
void tmpfs_seal_dir(struct inode *dir);
/* Take away dir's entry of that name, no directory, if there is one. */
void tmpfs_remove(struct dentry *dir, const char *name);
extern struct fs_type tmpfs_type, ramfs_type;
int cached_file_mmap(struct file *f, struct vma *v);
isize dir_read(struct file *f, struct uio *to, file_off *pos);
extern const struct file_ops tmpfs_file_ops;

#endif
