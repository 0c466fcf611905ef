/* virtio-blk: disks as /dev/vda, /dev/vdb ... */
#ifndef DRIVERS_VIRTIO_BLK_H
#define DRIVERS_VIRTIO_BLK_H

/* Start every disk of the machine and register its block device. */
void virtio_blk_register(void);

#endif
