/*
 * Split virtqueues, device side (virtio 1.2, section 2.7). Everything in guest memory is hostile:
 * each index, address, length, flag and chain is copied once and checked before use. A queue that
 * breaks the rules answers -EINVAL and the device goes to DEVICE_NEEDS_RESET; nothing else happens.
 *
 * A chain is looked at with virtq_peek() and stays in the queue until virtq_finish(), so that
 * half-done work needs no memory beside struct virtqueue (and a snapshot loses nothing).
 */
#ifndef MOTE_DEVICES_VIRTQUEUE_H
#define MOTE_DEVICES_VIRTQUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct memory;

#define VIRTQ_MAX_SIZE 256u /* entries of a queue, and so of a chain */

/* Plain state: saved and loaded as it is. */
struct virtqueue {
	uint64_t desc, avail, used; /* gpa */
	uint16_t size;		    /* entries, a power of two; 0 = not set */
	uint16_t ready;
	uint16_t next_avail; /* the available entry to be taken next */
	uint16_t next_used;  /* our used index */
	uint16_t event_idx;  /* VIRTIO_RING_F_EVENT_IDX was negotiated */
	uint16_t indirect;   /* VIRTIO_RING_F_INDIRECT_DESC was negotiated */
};

/* A chain: what the device reads comes first, what it writes after it (2.7.4.2). */
struct virtq_chain {
	uint16_t head;
	unsigned int readable,
		writable;	      /* iov[0..readable) and iov[readable..readable + writable) */
	uint64_t read_len, write_len; /* bytes */
	struct iovec iov[VIRTQ_MAX_SIZE];
};

/* May the queue be made ready? Size a power of two <= VIRTQ_MAX_SIZE, rings aligned and inside
 * guest memory. */
bool virtq_valid(const struct memory *mem, const struct virtqueue *q);

/* The oldest available chain: 1 and *c filled; 0 when there is none (or the queue is not ready);
 * -EINVAL when the driver broke the rules. The chain stays available. */
int virtq_peek(const struct memory *mem, const struct virtqueue *q, struct virtq_chain *c);

/* Hand the chain just peeked at back to the driver, with `written` bytes written to it. 0 or
 * -EINVAL (rings no longer in memory). */
int virtq_finish(const struct memory *mem, struct virtqueue *q, const struct virtq_chain *c,
		 uint32_t written);

/* After some virtq_finish() calls: does the driver want an interrupt? old_used = next_used before
 * them. */
bool virtq_wants_interrupt(const struct memory *mem, const struct virtqueue *q, uint16_t old_used);

/* Ask for (or, without EVENT_IDX, no longer suppress) a notification of the next available chain.
 * True when one became available meanwhile. */
bool virtq_enable_notify(const struct memory *mem, const struct virtqueue *q);

#endif
