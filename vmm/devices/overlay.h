/*
 * A disk whose writes stay with the machine: blocks that were written lie in a memfd, all others in the file below,
 * which is only read. Forgetting the writes makes it what it was. One thread at a time (the device's lock).
 */
#ifndef MOTE_DEVICES_OVERLAY_H
#define MOTE_DEVICES_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#define OVERLAY_BLOCK 4096u

struct overlay {
	int base;	/* the file, not ours */
	int own;	/* memfd, -1: no overlay */
	uint64_t bytes; /* of the disk */
	uint64_t *written; /* bit n: block n lies in own */
	bool any;	/* something was written */
};

/* len bytes that begin `skip` bytes into iov[0..n) (at most VIRTQ_MAX_SIZE parts), from or to byte offset off of a file: 0, or a negative errno, -EIO
 * when the file ends before. For disks without an overlay too. */
int disk_transfer(int fd, const struct iovec *iov, unsigned int n, uint64_t skip, uint64_t off, uint64_t len,
		  bool write);

/* 0 or a negative errno. */
int overlay_open(struct overlay *o, int base, uint64_t bytes);
void overlay_close(struct overlay *o);
/* iov[0..n), len bytes in all, at most VIRTQ_MAX_SIZE parts, from or to byte offset off; off + len <= bytes. 0 or a negative errno. */
int overlay_read(struct overlay *o, const struct iovec *iov, unsigned int n, uint64_t off, uint64_t len);
int overlay_write(struct overlay *o, const struct iovec *iov, unsigned int n, uint64_t off, uint64_t len);
/* Zeros instead of data. */
int overlay_clear(struct overlay *o, uint64_t off, uint64_t len);
/* Everything that was written is gone. Costs in proportion to the disk only when something was. */
int overlay_forget(struct overlay *o);

#endif
