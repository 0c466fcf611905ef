/*
 * virtio-mmio transport and split queues, driver side (virtio 1.2, sections 2.7, 3.1, 4.2).
 *
 * A register access leaves the machine, so drivers start a device when it is first needed and set
 * up only the queues they use (also after DRIVER_OK, which our VMM permits). Rings and buffers lie
 * in the kernel's image or the direct map.
 */
#ifndef DRIVERS_VIRTIO_VIRTIO_H
#define DRIVERS_VIRTIO_VIRTIO_H

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include "kernel/lib/types.h"

struct virtio_dev {
	volatile u8 *regs;
	u64 features; /* negotiated */
	u32 status;
	/* Interrupts: a queue has used buffers; the configuration changed. Kernel lock held, must
	 * not sleep. */
	void (*on_queue)(struct virtio_dev *d);
	void (*on_config)(struct virtio_dev *d);
};

/* Start the nth (from 0) device of that VIRTIO_ID_* (once: there is no reset): negotiate what it
 * offers of `wanted` plus VERSION_1 and EVENT_IDX, register the interrupt. Handlers are filled in
 * by the caller before. 0, -ENODEV (no such device), -EIO (it refuses). */
int virtio_start(struct virtio_dev *d, u32 device_id, unsigned int nth, u64 wanted);
/* Is there such a device? */
bool virtio_exists(u32 device_id, unsigned int nth);
/* DRIVER_OK: queues set up so far, and later ones, are live. */
void virtio_ready(struct virtio_dev *d);
/* Take the device out of service for good (it misbehaved). */
void virtio_fail(struct virtio_dev *d);
static inline bool virtio_has(const struct virtio_dev *d, unsigned int feature)
{
	return d->features >> feature & 1;
}
u32 virtio_read(struct virtio_dev *d, unsigned int reg);
void virtio_write(struct virtio_dev *d, unsigned int reg, u32 value);
u8 virtio_config8(struct virtio_dev *d, unsigned int off);
u16 virtio_config16(struct virtio_dev *d, unsigned int off);
u32 virtio_config32(struct virtio_dev *d, unsigned int off);
/* Take and acknowledge pending interrupts now, calling the handlers: for a driver that waits inside
 * the kernel. */
void virtio_poll_interrupt(struct virtio_dev *d);

/* Memory of one queue of n (power of two) entries, zero at first. */
#define VQ_MEMORY(name, n)                                                                         \
	struct __aligned(16)                                                                       \
	{                                                                                          \
		struct vring_desc desc[n];                                                         \
		struct {                                                                           \
			u16 flags, idx, ring[n], used_event;                                       \
		} avail;                                                                           \
		struct {                                                                           \
			u16 flags, idx;                                                            \
			struct vring_used_elem ring[n];                                            \
			u16 avail_event;                                                           \
		} used __aligned(4);                                                               \
	}                                                                                          \
	name

struct vq {
	struct virtio_dev *dev;
	u16 index, size;
	u16 next_avail; /* our available index */
	u16 last_used;	/* used entries taken so far */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
};

/* Set up queue `index`, once, over memory m (VQ_MEMORY of n entries; 256 at most, which our VMM
 * takes on every queue). */
#define VQ_SETUP(q, dev, index, m)                                                                 \
	vq_setup((q), (dev), (index), ARRAY_SIZE((m)->desc), (m)->desc, &(m)->avail, &(m)->used)
void vq_setup(struct vq *q, struct virtio_dev *d, unsigned int index, unsigned int n, void *desc,
	      void *avail, void *used);
static inline bool vq_live(const struct vq *q)
{
	return q->dev != NULL;
}
/* Fill descriptor i; flags VRING_DESC_F_*, next counts with F_NEXT. */
void vq_describe(struct vq *q, unsigned int i, const void *buf, u32 len, u16 flags, u16 next);
/* Make the chain that starts at descriptor `head` available, and notify the device when it asked
 * for that. When this returns the device may already be done. */
void vq_submit(struct vq *q, u16 head);
/* The next used chain: true with its head and the bytes written. A head the device made up (>=
 * size) takes the device out of service. */
bool vq_take_used(struct vq *q, u16 *head, u32 *written);
/* Ask for an interrupt at the next used chain; true when there is one already. Until asked there
 * are none. */
bool vq_want_interrupt(struct vq *q);

#endif
