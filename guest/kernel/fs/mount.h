/* Mounting from inside the kernel. */
#ifndef KERNEL_FS_MOUNT_H
#define KERNEL_FS_MOUNT_H

#include "kernel/fs/vfs.h"

/* Mount a new file system of type t on at (NULL: as the first root). *out (if asked for) is borrowed from the tree. 0 or the type's error, -ENOMEM. */
int mount_attach(const struct fs_type *t, const char *source, unsigned long flags, const char *data,
		 const struct path *at, struct mount **out);
/* The same in two steps, the second of which cannot fail: a mount that is nowhere yet, the caller's reference (mount_put drops it), and hanging
 * it on at, which takes that reference over. */
int mount_make(const struct fs_type *t, const char *source, unsigned long flags, const char *data, struct mount **out);
void mount_link(struct mount *m, const struct path *at);
/* Do now what boot left for later: mount /dev, /proc, /sys. */
void boot_mounts_complete(void);
/* /dev/pts is to come into being as a directory: a devpts for it, NULL when there is no such type. 0 or -ENOMEM. */
int boot_make_devpts(struct mount **out);
/* And the directory is there: m (may be NULL) goes on it. */
void boot_link_devpts(struct mount *m, struct dentry *pts);

#endif
