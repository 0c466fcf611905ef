#include "kernel/fs/device.h"
#include "kernel/devices.h"

struct device {
	u32 dev;
	bool block;
	const char *name;
	const struct file_ops *ops;
	int (*open)(struct inode *i, struct file *f);
	u64 bytes;
};

#define DEVICES_MAX 64
static struct device devices[DEVICES_MAX];
static unsigned int device_count;

static int device_register(const struct device *init)
{
	if (device_count == DEVICES_MAX)
		return -ENOSPC;
	devices[device_count++] = *init;
	return 0;
}

int chrdev_register(u32 dev, const char *name, const struct file_ops *ops, int (*open)(struct inode *i, struct file *f))
{
	return device_register(&(struct device){.dev = dev, .name = name, .ops = ops, .open = open});
}

int blkdev_register(u32 dev, const char *name, const struct file_ops *ops, int (*open)(struct inode *i, struct file *f),
		    u64 bytes)
{
	return device_register(
		&(struct device){.dev = dev, .block = true, .name = name, .ops = ops, .open = open, .bytes = bytes});
}

void devices_make_ready(void)
{
	static bool done;
	if (!done)
		memdev_init();
	done = true;
	devices_register();
}

static bool device_serves(const struct device *d, u32 dev)
{
	return d->dev == dev || (DEV_MINOR(d->dev) == DEV_ANY_MINOR && DEV_MAJOR(d->dev) == DEV_MAJOR(dev));
}

int device_open(struct inode *i, struct file *f)
{
	bool block = S_ISBLK(i->mode);
	devices_make_ready();
	for (struct device *d = devices; d < devices + device_count; d++) {
		if (!device_serves(d, i->rdev) || d->block != block)
			continue;
		f->ops = d->ops;
		if (block && !i->size)
			i->size = d->bytes;
		return d->open ? d->open(i, f) : 0;
	}
	return -ENXIO;
}

void device_for_each(void (*fn)(void *ctx, bool block, u32 major, const char *name), void *ctx)
{
	for (struct device *d = devices; d < devices + device_count; d++)
		fn(ctx, d->block, DEV_MAJOR(d->dev), d->name);
}

void blkdev_for_each(void (*fn)(void *ctx, u32 dev, const char *name, u64 bytes), void *ctx)
{
	for (struct device *d = devices; d < devices + device_count; d++)
		if (d->block)
			fn(ctx, d->dev, d->name, d->bytes);
}
