#include "lib/driver.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

/* Addresses are 16 bits and so mostly inside; a length or a wild address takes them beyond. */
#define RAM	      0x20000u
#define QUEUE_BASE(q) (0x10000u + 0x1000u * (q))
#define AVAIL	      0x400u
#define USED	      0x800u
#define N	      16u /* entries of a queue */
#define INDIRECT      0x8000u
#define MAX_ACTS      100 /* of a run */

static struct memory mem;
static struct mmio_device *dev;
static const uint64_t *machine_has_seed;
static unsigned int waits;
static bool ending;

void (*driver_host_takes)(void);

/* ---- the machine ---- */

int machine_add_device(struct machine *m, struct mmio_device *d)
{
	d->machine = m;
	d->memory = &mem;
	dev = d;
	return 0;
}

void device_raise_irq(struct mmio_device *d)
{
	FUZZ_CHECK(d == dev);
}

int device_add_ioeventfd(struct mmio_device *d, uint64_t off, unsigned int len, uint64_t value, int fd)
{
	(void)d, (void)off, (void)len, (void)value, (void)fd;
	return -ENOSYS;
}

/* A thread would make runs differ. */
int device_start_thread(unsigned long *thread, void *(*fn)(void *arg), void *arg)
{
	(void)thread, (void)fn, (void)arg;
	return -EAGAIN;
}

bool machine_forced(struct machine *m)
{
	(void)m;
	return ending;
}

const uint64_t *machine_seed(const struct machine *m)
{
	(void)m;
	return machine_has_seed;
}

bool machine_may_wait(const struct machine *m)
{
	(void)m;
	if (!machine_has_seed || waits++ > 4)
		return false;
	if (driver_host_takes)
		driver_host_takes();
	return true;
}

/* ---- registers ---- */

static void write_register(unsigned int reg, uint32_t value)
{
	dev->write(dev, reg, &value, sizeof(value));
}

