#include "devices/virtio.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define VIRTIO_MMIO_MAGIC 0x74726976u /* "virt" */
#define VIRTIO_VENDOR	  0x65746f6du /* "mote" */
#define TRANSPORT_FEATURES                                                                         \
	(1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_RING_F_EVENT_IDX |                            \
	 1ull << VIRTIO_RING_F_INDIRECT_DESC)

static uint64_t offered(const struct virtio_device *dev)
{
	return dev->ops->features | TRANSPORT_FEATURES;
}

static struct virtqueue *selected(struct virtio_device *dev)
{
	return dev->state.queue_sel < dev->ops->queue_count
		       ? &dev->state.queue[dev->state.queue_sel]
		       : NULL;
}

bool virtio_running(const struct virtio_device *dev)
{
	return (dev->state.status & (VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET)) ==
	       VIRTIO_CONFIG_S_DRIVER_OK;
}

static void interrupt(struct virtio_device *dev, uint32_t why)
{
	dev->state.interrupt_status |= why;
	device_raise_irq(&dev->mmio);
}

void virtio_broken(struct virtio_device *dev)
{
	dev->state.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	if (dev->state.status & VIRTIO_CONFIG_S_DRIVER_OK)
		interrupt(dev, VIRTIO_MMIO_INT_CONFIG);
}

void virtio_config_changed(struct virtio_device *dev)
{
	dev->state.config_generation++;
	if (virtio_running(dev))
		interrupt(dev, VIRTIO_MMIO_INT_CONFIG);
}

/* A guest that feeds a queue for ever from another vCPU must not keep this thread from ending with
 * the machine. */
static bool ended(struct virtio_device *dev)
{
	return ++dev->peeks % 1024 == 0 && machine_forced(dev->mmio.machine);
}

int virtio_peek(struct virtio_device *dev, unsigned int q, struct virtq_chain *c)
{
	if (!virtio_running(dev) || ended(dev))
		return 0;
	int r = virtq_peek(dev->mmio.memory, &dev->state.queue[q], c);
	if (r == 0 && virtq_enable_notify(dev->mmio.memory, &dev->state.queue[q]))
		r = virtq_peek(dev->mmio.memory, &dev->state.queue[q], c);
	if (r < 0)
		virtio_broken(dev);
	return r > 0;
}

void virtio_finish(struct virtio_device *dev, unsigned int qi, const struct virtq_chain *c,
		   uint32_t written)
{
	struct virtqueue *q = &dev->state.queue[qi];
	uint16_t old = q->next_used;

	if (virtq_finish(dev->mmio.memory, q, c, written)) {
		virtio_broken(dev);
		return;
	}
	if (virtq_wants_interrupt(dev->mmio.memory, q, old))
		interrupt(dev, VIRTIO_MMIO_INT_VRING);
}

bool virtio_fault(struct virtio_device *dev, uint32_t units, struct io_fault *f)
{
	struct io_fault *pending = &dev->state.fault;

	if (!pending->countdown || !(units >> pending->unit % VIRTIO_MAX_UNITS & 1) || --pending->countdown)
		return false;
	*f = *pending;
	*pending = (struct io_fault){0};
	return true;
}

static void reset_locked(struct virtio_device *dev)
{
	uint32_t generation = dev->state.config_generation;

	dev->state = (struct virtio_state){.config_generation = generation};
	if (dev->ops->reset)
		dev->ops->reset(dev);
}

/* Section 3.1.1: FEATURES_OK stays set only for a subset of what is offered, with VERSION_1. */
static void write_status(struct virtio_device *dev, uint32_t value)
{
	uint32_t old = dev->state.status;
	uint64_t f = dev->state.driver_features;

	if (value == 0) {
		reset_locked(dev);
		return;
	}
	value |= old & VIRTIO_CONFIG_S_NEEDS_RESET;
	if ((value & ~old & VIRTIO_CONFIG_S_FEATURES_OK) &&
	    ((f & ~offered(dev)) || !(f & 1ull << VIRTIO_F_VERSION_1)))
		value &= ~(uint32_t)VIRTIO_CONFIG_S_FEATURES_OK;
	if ((value & VIRTIO_CONFIG_S_DRIVER_OK) && !(value & VIRTIO_CONFIG_S_FEATURES_OK))
		value &= ~(uint32_t)VIRTIO_CONFIG_S_DRIVER_OK;
	dev->state.status = value;
	if ((value & ~old & VIRTIO_CONFIG_S_DRIVER_OK) && dev->ops->started)
		dev->ops->started(dev);
}

