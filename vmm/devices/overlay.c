#include "devices/overlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices/virtio.h"

static uint64_t bitmap_bytes(const struct overlay *o)
{
	return ((o->bytes + OVERLAY_BLOCK - 1) / OVERLAY_BLOCK + 63) / 64 * 8;
}

int overlay_open(struct overlay *o, int base, uint64_t bytes)
{
	*o = (struct overlay){.base = base, .bytes = bytes};
	o->own = memfd_create("mote-disk", MFD_CLOEXEC);
	o->written = calloc(1, bitmap_bytes(o) + 8);
	if (o->own >= 0 && o->written && !ftruncate(o->own, (off_t)bytes))
		return 0;
	int err = o->written ? -errno : -ENOMEM;

	overlay_close(o);
	return err;
}

void overlay_close(struct overlay *o)
{
	if (o->own >= 0)
		close(o->own);
	free(o->written);
	o->own = -1;
	o->written = NULL;
}

static bool is_own(const struct overlay *o, uint64_t off)
{
	uint64_t block = off / OVERLAY_BLOCK;

	return o->written[block / 64] >> block % 64 & 1;
}

static void make_own(struct overlay *o, uint64_t off)
{
	uint64_t block = off / OVERLAY_BLOCK;

	o->written[block / 64] |= 1ull << block % 64;
	o->any = true;
}

int disk_transfer(int fd, const struct iovec *iov, unsigned int n, uint64_t skip, uint64_t off, uint64_t len,
		  bool write)
{
	struct iovec part[VIRTQ_MAX_SIZE];

	while (len) {
		unsigned int k = iov_slice(iov, n, skip, len, part);
		ssize_t r = write ? pwritev(fd, part, (int)k, (off_t)off) : preadv(fd, part, (int)k, (off_t)off);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -EIO; /* the file has shrunk */
		skip += (uint64_t)r;
		off += (uint64_t)r;
		len -= (uint64_t)r;
	}
	return 0;
}

/* Bytes from off, at most len, that lie in the same file. */
static uint64_t run_length(const struct overlay *o, uint64_t off, uint64_t len)
{
	uint64_t at = (off / OVERLAY_BLOCK + 1) * OVERLAY_BLOCK;
	bool own = is_own(o, off);

	while (at < off + len && is_own(o, at) == own)
		at += OVERLAY_BLOCK;
	return at - off < len ? at - off : len;
}

int overlay_read(struct overlay *o, const struct iovec *iov, unsigned int n, uint64_t off, uint64_t len)
{
	int err = 0;

	for (uint64_t done = 0; done < len && !err;) {
		uint64_t run = run_length(o, off + done, len - done);

		err = disk_transfer(is_own(o, off + done) ? o->own : o->base, iov, n, done, off + done, run, false);
		done += run;
	}
	return err;
}

/* The block at off, of which only a part will be written, with what it holds so far. */
static int fetch_block(struct overlay *o, uint64_t off)
{
	uint8_t block[OVERLAY_BLOCK];
	uint64_t start = off / OVERLAY_BLOCK * OVERLAY_BLOCK;
	uint64_t len = o->bytes - start < OVERLAY_BLOCK ? o->bytes - start : OVERLAY_BLOCK;
	struct iovec iov = {block, len};
	int err;

	if (is_own(o, off))
		return 0;
	err = disk_transfer(o->base, &iov, 1, 0, start, len, false);
	return err ? err : disk_transfer(o->own, &iov, 1, 0, start, len, true);
}

/* [off, off + len) is about to be written in `own`. */
static int prepare(struct overlay *o, uint64_t off, uint64_t len)
{
	uint64_t end = off + len;
	int err = off % OVERLAY_BLOCK ? fetch_block(o, off) : 0;

	if (!err && len && end % OVERLAY_BLOCK)
		err = fetch_block(o, end - 1);
	for (uint64_t at = off / OVERLAY_BLOCK * OVERLAY_BLOCK; at < end && !err; at += OVERLAY_BLOCK)
		make_own(o, at);
	return err;
}

int overlay_write(struct overlay *o, const struct iovec *iov, unsigned int n, uint64_t off, uint64_t len)
{
	int err = prepare(o, off, len);

	return err ? err : disk_transfer(o->own, iov, n, 0, off, len, true);
}

int overlay_clear(struct overlay *o, uint64_t off, uint64_t len)
{
	static const uint8_t zeros[65536];
	int err = prepare(o, off, len);

	while (len && !err) {
		struct iovec iov = {(void *)zeros, len < sizeof(zeros) ? len : sizeof(zeros)};

		err = disk_transfer(o->own, &iov, 1, 0, off, iov.iov_len, true);
		off += iov.iov_len;
		len -= iov.iov_len;
	}
	return err;
}

int overlay_forget(struct overlay *o)
{
	if (!o->any)
		return 0;
	memset(o->written, 0, bitmap_bytes(o));
	o->any = false;
	return ftruncate(o->own, 0) || ftruncate(o->own, (off_t)o->bytes) ? -errno : 0;
}
