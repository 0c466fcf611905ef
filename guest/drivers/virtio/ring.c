#include "drivers/virtio/virtio.h"

#include "arch/arch.h"

static void set_address(struct virtio_dev *d, unsigned int low_reg, const void *p)
{
	phys_addr pa = virt_to_phys(p);

	virtio_write(d, low_reg, (u32)pa);
	if (pa >> 32) /* it is zero */
		virtio_write(d, low_reg + 4, pa >> 32);
}

/* With EVENT_IDX the device compares only with used_event: one behind the next index is never
 * reached (for 65,535 chains). */
static void no_interrupt(struct vq *q)
{
	q->avail->ring[q->size] = (u16)(q->last_used - 1);
}

void vq_setup(struct vq *q, struct virtio_dev *d, unsigned int index, unsigned int n, void *desc,
	      void *avail, void *used)
{
	bool paused = arch_heavy_pause();

	virtio_write(d, VIRTIO_MMIO_QUEUE_SEL, index);
	*q = (struct vq){
		.dev = d, .index = index, .size = n, .desc = desc, .avail = avail, .used = used};
	no_interrupt(q);
	virtio_write(d, VIRTIO_MMIO_QUEUE_NUM, n);
	set_address(d, VIRTIO_MMIO_QUEUE_DESC_LOW, desc);
	set_address(d, VIRTIO_MMIO_QUEUE_AVAIL_LOW, avail);
	set_address(d, VIRTIO_MMIO_QUEUE_USED_LOW, used);
	virtio_write(d, VIRTIO_MMIO_QUEUE_READY, 1);
	arch_heavy_resume(paused);
}

void vq_describe(struct vq *q, unsigned int i, const void *buf, u32 len, u16 flags, u16 next)
{
	q->desc[i] = (struct vring_desc){
		.addr = virt_to_phys(buf), .len = len, .flags = flags, .next = next};
}

void vq_submit(struct vq *q, u16 head)
{
	u16 old = q->next_avail++;

	q->avail->ring[old & (q->size - 1)] = head;
	__atomic_store_n(&q->avail->idx, q->next_avail, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	u16 event = *(volatile u16 *)&q->used->ring[q->size];
	if (vring_need_event(event, q->next_avail, old))
		virtio_write(q->dev, VIRTIO_MMIO_QUEUE_NOTIFY, q->index);
}

static bool has_used(struct vq *q)
{
	return __atomic_load_n(&q->used->idx, __ATOMIC_ACQUIRE) != q->last_used;
}

bool vq_take_used(struct vq *q, u16 *head, u32 *written)
{
	if (!has_used(q))
		return false;
	struct vring_used_elem e = q->used->ring[q->last_used & (q->size - 1)];
	if (e.id >= q->size) {
		virtio_fail(q->dev);
		return false;
	}
	q->last_used++;
	*head = e.id;
	*written = e.len;
	return true;
}

bool vq_want_interrupt(struct vq *q)
{
	q->avail->ring[q->size] = q->last_used;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return has_used(q);
}
