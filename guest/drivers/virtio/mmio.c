#include "drivers/virtio/virtio.h"

#include "arch/arch.h"
#include "kernel/boot.h"
#include "kernel/lib/log.h"

u32 virtio_read(struct virtio_dev *d, unsigned int reg)
{
	return *(volatile u32 *)(d->regs + reg);
}

void virtio_write(struct virtio_dev *d, unsigned int reg, u32 value)
{
	*(volatile u32 *)(d->regs + reg) = value;
}

u8 virtio_config8(struct virtio_dev *d, unsigned int off)
{
	return d->regs[VIRTIO_MMIO_CONFIG + off];
}

u16 virtio_config16(struct virtio_dev *d, unsigned int off)
{
	return *(volatile u16 *)(d->regs + VIRTIO_MMIO_CONFIG + off);
}

u32 virtio_config32(struct virtio_dev *d, unsigned int off)
{
	return *(volatile u32 *)(d->regs + VIRTIO_MMIO_CONFIG + off);
}

static const struct boot_device *find(u32 device_id, unsigned int nth)
{
	for (unsigned int i = 0; i < boot_info->device_count && i < BOOT_MAX_DEVICES; i++)
		if (boot_info->device[i].device_id == device_id && nth-- == 0)
			return &boot_info->device[i];
	return NULL;
}

bool virtio_exists(u32 device_id, unsigned int nth)
{
	return find(device_id, nth) != NULL;
}

static void set_status(struct virtio_dev *d, u32 bits)
{
	d->status |= bits;
	virtio_write(d, VIRTIO_MMIO_STATUS, d->status);
}

void virtio_fail(struct virtio_dev *d)
{
	klog("virtio: device at %lx is out of service\n", (unsigned long)d->regs);
	set_status(d, VIRTIO_CONFIG_S_FAILED);
}

void virtio_poll_interrupt(struct virtio_dev *d)
{
	u32 why = virtio_read(d, VIRTIO_MMIO_INTERRUPT_STATUS);

	if (!why)
		return;
	virtio_write(d, VIRTIO_MMIO_INTERRUPT_ACK, why);
	if ((why & VIRTIO_MMIO_INT_CONFIG) && d->on_config)
		d->on_config(d);
	if ((why & VIRTIO_MMIO_INT_VRING) && d->on_queue)
		d->on_queue(d);
}

static void interrupt(void *arg)
{
	virtio_poll_interrupt(arg);
}

/*
 * Section 3.1.1, steps 4 to 6. Each access leaves the machine, so none is made that writes what is
 * there already: out of reset our VMM's selectors and queue addresses are zero.
 */
static int negotiate(struct virtio_dev *d, u64 wanted)
{
	u64 offered = virtio_read(d, VIRTIO_MMIO_DEVICE_FEATURES);

	wanted |= 1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_RING_F_EVENT_IDX;
	virtio_write(d, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	offered |= (u64)virtio_read(d, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
	d->features = offered & wanted;
	if (!virtio_has(d, VIRTIO_F_VERSION_1) || !virtio_has(d, VIRTIO_RING_F_EVENT_IDX))
		return -EIO;
	virtio_write(d, VIRTIO_MMIO_DRIVER_FEATURES, (u32)d->features);
	virtio_write(d, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	virtio_write(d, VIRTIO_MMIO_DRIVER_FEATURES, d->features >> 32);
	set_status(d, VIRTIO_CONFIG_S_FEATURES_OK);
	return virtio_read(d, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK ? 0 : -EIO;
}

static int start(struct virtio_dev *d, const struct boot_device *b, u64 wanted)
{
	int err;

	d->regs = phys_to_virt(b->mmio);
	d->status = 0; /* at power-on a device is reset */
	set_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	err = negotiate(d, wanted);
	if (err) {
		virtio_fail(d);
		return err;
	}
	arch_irq_register(b->vector, interrupt, d);
	return 0;
}

/* Register accesses are what arch_heavy_begin() makes dearer: where many come together it is paused. */
int virtio_start(struct virtio_dev *d, u32 device_id, unsigned int nth, u64 wanted)
{
	const struct boot_device *b = find(device_id, nth);
	bool paused;
	int err;

	if (!b)
		return -ENODEV;
	paused = arch_heavy_pause();
	err = start(d, b, wanted);
	arch_heavy_resume(paused);
	return err;
}

void virtio_ready(struct virtio_dev *d)
{
	set_status(d, VIRTIO_CONFIG_S_DRIVER_OK);
}