/* As a driver should: VERSION_1 and whatever is offered of the features. */
static void negotiate(struct input *in)
{
	uint32_t offered;

	write_register(VIRTIO_MMIO_STATUS, 0);
	write_register(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	write_register(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	dev->read(dev, VIRTIO_MMIO_DEVICE_FEATURES, &offered, sizeof(offered));
	write_register(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	write_register(VIRTIO_MMIO_DRIVER_FEATURES, offered & ~input_u32(in));
	write_register(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	write_register(VIRTIO_MMIO_DRIVER_FEATURES, 1);
	write_register(VIRTIO_MMIO_STATUS, 11);
}

static void set_up_queue(unsigned int q)
{
	uint32_t at = QUEUE_BASE(q);

	write_register(VIRTIO_MMIO_QUEUE_SEL, q);
	write_register(VIRTIO_MMIO_QUEUE_NUM, N);
	write_register(VIRTIO_MMIO_QUEUE_DESC_LOW, at);
	write_register(VIRTIO_MMIO_QUEUE_AVAIL_LOW, at + AVAIL);
	write_register(VIRTIO_MMIO_QUEUE_USED_LOW, at + USED);
	write_register(VIRTIO_MMIO_QUEUE_READY, 1);
}

static void start(const struct driver *d, struct input *in)
{
	negotiate(in);
	for (unsigned int q = 0; q < d->queues; q++)
		set_up_queue(q);
	write_register(VIRTIO_MMIO_STATUS, 15);
}

static void access_register(struct input *in)
{
	uint8_t how = input_u8(in);
	unsigned int len = 1u << (how >> 1 & 3);
	uint64_t off = input_u8(in) * 4u, value;

	if (how & 8) { /* all of the page, for every length that KVM may hand over */
		off = input_u16(in) % 4096;
		off = off < 4096 - len ? off : 4096 - len;
	} else if (how & 16) {
		len = 4;
	}
	if (how & 1) {
		value = how & 32 ? input_u64(in) : input_u8(in);
		dev->write(dev, off, &value, len);
	} else {
		dev->read(dev, off, &value, len);
	}
}

/* ---- rings ---- */

/* What follows in the input goes where a request's header would be. */
static void poke(struct input *in)
{
	uint32_t at = input_u8(in) & 1 ? input_u16(in) * 2u : input_u8(in) * 0x100u;
	size_t n = input_u8(in) % 64;

	input_bytes(in, mem.host + at, n < RAM - at ? n : RAM - at);
}

static void draw_descriptor(struct input *in, struct vring_desc *d)
{
	uint8_t how = input_u8(in);

	*d = (struct vring_desc){.addr = how & 1 ? input_u16(in) : input_u8(in) * 0x100u};
	d->len = how & 2 ? input_u16(in) : input_u8(in) % 65;
	d->flags = how >> 2 & 3;
	d->next = input_u8(in) % 20;
	if (how >= 0xf0) {
		d->addr = input_u64(in);
		d->len = input_u32(in);
	}
}

static void describe(const struct driver *d, struct input *in)
{
	unsigned int q = input_u8(in) % d->queues, i = input_u8(in) % N;
	struct vring_desc desc;

	draw_descriptor(in, &desc);
	memcpy(mem.host + QUEUE_BASE(q) + i * sizeof(desc), &desc, sizeof(desc));
}

static void publish(unsigned int q, uint16_t head)
{
	struct vring_avail *avail = (void *)(mem.host + QUEUE_BASE(q) + AVAIL);

	avail->ring[avail->idx % N] = head;
	avail->idx++;
	write_register(VIRTIO_MMIO_QUEUE_NOTIFY, q);
}

/* A whole request: a header of 16 bytes, a data part, a byte; as a table or in the ring. */
static void request(const struct driver *d, struct input *in)
{
	unsigned int q = input_u8(in) % d->queues, at = QUEUE_BASE(q);
	uint8_t how = input_u8(in);
	struct vring_desc t[3] = {{.addr = 0x1000, .len = 16, .flags = VRING_DESC_F_NEXT, .next = 1},
				  {.addr = 0x2000, .flags = VRING_DESC_F_NEXT, .next = 2},
				  {.addr = 0x7000, .len = 1, .flags = VRING_DESC_F_WRITE}};
	struct vring_desc indirect = {.addr = INDIRECT, .len = sizeof(t), .flags = VRING_DESC_F_INDIRECT};

	input_bytes(in, mem.host + 0x1000, how & 1 ? 32 : 16);
	t[1].len = how & 2 ? input_u8(in) * 512u : input_u16(in);
	if (how & 4)
		t[1].flags |= VRING_DESC_F_WRITE;
	if (how & 8)
		t[1].addr = input_u16(in);
	if (how & 16) {
		memcpy(mem.host + INDIRECT, t, sizeof(t));
		memcpy(mem.host + at, &indirect, sizeof(indirect));
	} else {
		memcpy(mem.host + at, t, sizeof(t));
	}
	publish(q, how >> 5 == 7 ? 1 : 0);
}

/* One buffer, which the device reads or writes. */
static void buffer(const struct driver *d, struct input *in)
{
	unsigned int q = input_u8(in) % d->queues;
	uint8_t how = input_u8(in);
	struct vring_desc t = {.addr = 0x1000, .len = how & 2 ? input_u16(in) : how >> 2};

	if (how & 1)
		t.flags = VRING_DESC_F_WRITE;
	else
		input_bytes(in, mem.host + 0x1000, t.len < 32 ? t.len : 32);
	memcpy(mem.host + QUEUE_BASE(q), &t, sizeof(t));
	publish(q, 0);
}

/* ---- tests and snapshots ---- */

static void fault(struct input *in)
{
	static const uint32_t errors[] = {0, 0, 5, 28, 32, 95, 1, 4095};
	struct io_fault f = {.countdown = input_u8(in) % 4,
			     .length = input_u8(in),
			     .unit = input_u8(in) % 36,
			     .error = errors[input_u8(in) % 8]};

	dev->set_fault(dev, &f);
}

/* As vmm/reset.c: state goes in whole, is refused or not, and then the device goes on. */
static void load(struct input *in)
{
	uint8_t flips = input_u8(in) % 8;

	dev->freeze(dev);
	for (unsigned int i = 0; i < flips; i++) {
		const struct device_state *s = &dev->state[input_u8(in) % DEVICE_STATES];
		size_t at = input_u16(in), n = 1u << input_u8(in) % 4;

		if (at + n <= s->size)
			input_bytes(in, (uint8_t *)s->at + at, n);
	}
	bool possible = dev->state_possible(dev);

	dev->thaw(dev);
	if (!possible)
		dev->reset(dev);
	else if (dev->resume)
		dev->resume(dev);
}

static void forget(void)
{
	if (dev->untouched)
		dev->untouched(dev);
	if (dev->forget)
		dev->forget(dev);
}

/* ---- */

void driver_begin(const uint64_t *seed)
{
	guest_memory_reset(&mem, RAM);
	dev = NULL;
	machine_has_seed = seed;
	waits = 0;
	ending = false;
}

struct mmio_device *driver_device(void)
{
	return dev;
}

static void act(const struct driver *d, struct input *in)
{
	uint8_t what = input_u8(in);

	switch (what % 16) {
	case 0:
		start(d, in);
		break;
	case 1:
	case 2:
		access_register(in);
		break;
	case 3:
		poke(in);
		break;
	case 4:
	case 5:
		describe(d, in);
		break;
	case 6:
	case 7:
		publish(what / 16 % d->queues, input_u8(in) % 20);
		break;
	case 8:
	case 9:
		request(d, in);
		break;
	case 10:
	case 11:
		buffer(d, in);
		break;
	case 12:
		fault(in);
		break;
	case 13:
		load(in);
		break;
	case 14:
		forget();
		break;
	default:
		if (d->event)
			d->event(in, what / 16);
	}
}

void driver_run(const struct driver *d, struct input *in)
{
	FUZZ_CHECK(dev);
	if (input_u8(in) % 8)
		start(d, in);
	for (unsigned int i = 0; i < MAX_ACTS && input_left(in); i++)
		act(d, in);
	ending = true;
	dev->destroy(dev);
}
