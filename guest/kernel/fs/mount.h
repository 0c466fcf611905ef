/* Mounting from inside the kernel. */
#ifndef KERNEL_FS_MOUNT_H
#define KERNEL_FS_MOUNT_H

#include "kernel/fs/vfs.h"

/* Mount a new file system of type t on at (NULL: as the first root). *out (if asked for) is borrowed from the tree. 0 or the type's error, -ENOMEM. */
int mount_attach(const struct fs_type *t, const char *source, unsigned long flags, const char *data,
		 const struct path *at, struct mount **out);
/* Do now what boot left for later: mount /dev, /proc, /sys. */
void boot_mounts_complete(void);
/* /dev/pts came into being as a directory: mount devpts on it when there is such a type. */
void boot_mount_devpts(struct dentry *pts);

#endif
