#include "devices/blk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/virtio_blk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/overlay.h"
#include "devices/virtio.h"
#include "mote.h"

#define SECTOR	       512u
#define BLK_QUEUE_SIZE 128

/* Plain state: the transport's (a request is done within its notification) and the configuration.
 */
struct blk {
	struct virtio_device virtio; /* first */
	struct virtio_blk_config config;
	int fd;
	bool read_only, private; /* private: writes stay with the machine */
	struct overlay overlay;
	char id[VIRTIO_BLK_ID_BYTES];
};

/* A request (5.2.6): header, data, one status byte that is the last byte the device may write. */
struct request {
	struct virtio_blk_outhdr header;
	const struct iovec *data;
	unsigned int count;
	uint64_t len; /* of data */
	struct iovec iov[VIRTQ_MAX_SIZE];
};

/* May [sector, sector + len) be touched? Whole sectors inside the disk. */
static bool range_ok(const struct blk *b, uint64_t sector, uint64_t len)
{
	uint64_t n = len / SECTOR;

	return len % SECTOR == 0 && n <= b->config.capacity && sector <= b->config.capacity - n;
}

static int discard(struct blk *b, const struct request *r, uint32_t type)
{
	struct virtio_blk_discard_write_zeroes seg;
	int how = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
	int err;

	if (r->len != sizeof(seg) ||
	    iov_to_buf(r->data, r->count, &seg, sizeof(seg)) != sizeof(seg))
		return -EINVAL;
	uint64_t len = (uint64_t)seg.num_sectors * SECTOR;
	bool unmap = seg.flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	if (!range_ok(b, seg.sector, len) ||
	    (type == VIRTIO_BLK_T_DISCARD ? seg.flags : seg.flags & ~1u))
		return -EINVAL;
	if (type == VIRTIO_BLK_T_WRITE_ZEROES && !unmap)
		how = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
	if (b->private)
		err = overlay_clear(&b->overlay, seg.sector * SECTOR, len);
	else
		err = len && fallocate(b->fd, how, seg.sector * SECTOR, len) ? -errno : 0;
	return err && err != -EOPNOTSUPP ? -EIO : err;
}

/* The data of a request, at its sector. */
static int move_data(struct blk *b, const struct request *r, bool write)
{
	uint64_t off = r->header.sector * SECTOR;

	if (!b->private)
		return disk_transfer(b->fd, r->data, r->count, 0, off, r->len, write);
	return (write ? overlay_write : overlay_read)(&b->overlay, r->data, r->count, off, r->len);
}

/* A request whose data the device writes (IN, GET_ID): the bytes written or -errno. */
static int64_t do_read(struct blk *b, const struct request *r)
{
	switch (r->header.type) {
	case VIRTIO_BLK_T_IN:
		if (!range_ok(b, r->header.sector, r->len) || move_data(b, r, false))
			return -EIO;
		return r->len;
	case VIRTIO_BLK_T_GET_ID:
		return iov_from_buf(r->data, r->count, b->id, sizeof(b->id));
	default:
		return -EOPNOTSUPP;
	}
}

/* A request whose data the device reads, or that has none: 0 or -errno. */
static int do_write(struct blk *b, const struct request *r)
{
	uint32_t type = r->header.type;

	if (type == VIRTIO_BLK_T_FLUSH)
		return !b->private && fdatasync(b->fd) ? -EIO : 0;
	if (type != VIRTIO_BLK_T_OUT && type != VIRTIO_BLK_T_DISCARD &&
	    type != VIRTIO_BLK_T_WRITE_ZEROES)
		return -EOPNOTSUPP;
	if (b->read_only)
		return -EIO;
	if (type != VIRTIO_BLK_T_OUT)
		return discard(b, r, type);
	if (!range_ok(b, r->header.sector, r->len))
		return -EIO;
	return move_data(b, r, true);
}

static bool reads_data(uint32_t type)
{
	return type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID;
}

/* ---- faults for tests ---- */

