/* memfd_create(2) and file seals: fcntl(2), "File Sealing". */
#ifndef KERNEL_FS_MEMFD_H
#define KERNEL_FS_MEMFD_H

#include "kernel/fs/vfs.h"

#define MEMFD_NAME_MAX 249

/* An empty nameless file open for reading and writing: 0 with one reference, -ENOMEM. */
int memfd_create(const char *name, bool sealable, struct file **out);
/* Seals so far, or -EINVAL for a file that cannot have any. */
long memfd_get_seals(struct file *f);
/* 0; -EINVAL; -EPERM (not writable, or sealed against it); -EBUSY: F_SEAL_WRITE while a writable shared mapping exists. */
long memfd_add_seals(struct file *f, u32 seals);

#endif
