/* null(4), zero(4), full(4) */
#include <linux/major.h>
#include "kernel/fs/device.h"
#include "kernel/mm/vm.h"

static isize null_read(struct file *f, struct uio *to, file_off *pos)
{
	(void)f, (void)to, (void)pos;
	return 0;
}

static isize null_write(struct file *f, struct uio *from, file_off *pos)
{
	size_t n = from->left;
	(void)f, (void)pos;
	uio_skip(from, n);
	return (isize)n;
}

static isize zero_read(struct file *f, struct uio *to, file_off *pos)
{
	size_t n = to->left, done = uio_zero(to, n);
	(void)f, (void)pos;
	return done || !n ? (isize)done : -EFAULT;
}

static isize full_write(struct file *f, struct uio *from, file_off *pos)
{
	(void)f, (void)from, (void)pos;
	return -ENOSPC; /* of nothing, too */
}

static file_off mem_seek(struct file *f, file_off off, int whence)
{
	(void)off, (void)whence;
	return f->pos = 0;
}

/* A mapping of /dev/zero is anonymous memory, private or shared. */
static int zero_mmap(struct file *f, struct vma *v)
{
	int err = vma_set_anonymous(v);
	if (err)
		return err;
	v->file = NULL;
	file_put(f);
	return 0;
}

static const struct file_ops null_ops = {.read = null_read, .write = null_write, .seek = mem_seek, .no_splice_read = true};
static const struct file_ops zero_ops = {
	.read = zero_read, .write = null_write, .seek = mem_seek, .mmap = zero_mmap};
static const struct file_ops full_ops = {.read = zero_read, .write = full_write, .seek = mem_seek, .segments_apart = true};

void memdev_init(void)
{
	static const struct {
		const char *name;
		u32 minor;
		const struct file_ops *ops;
	} devices[] = {{"null", 3, &null_ops}, {"zero", 5, &zero_ops}, {"full", 7, &full_ops}};
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		u32 dev = DEV(MEM_MAJOR, devices[i].minor);
		if (!chrdev_register(dev, "mem", devices[i].ops, NULL))
			devtmpfs_add(devices[i].name, 0666, dev);
	}
}
