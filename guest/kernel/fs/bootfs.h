/* The boot image (shared/abi/bootfs.h) as the source of a tmpfs. */
#ifndef KERNEL_FS_BOOTFS_H
#define KERNEL_FS_BOOTFS_H

#include "kernel/fs/tmpfs.h"

struct bootfs;
/*
 * Check the image's super block at `start` (length bytes are mapped there) and describe it in *out. -EINVAL for one that does not hold
 * together, -ENOMEM.
 */
int bootfs_open(phys_addr start, u64 length, struct bootfs **out);
void bootfs_close(struct bootfs *b);
/* Give dir (a tmpfs directory of a super whose source data is b) the entries and attributes of the image's root. */
void bootfs_set_root(struct bootfs *b, struct inode *dir);
/* As in struct tmpfs_source. */
int bootfs_lookup(struct inode *dir, struct dentry *d);
bool bootfs_absent(struct inode *dir, const char *name, size_t len);
int bootfs_populate(struct dentry *dir);
void bootfs_forget(struct inode *i);

#endif
