#include "devices/virtqueue.h"

#include <errno.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "memory.h"

static uint64_t avail_bytes(const struct virtqueue *q)
{
	return sizeof(struct vring_avail) + 2ull * q->size + 2; /* with used_event */
}

static uint64_t used_bytes(const struct virtqueue *q)
{
	return sizeof(struct vring_used) + sizeof(struct vring_used_elem) * (uint64_t)q->size + 2;
}

bool virtq_valid(const struct memory *mem, const struct virtqueue *q)
{
	if (q->size == 0 || q->size > VIRTQ_MAX_SIZE || (q->size & (q->size - 1)))
		return false;
	if (q->desc % VRING_DESC_ALIGN_SIZE || q->avail % VRING_AVAIL_ALIGN_SIZE ||
	    q->used % VRING_USED_ALIGN_SIZE)
		return false;
	return memory_range(mem, q->desc, sizeof(struct vring_desc) * (uint64_t)q->size) &&
	       memory_range(mem, q->avail, avail_bytes(q)) &&
	       memory_range(mem, q->used, used_bytes(q));
}

static const struct vring_avail *avail_ring(const struct memory *mem, const struct virtqueue *q)
{
	return memory_range(mem, q->avail, avail_bytes(q));
}

static struct vring_used *used_ring(const struct memory *mem, const struct virtqueue *q)
{
	return memory_writable(mem, q->used, used_bytes(q));
}

/* A table of descriptors being walked. */
struct table {
	const struct vring_desc *desc;
	unsigned int count;
	bool indirect;
};

static int chain_add(const struct memory *mem, struct virtq_chain *c, const struct vring_desc *d)
{
	bool writes = d->flags & VRING_DESC_F_WRITE;
	unsigned int n = c->readable + c->writable;
	void *host = writes ? memory_writable(mem, d->addr, d->len)
			    : (void *)memory_range(mem, d->addr, d->len);

	if (!host || d->len == 0 || n >= VIRTQ_MAX_SIZE || (!writes && c->writable))
		return -EINVAL;
	c->iov[n] = (struct iovec){host, d->len};
	if (writes) {
		c->writable++;
		c->write_len += d->len;
	} else {
		c->readable++;
		c->read_len += d->len;
	}
	return 0;
}

/* Descriptor with VRING_DESC_F_INDIRECT: its table becomes the one walked (2.7.5.3). */
static int table_enter(const struct memory *mem, const struct virtqueue *q,
		       const struct vring_desc *d, struct table *t)
{
	uint64_t size = sizeof(struct vring_desc);

	if (!q->indirect || t->indirect || (d->flags & VRING_DESC_F_NEXT))
		return -EINVAL;
	if (d->len == 0 || d->len % size || d->len / size > VIRTQ_MAX_SIZE)
		return -EINVAL;
	t->desc = memory_range(mem, d->addr, d->len);
	t->count = d->len / size;
	t->indirect = true;
	return t->desc ? 0 : -EINVAL;
}

static int chain_walk(const struct memory *mem, const struct virtqueue *q, struct table t,
		      uint16_t at, struct virtq_chain *c)
{
	/* Each step uses up one unit: a loop ends here, whatever its shape. */
	for (unsigned int budget = q->size + VIRTQ_MAX_SIZE; budget; budget--) {
		struct vring_desc d;
		if (at >= t.count)
			return -EINVAL;
		memcpy(&d, &t.desc[at], sizeof(d));
		if (d.flags & VRING_DESC_F_INDIRECT) {
			if (table_enter(mem, q, &d, &t))
				return -EINVAL;
			at = 0;
			continue;
		}
		if (chain_add(mem, c, &d))
			return -EINVAL;
		if (!(d.flags & VRING_DESC_F_NEXT))
			return 1;
		at = d.next;
	}
	return -EINVAL;
}

int virtq_peek(const struct memory *mem, const struct virtqueue *q, struct virtq_chain *c)
{
	if (!q->ready)
		return 0;
	const struct vring_avail *avail = avail_ring(mem, q);
	struct table t = {memory_range(mem, q->desc, sizeof(struct vring_desc) * (uint64_t)q->size),
			  q->size, false};
	if (!avail || !t.desc)
		return -EINVAL;
	uint16_t idx = __atomic_load_n(&avail->idx, __ATOMIC_ACQUIRE);
	uint16_t waiting = idx - q->next_avail;
	if (waiting == 0)
		return 0;
	if (waiting > q->size)
		return -EINVAL;
	c->head = __atomic_load_n(&avail->ring[q->next_avail % q->size], __ATOMIC_RELAXED);
	c->readable = c->writable = 0;
	c->read_len = c->write_len = 0;
	return chain_walk(mem, q, t, c->head, c);
}

int virtq_finish(const struct memory *mem, struct virtqueue *q, const struct virtq_chain *c,
		 uint32_t written)
{
	struct vring_used *used = used_ring(mem, q);

	if (!q->ready || !used)
		return -EINVAL;
	used->ring[q->next_used % q->size] =
		(struct vring_used_elem){.id = c->head, .len = written};
	q->next_used++;
	q->next_avail++;
	__atomic_store_n(&used->idx, q->next_used, __ATOMIC_RELEASE);
	return 0;
}

bool virtq_wants_interrupt(const struct memory *mem, const struct virtqueue *q, uint16_t old_used)
{
	const struct vring_avail *avail = avail_ring(mem, q);

	if (!q->ready || !avail || old_used == q->next_used)
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!q->event_idx)
		return !(__atomic_load_n(&avail->flags, __ATOMIC_RELAXED) &
			 VRING_AVAIL_F_NO_INTERRUPT);
	uint16_t event = __atomic_load_n(&avail->ring[q->size], __ATOMIC_RELAXED);
	return vring_need_event(event, q->next_used, old_used);
}

bool virtq_enable_notify(const struct memory *mem, const struct virtqueue *q)
{
	struct vring_used *used = used_ring(mem, q);
	const struct vring_avail *avail = avail_ring(mem, q);

	if (!q->ready || !used || !avail)
		return false;
	if (q->event_idx) {
		uint16_t at = q->next_avail;
		memcpy(&used->ring[q->size], &at, sizeof(at));
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	}
	return __atomic_load_n(&avail->idx, __ATOMIC_ACQUIRE) != q->next_avail;
}