static void write_queue_ready(struct virtio_device *dev, struct virtqueue *q, uint32_t value)
{
	uint64_t f = dev->state.driver_features;

	if (!value) {
		*q = (struct virtqueue){0};
		return;
	}
	if (q->ready)
		return;
	if (!(dev->state.status & VIRTIO_CONFIG_S_FEATURES_OK) ||
	    !virtq_valid(dev->mmio.memory, q)) {
		virtio_broken(dev);
		return;
	}
	q->event_idx = !!(f & 1ull << VIRTIO_RING_F_EVENT_IDX);
	q->indirect = !!(f & 1ull << VIRTIO_RING_F_INDIRECT_DESC);
	q->ready = 1;
}

static void set_low(uint64_t *v, uint32_t x)
{
	*v = (*v & ~0xffffffffull) | x;
}

static void set_high(uint64_t *v, uint32_t x)
{
	*v = (*v & 0xffffffffull) | (uint64_t)x << 32;
}

/* A register of the selected queue; rings of a ready queue do not move. */
static void write_queue(struct virtio_device *dev, uint64_t off, uint32_t value)
{
	struct virtqueue *q = selected(dev);

	if (!q || (q->ready && off != VIRTIO_MMIO_QUEUE_READY))
		return;
	switch (off) {
	case VIRTIO_MMIO_QUEUE_NUM:
		q->size = value <= VIRTQ_MAX_SIZE ? value : 0;
		break;
	case VIRTIO_MMIO_QUEUE_READY:
		write_queue_ready(dev, q, value);
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
		set_low(&q->desc, value);
		break;
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		set_high(&q->desc, value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
		set_low(&q->avail, value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
		set_high(&q->avail, value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
		set_low(&q->used, value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		set_high(&q->used, value);
		break;
	}
}

static void write_driver_features(struct virtio_device *dev, uint32_t value)
{
	if (dev->state.status & VIRTIO_CONFIG_S_FEATURES_OK)
		return;
	if (dev->state.driver_features_sel == 0)
		set_low(&dev->state.driver_features, value);
	else if (dev->state.driver_features_sel == 1)
		set_high(&dev->state.driver_features, value);
}

static void write_register(struct virtio_device *dev, uint64_t off, uint32_t value)
{
	switch (off) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		dev->state.features_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		dev->state.driver_features_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		write_driver_features(dev, value);
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		dev->state.queue_sel = value;
		break;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		if (value < dev->ops->queue_count && virtio_running(dev))
			dev->ops->notify(dev, value);
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		dev->state.interrupt_status &= ~value;
		break;
	case VIRTIO_MMIO_STATUS:
		write_status(dev, value);
		break;
	default:
		write_queue(dev, off, value);
	}
}

static uint32_t read_register(struct virtio_device *dev, uint64_t off)
{
	struct virtqueue *q = selected(dev);

	switch (off) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return VIRTIO_MMIO_MAGIC;
	case VIRTIO_MMIO_VERSION:
		return 2;
	case VIRTIO_MMIO_DEVICE_ID:
		return dev->mmio.device_id;
	case VIRTIO_MMIO_VENDOR_ID:
		return VIRTIO_VENDOR;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return dev->state.features_sel < 2 ? offered(dev) >> (32 * dev->state.features_sel)
						   : 0;
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return q ? VIRTQ_MAX_SIZE : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return q ? q->ready : 0;
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		return dev->state.interrupt_status;
	case VIRTIO_MMIO_STATUS:
		return dev->state.status;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return dev->state.config_generation;
	case VIRTIO_MMIO_SHM_LEN_LOW: /* no shared memory region: length -1 (4.2.2) */
	case VIRTIO_MMIO_SHM_LEN_HIGH:
		return ~0u;
	default:
		return 0;
	}
}

static void read_config(struct virtio_device *dev, uint64_t off, void *data, unsigned int len)
{
	memset(data, 0, len);
	if (off < dev->config_size) {
		unsigned int n = dev->config_size - off < len ? dev->config_size - off : len;
		memcpy(data, (const char *)dev->config + off, n);
	}
}

static void mmio_read(struct mmio_device *mmio, uint64_t off, void *data, unsigned int len)
{
	struct virtio_device *dev = (struct virtio_device *)mmio;

	memset(data, 0, len);
	pthread_mutex_lock(&dev->lock);
	if (off >= VIRTIO_MMIO_CONFIG) {
		read_config(dev, off - VIRTIO_MMIO_CONFIG, data, len);
	} else if (len == 4 && off % 4 == 0) {
		uint32_t v = read_register(dev, off);
		memcpy(data, &v, sizeof(v));
	}
	pthread_mutex_unlock(&dev->lock);
}

/* Registers take aligned 32-bit writes only (4.2.2.2); configuration of our devices is read-only.
 */
static void mmio_write(struct mmio_device *mmio, uint64_t off, const void *data, unsigned int len)
{
	struct virtio_device *dev = (struct virtio_device *)mmio;
	uint32_t v;

	if (off >= VIRTIO_MMIO_CONFIG || len != 4 || off % 4)
		return;
	memcpy(&v, data, sizeof(v));
	pthread_mutex_lock(&dev->lock);
	write_register(dev, off, v);
	pthread_mutex_unlock(&dev->lock);
}

static void mmio_reset(struct mmio_device *mmio)
{
	struct virtio_device *dev = (struct virtio_device *)mmio;

	pthread_mutex_lock(&dev->lock);
	reset_locked(dev);
	pthread_mutex_unlock(&dev->lock);
}

static int mmio_set_fault(struct mmio_device *mmio, const struct io_fault *f)
{
	struct virtio_device *dev = (struct virtio_device *)mmio;
	int err = 0;

	if (f->unit >= VIRTIO_MAX_UNITS)
		return -ENODEV;
	if (f->countdown && !f->error && !f->length)
		return -EINVAL;
	pthread_mutex_lock(&dev->lock);
	if (f->countdown)
		err = dev->ops->check_fault ? dev->ops->check_fault(dev, f) : -EOPNOTSUPP;
	if (!err)
		dev->state.fault = *f;
	pthread_mutex_unlock(&dev->lock);
	return err;
}

static void mmio_freeze(struct mmio_device *mmio)
{
	pthread_mutex_lock(&((struct virtio_device *)mmio)->lock);
}

static void mmio_thaw(struct mmio_device *mmio)
{
	pthread_mutex_unlock(&((struct virtio_device *)mmio)->lock);
}

static void mmio_resume(struct mmio_device *mmio)
{
	struct virtio_device *dev = (struct virtio_device *)mmio;

	if (!dev->ops->resumed)
		return;
	pthread_mutex_lock(&dev->lock);
	dev->ops->resumed(dev);
	pthread_mutex_unlock(&dev->lock);
}

bool virtio_state_possible(const struct virtio_device *dev)
{
	const struct io_fault *f = &dev->state.fault;

	for (unsigned int i = 0; i < VIRTIO_MAX_QUEUES; i++) {
		const struct virtqueue *q = &dev->state.queue[i];

		if (q->ready > (i < dev->ops->queue_count) || (q->ready && !virtq_valid(dev->mmio.memory, q)))
			return false;
	}
	if (!f->countdown)
		return true;
	return f->unit < VIRTIO_MAX_UNITS && dev->ops->check_fault && !dev->ops->check_fault(dev, f);
}

static bool mmio_state_possible(const struct mmio_device *mmio)
{
	return virtio_state_possible((const struct virtio_device *)mmio);
}

void virtio_setup(struct virtio_device *dev, const struct virtio_ops *ops, uint32_t device_id,
		  const void *config, unsigned int config_size)
{
	dev->mmio.device_id = device_id;
	dev->mmio.read = mmio_read;
	dev->mmio.write = mmio_write;
	dev->mmio.reset = mmio_reset;
	dev->mmio.set_fault = mmio_set_fault;
	dev->mmio.state_possible = mmio_state_possible;
	dev->mmio.freeze = mmio_freeze;
	dev->mmio.thaw = mmio_thaw;
	dev->mmio.resume = mmio_resume;
	dev->mmio.state[0] = (struct device_state){&dev->state, sizeof(dev->state)};
	dev->ops = ops;
	dev->config = config;
	dev->config_size = config_size;
	dev->state = (struct virtio_state){0};
	pthread_mutex_init(&dev->lock, NULL);
}

size_t iov_to_buf(const struct iovec *iov, unsigned int n, void *buf, size_t len)
{
	size_t done = 0;

	for (unsigned int i = 0; i < n && done < len; i++) {
		size_t part = iov[i].iov_len < len - done ? iov[i].iov_len : len - done;
		memcpy((char *)buf + done, iov[i].iov_base, part);
		done += part;
	}
	return done;
}

size_t iov_from_buf(const struct iovec *iov, unsigned int n, const void *buf, size_t len)
{
	size_t done = 0;

	for (unsigned int i = 0; i < n && done < len; i++) {
		size_t part = iov[i].iov_len < len - done ? iov[i].iov_len : len - done;
		memcpy(iov[i].iov_base, (const char *)buf + done, part);
		done += part;
	}
	return done;
}

unsigned int iov_slice(const struct iovec *iov, unsigned int n, uint64_t skip, uint64_t max,
		       struct iovec *out)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < n && max; i++) {
		if (skip >= iov[i].iov_len) {
			skip -= iov[i].iov_len;
			continue;
		}
		uint64_t len = iov[i].iov_len - skip;
		len = len < max ? len : max;
		out[count++] = (struct iovec){(char *)iov[i].iov_base + skip, len};
		max -= len;
		skip = 0;
	}
	return count;
}
