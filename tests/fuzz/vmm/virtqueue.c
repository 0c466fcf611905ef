/*
 * Virtqueues in the memory of a hostile guest.
 * sources: vmm/devices/virtqueue.c vmm/memory.c vmm/arch/x86_64.c tests/fuzz/vmm/lib/quiet.c tests/fuzz/vmm/lib/guest_memory.c
 */
#include <errno.h>
#include <linux/virtio_ring.h>

#include "devices/virtqueue.h"
#include "lib/guest_memory.h"
#include "lib/input.h"

#define RAM	 0x10000u
#define DESC	 0x1000u
#define AVAIL	 0x2000u
#define USED	 0x3000u
#define INDIRECT 0x4000u

static struct memory mem;

/* ---- what the driver does ---- */

/* Mostly inside memory; one in four is any number. */
static uint64_t draw_address(struct input *in)
{
	return input_u8(in) % 4 ? input_u16(in) : input_u64(in);
}

static void draw_desc(struct input *in, uint64_t table)
{
	struct vring_desc d = {.addr = draw_address(in)};
	uint8_t at = input_u8(in);

	d.len = input_u8(in) % 4 ? input_u8(in) : input_u32(in);
	d.flags = input_u8(in) % 8;
	d.next = input_u8(in);
	if (d.flags & VRING_DESC_F_INDIRECT && input_u8(in) % 2) {
		d.addr = INDIRECT;
		d.len = input_u8(in) * 16u;
	}
	memcpy(mem.host + table + at % 64 * sizeof(d), &d, sizeof(d));
}

static void offer(struct input *in, const struct virtqueue *q)
{
	struct vring_avail *avail = (void *)(mem.host + AVAIL);

	if (q->size)
		avail->ring[avail->idx % q->size % 1024] = input_u8(in);
	avail->idx++;
}

static void poke(struct input *in)
{
	uint16_t at = input_u16(in);
	size_t n = input_u8(in) % 32;

	input_bytes(in, mem.host + at, n < RAM - at ? n : RAM - at);
}

static void draw_queue(struct input *in, struct virtqueue *q)
{
	uint8_t how = input_u8(in);

	*q = (struct virtqueue){.desc = DESC, .avail = AVAIL, .used = USED, .size = (uint16_t)(1u << how % 9)};
	q->event_idx = how >> 4 & 1;
	q->indirect = how >> 5 & 1;
	if (how >> 6 & 1) {
		q->desc = draw_address(in);
		q->avail = draw_address(in);
		q->used = draw_address(in);
		q->size = input_u16(in);
	}
	q->next_avail = q->next_used = how >> 7 ? input_u16(in) : 0;
	((struct vring_avail *)(void *)(mem.host + AVAIL))->idx = q->next_avail;
	q->ready = virtq_valid(&mem, q); /* as the transport does */
}

/* ---- what the device may rely on ---- */

static void check_chain(const struct virtq_chain *c)
{
	uint64_t read_len = 0, write_len = 0;

	FUZZ_CHECK(c->readable + c->writable <= VIRTQ_MAX_SIZE && c->readable + c->writable > 0);
	for (unsigned int i = 0; i < c->readable + c->writable; i++) {
		uint64_t at = (uint64_t)((uint8_t *)c->iov[i].iov_base - mem.host);

		FUZZ_CHECK(memory_range(&mem, at, c->iov[i].iov_len) == c->iov[i].iov_base);
		if (i < c->readable)
			read_len += c->iov[i].iov_len;
		else
			write_len += c->iov[i].iov_len;
	}
	FUZZ_CHECK(read_len == c->read_len && write_len == c->write_len);
}

static void serve(struct input *in, struct virtqueue *q)
{
	static struct virtq_chain c;
	uint16_t old = q->next_used;
	int r = virtq_peek(&mem, q, &c);

	FUZZ_CHECK(r == 0 || r == 1 || r == -EINVAL);
	if (r == 1) {
		check_chain(&c);
		FUZZ_CHECK(virtq_finish(&mem, q, &c, input_u32(in)) == 0);
		virtq_wants_interrupt(&mem, q, old);
	}
	virtq_enable_notify(&mem, q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	struct virtqueue q;

	guest_memory_reset(&mem, RAM);
	draw_queue(&in, &q);
	while (input_left(&in)) {
		switch (input_u8(&in) % 8) {
		case 0:
		case 1:
			draw_desc(&in, DESC);
			break;
		case 2:
			draw_desc(&in, INDIRECT);
			break;
		case 3:
		case 4:
			offer(&in, &q);
			break;
		case 5:
			poke(&in);
			break;
		default:
			serve(&in, &q);
		}
	}
	return 0;
}
