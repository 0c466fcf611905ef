#include "drivers/virtio/blk.h"

#include <linux/eventpoll.h>
#include <linux/fs.h>
#include <linux/virtio_blk.h>

#include "drivers/virtio/virtio.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"

#define DISKS_MAX   8
#define DISK_MAJOR  254
#define DISK_MINORS 16
#define SECTOR	    512u
#define BOUNCE	    65536u /* bytes moved by one request */

/* One request at a time, through one buffer: uncached, so that all openers and the host see the
 * same bytes. */
struct disk {
	struct virtio_dev dev;
	struct vq requests;
	VQ_MEMORY(memory, 4);
	struct virtio_blk_outhdr header;
	u8 status;
	u32 written; /* bytes that the device wrote into the last request's buffers, the status among them */
	u64 bytes;
	bool read_only;
	struct mutex lock; /* of the request and bounce */
	struct waitq done;
	u8 *bounce;
	char name[4];
};

static struct disk *disk_table[DISKS_MAX];

static void disk_interrupt(struct virtio_dev *d)
{
	waitq_wake_all(&container_of(d, struct disk, dev)->done, 0);
}

static int wait_done(struct disk *d)
{
	u16 head;

	d->written = 0;
	while (!vq_take_used(&d->requests, &head, &d->written)) {
		if (d->dev.status & VIRTIO_CONFIG_S_FAILED)
			return -EIO;
		if (!vq_want_interrupt(&d->requests))
			waitq_sleep(&d->done, TASK_UNINTERRUPTIBLE, NO_DEADLINE);
	}
	switch (d->status) {
	case VIRTIO_BLK_S_OK:
		return 0;
	case VIRTIO_BLK_S_UNSUPP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

/* One request about n bytes at buf (n 0: none). Sleeps. d->lock held. */
static int disk_request(struct disk *d, u32 type, u64 sector, void *buf, u32 n)
{
	u16 to_device =
		type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID ? VRING_DESC_F_WRITE : 0;
	unsigned int status = n ? 2 : 1;

	d->header = (struct virtio_blk_outhdr){.type = type, .sector = sector};
	d->status = 0xff;
	vq_describe(&d->requests, 0, &d->header, sizeof(d->header), VRING_DESC_F_NEXT, 1);
	if (n)
		vq_describe(&d->requests, 1, buf, n, VRING_DESC_F_NEXT | to_device, 2);
	vq_describe(&d->requests, status, &d->status, 1, VRING_DESC_F_WRITE, 0);
	vq_submit(&d->requests, 0);
	return wait_done(d);
}

/* The sectors around [pos, pos + left): *first, and how many of the bytes fit into bounce; *skip =
 * where they begin there. */
static u32 span(u64 pos, size_t left, u64 *first, u32 *skip, u32 *bytes)
{
	*first = pos / SECTOR;
	*skip = pos % SECTOR;
	u32 n = MIN(left, (size_t)(BOUNCE - *skip));
	*bytes = ALIGN_UP(*skip + n, SECTOR);
	return n;
}

/* A read of `bytes` failed: how many of the n bytes from `skip` on came all the same (virtio 1.2, 2.7.8:
 * those that the device counts). */
static u32 came_before_error(const struct disk *d, u32 skip, u32 n, u32 bytes)
{
	if (d->written < 2 || d->written - 1 >= bytes || d->written - 1 <= skip)
		return 0;
	return MIN(n, d->written - 1 - skip);
}

static isize read_some(struct disk *d, struct uio *to, u64 pos, size_t left)
{
	u64 first;
	u32 skip, bytes, n = span(pos, left, &first, &skip, &bytes);
	int err = disk_request(d, VIRTIO_BLK_T_IN, first, d->bounce, bytes);

	if (err)
		n = came_before_error(d, skip, n, bytes);
	if (!n)
		return err;
	size_t moved = uio_write(to, d->bounce + skip, n);
	return moved ? (isize)moved : -EFAULT;
}

/* Sectors written in part are read before. */
static isize write_some(struct disk *d, struct uio *from, u64 pos, size_t left)
{
	u64 first;
	u32 skip, bytes, n = span(pos, left, &first, &skip, &bytes);
	int err = 0;

	if (skip || n != bytes)
		err = disk_request(d, VIRTIO_BLK_T_IN, first, d->bounce, bytes);
	if (err)
		return err;
	size_t moved = uio_read(from, d->bounce + skip, n);
	if (moved == 0)
		return -EFAULT;
	err = disk_request(d, VIRTIO_BLK_T_OUT, first, d->bounce,
			   ALIGN_UP(skip + (u32)moved, SECTOR));
	return err ? err : (isize)moved;
}

static isize transfer(struct disk *d, struct uio *u, file_off *pos,
		      isize (*some)(struct disk *, struct uio *, u64, size_t))
{
	isize done = 0, r = 0;

	mutex_lock(&d->lock);
	while (u->left && (u64)*pos < d->bytes) {
		u64 n = MIN((u64)u->left, d->bytes - (u64)*pos);

		n = MIN(n, BOUNCE - (u64)*pos % SECTOR);
		r = some(d, u, *pos, n);
		if (r < 0)
			break;
		*pos += r;
		done += r;
		if ((u64)r < n) /* it broke off */
			break;
	}
	mutex_unlock(&d->lock);
	return done ? done : r;
}

static isize disk_read(struct file *f, struct uio *to, file_off *pos)
{
	return transfer(f->private, to, pos, read_some);
}

static isize disk_write(struct file *f, struct uio *from, file_off *pos)
{
	struct disk *d = f->private;

	if (from->left && (u64)*pos >= d->bytes)
		return -ENOSPC;
	return transfer(d, from, pos, write_some);
}

static file_off disk_seek(struct file *f, file_off off, int whence)
{
	struct disk *d = f->private;
	file_off base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? f->pos : (file_off)d->bytes;

	if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
		return -EINVAL;
	if (__builtin_add_overflow(base, off, &base) || base < 0 || (u64)base > d->bytes)
		return -EINVAL;
	return f->pos = base;
}

static int disk_flush(struct disk *d)
{
	int err = 0;

	mutex_lock(&d->lock);
	if (virtio_has(&d->dev, VIRTIO_BLK_F_FLUSH))
		err = disk_request(d, VIRTIO_BLK_T_FLUSH, 0, NULL, 0);
	mutex_unlock(&d->lock);
	return err;
}

static int disk_fsync(struct file *f, bool data_only __unused)
{
	return disk_flush(f->private);
}

/* BLKDISCARD: {start, length} in bytes, whole sectors. */
static long disk_discard(struct disk *d, struct file *f, const void __user *arg)
{
	struct virtio_blk_discard_write_zeroes seg;
	u64 range[2];

	if (!FILE_WRITABLE(f))
		return -EBADF;
	if (copy_from_user(range, arg, sizeof(range)))
		return -EFAULT;
	if (!virtio_has(&d->dev, VIRTIO_BLK_F_DISCARD))
		return -EOPNOTSUPP;
	if (range[0] % SECTOR || range[1] % SECTOR || range[0] > d->bytes ||
	    range[1] > d->bytes - range[0])
		return -EINVAL;
	if (range[1] / SECTOR > 1u << 22)
		return -EINVAL;
	seg = (struct virtio_blk_discard_write_zeroes){.sector = range[0] / SECTOR,
						       .num_sectors = range[1] / SECTOR};
	mutex_lock(&d->lock);
	memcpy(d->bounce, &seg, sizeof(seg));
	int err = disk_request(d, VIRTIO_BLK_T_DISCARD, 0, d->bounce, sizeof(seg));
	mutex_unlock(&d->lock);
	return err;
}

static long disk_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct disk *d = f->private;

	switch (cmd) {
	case BLKGETSIZE64:
		return put_user(d->bytes, (u64 __user *)arg);
	case BLKGETSIZE:
		return put_user((unsigned long)(d->bytes / SECTOR), (unsigned long __user *)arg);
	case BLKSSZGET:
	case BLKBSZGET:
		return put_user((int)SECTOR, (int __user *)arg);
	case BLKPBSZGET:
		return put_user(SECTOR, (unsigned int __user *)arg);
	case BLKROGET:
		return put_user(d->read_only ? 1 : 0, (int __user *)arg);
	case BLKFLSBUF:
		return disk_flush(d);
	case BLKDISCARD:
		return disk_discard(d, f, (const void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_ops disk_ops = {.read = disk_read,
					 .write = disk_write,
					 .seek = disk_seek,
					 .ioctl = disk_ioctl,
					 .fsync = disk_fsync};

static int disk_open(struct inode *i, struct file *f)
{
	struct disk *d = disk_table[DEV_MINOR(i->rdev) / DISK_MINORS];

	if (d->read_only && FILE_WRITABLE(f))
		return -EACCES;
	f->private = d;
	return 0;
}

/* Bring up the nth disk: 0, -ENODEV when there is none, -EIO, -ENOMEM. */
static int disk_start(struct disk *d, unsigned int nth)
{
	u64 wanted =
		1ull << VIRTIO_BLK_F_RO | 1ull << VIRTIO_BLK_F_FLUSH | 1ull << VIRTIO_BLK_F_DISCARD;

	d->dev.on_queue = disk_interrupt;
	waitq_init(&d->done);
	mutex_init(&d->lock);
	int err = virtio_start(&d->dev, VIRTIO_ID_BLOCK, nth, wanted);
	if (err)
		return err;
	VQ_SETUP(&d->requests, &d->dev, 0, &d->memory);
	d->bounce = kmalloc(BOUNCE);
	if (!d->bounce)
		return -ENOMEM;
	virtio_ready(&d->dev);
	u32 low = virtio_config32(&d->dev, 0);
	d->bytes = ((u64)virtio_config32(&d->dev, 4) << 32 | low) * SECTOR;
	d->read_only = virtio_has(&d->dev, VIRTIO_BLK_F_RO);
	ksnprintf(d->name, sizeof(d->name), "vd%c", 'a' + nth);
	return 0;
}

void virtio_blk_register(void)
{
	for (unsigned int n = 0; n < DISKS_MAX; n++) {
		struct disk *d = virtio_exists(VIRTIO_ID_BLOCK, n) ? kzalloc(sizeof(*d)) : NULL;
		u32 dev = DEV(DISK_MAJOR, n * DISK_MINORS);
		if (!d)
			return;
		int err = disk_start(d, n);
		if (!err)
			err = blkdev_register(dev, d->name, &disk_ops, disk_open, d->bytes);
		if (err) {
			klog("virtio-blk: disk %u: error %d\n", n, -err);
			return; /* the device may still know d: not freed */
		}
		disk_table[n] = d;
		devtmpfs_add(d->name, S_IFBLK | 0660, dev);
	}
}