static int blk_check_fault(const struct virtio_device *dev, const struct io_fault *f)
{
	(void)dev;
	if (f->unit)
		return -ENODEV;
	return !f->error || f->error == EIO || f->error == EOPNOTSUPP ? 0 : -EINVAL;
}

/* Leave of a read or write what f lets pass, whole sectors. Is it any shorter? */
static bool shorten(struct request *r, const struct io_fault *f)
{
	uint32_t type = r->header.type;

	if ((type != VIRTIO_BLK_T_IN && type != VIRTIO_BLK_T_OUT) || f->length >= r->len)
		return false;
	r->len = f->length - f->length % SECTOR;
	r->count = iov_slice(r->iov, r->count, 0, r->len, r->iov);
	return true;
}

static int64_t do_request(struct blk *b, const struct request *r)
{
	return reads_data(r->header.type) ? do_read(b, r) : do_write(b, r);
}

/*
 * Do r as far as f allows: the result of the request. A shortened one does its part and then fails, as a
 * disk does that breaks off: the protocol has no short success. *moved: bytes that a read brought all the
 * same.
 */
static int64_t do_faulty(struct blk *b, struct request *r, const struct io_fault *f, int64_t *moved)
{
	if (f->error)
		return -(int64_t)f->error;
	bool shorter = shorten(r, f);
	int64_t result = do_request(b, r);

	if (!shorter || result < 0)
		return result;
	*moved = result;
	return -EIO;
}

static unsigned char status_of(int64_t result)
{
	if (result >= 0)
		return VIRTIO_BLK_S_OK;
	return result == -EOPNOTSUPP ? VIRTIO_BLK_S_UNSUPP : VIRTIO_BLK_S_IOERR;
}

/* Take the chain apart, do the request, write the status byte: the bytes written to the chain, or
 * -1 for a chain that is no request. */
static int64_t serve(struct blk *b, const struct virtq_chain *c)
{
	struct request r;
	struct io_fault f;
	struct iovec last;
	const struct iovec *writable = c->iov + c->readable;

	if (c->write_len < 1 ||
	    iov_to_buf(c->iov, c->readable, &r.header, sizeof(r.header)) != sizeof(r.header))
		return -1;
	iov_slice(writable, c->writable, c->write_len - 1, 1, &last);
	bool in = reads_data(r.header.type);
	r.len = in ? c->write_len - 1 : c->read_len - sizeof(r.header);
	r.count = in ? iov_slice(writable, c->writable, 0, r.len, r.iov)
		     : iov_slice(c->iov, c->readable, sizeof(r.header), r.len, r.iov);
	r.data = r.iov;
	int64_t moved = 0, result;

	if (virtio_fault(&b->virtio, 1, &f))
		result = do_faulty(b, &r, &f, &moved);
	else
		result = do_request(b, &r);
	*(unsigned char *)last.iov_base = status_of(result);
	if (in && result > 0)
		moved = result;
	return moved + 1;
}

static void blk_notify(struct virtio_device *dev, unsigned int queue)
{
	struct blk *b = (struct blk *)dev;
	struct virtq_chain c;

	while (virtio_peek(dev, queue, &c)) {
		int64_t written = serve(b, &c);
		if (written < 0) {
			virtio_broken(dev);
			return;
		}
		virtio_finish(dev, queue, &c, written);
	}
}

static void blk_destroy(struct mmio_device *mmio)
{
	struct blk *b = (struct blk *)mmio;

	overlay_close(&b->overlay);
	close(b->fd);
	pthread_mutex_destroy(&b->virtio.lock);
	free(b);
}

/* ---- snapshots: a disk that others may see written cannot be put back ---- */

static int blk_untouched(struct mmio_device *mmio)
{
	const struct blk *b = (const struct blk *)mmio;

	return b->private && b->overlay.any ? -EBUSY : 0;
}

