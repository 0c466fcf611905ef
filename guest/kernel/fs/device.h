/* Devices by number, and opening their nodes. */
#ifndef KERNEL_FS_DEVICE_H
#define KERNEL_FS_DEVICE_H

#include "kernel/fs/vfs.h"

/* Give f, whose inode is a device node, the operations of its driver: -ENXIO when there is none, or what its open says. */
int device_open(struct inode *i, struct file *f);
/* open(2) of a fifo: waits for the other end as fifo(7) says. -EINTR (restart), -ENXIO, -ENOMEM. */
int fifo_open(struct inode *i, struct file *f);
/* Lines of /proc/devices: fn(ctx, block, major, name), one a registration. */
void device_for_each(void (*fn)(void *ctx, bool block, u32 major, const char *name), void *ctx);
/* Lines of /proc/partitions. */
void blkdev_for_each(void (*fn)(void *ctx, u32 dev, const char *name, u64 bytes), void *ctx);
/* Register all devices, once: programs that never look into /dev do not pay for it. */
void devices_make_ready(void);
/* Register null, zero, full. */
void memdev_init(void);
/* devtmpfs as a file-system type. */
void devtmpfs_init(void);

#endif