static int blk_forget(struct mmio_device *mmio)
{
	struct blk *b = (struct blk *)mmio;

	if (b->private)
		return overlay_forget(&b->overlay);
	return b->read_only ? 0 : -ENOTSUP;
}

#define BLK_FEATURES                                                                               \
	(1ull << VIRTIO_BLK_F_FLUSH | 1ull << VIRTIO_BLK_F_SEG_MAX |                               \
	 1ull << VIRTIO_BLK_F_DISCARD | 1ull << VIRTIO_BLK_F_WRITE_ZEROES)
static const struct virtio_ops blk_ops = {
	.features = BLK_FEATURES, .queue_count = 1, .notify = blk_notify, .check_fault = blk_check_fault};
static const struct virtio_ops blk_ro_ops = {.features = 1ull << VIRTIO_BLK_F_RO |
							 1ull << VIRTIO_BLK_F_SEG_MAX,
					     .queue_count = 1,
					     .notify = blk_notify,
					     .check_fault = blk_check_fault};

static int file_bytes(int fd, uint64_t *out)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISBLK(st.st_mode))
		return ioctl(fd, BLKGETSIZE64, out) ? -errno : 0;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	*out = st.st_size;
	return 0;
}

static void configure(struct blk *b, uint64_t bytes)
{
	b->config.capacity = bytes / SECTOR;
	b->config.seg_max = BLK_QUEUE_SIZE - 2;
	b->config.blk_size = SECTOR;
	b->config.max_discard_sectors = b->config.max_write_zeroes_sectors = 1u << 22;
	b->config.max_discard_seg = b->config.max_write_zeroes_seg = 1;
	b->config.discard_sector_alignment = 8;
	b->config.write_zeroes_may_unmap = 1;
}

static int blk_open(struct blk *b, const char *path)
{
	uint64_t bytes;
	int err;

	bool shared = b->read_only || b->private;

	b->fd = open(path, (shared ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (b->fd < 0)
		return -errno;
	err = file_bytes(b->fd, &bytes);
	if (!err && flock(b->fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB))
		err = -errno;
	if (!err && b->private)
		err = overlay_open(&b->overlay, b->fd, bytes);
	if (err) {
		close(b->fd);
		return err;
	}
	configure(b, bytes);
	return 0;
}

static int blk_create(struct machine *m, const char *path, bool read_only, bool private)
{
	struct blk *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->read_only = read_only;
	b->private = private && !read_only;
	b->overlay.own = -1;
	int err = blk_open(b, path);
	if (err) {
		free(b);
		return err;
	}
	const char *base = strrchr(path, '/');
	base = base ? base + 1 : path;
	memcpy(b->id, base, strnlen(base, sizeof(b->id)));
	virtio_setup(&b->virtio, read_only ? &blk_ro_ops : &blk_ops, VIRTIO_ID_BLOCK, &b->config,
		     sizeof(b->config));
	b->virtio.mmio.destroy = blk_destroy;
	b->virtio.mmio.untouched = blk_untouched;
	b->virtio.mmio.forget = blk_forget;
	err = machine_add_device(m, &b->virtio.mmio);
	if (err)
		blk_destroy(&b->virtio.mmio);
	return err;
}

/* Does spec end in ",name"? */
static bool has_flag(const char *spec, const char *name)
{
	size_t len = strlen(spec), n = strlen(name);

	return len > n + 1 && spec[len - n - 1] == ',' && !strcmp(spec + len - n, name);
}

int blk_add(struct machine *m, const char *spec, bool private)
{
	bool read_only = has_flag(spec, "ro"), own = has_flag(spec, "private");
	size_t flag = read_only ? 3 : own ? sizeof(",private") - 1 : 0;
	char *path = strndup(spec, strlen(spec) - flag);

	if (!path)
		return -ENOMEM;
	int err = blk_create(m, path, read_only, own || private);
	if (err)
		mote_error("--disk %s: %s", path,
			   err == -EWOULDBLOCK ? "in use by another process" : strerror(-err));
	free(path);
	return err;
}
