#include "kernel/testdev.h"

#include <linux/fs.h>
#include <linux/major.h>
#include <linux/virtio_ids.h>

#include "arch/arch.h"
#include "drivers/virtio/console.h"
#include "kernel/boot.h"
#include "kernel/fs/vfs.h"
#include "kernel/fuzz/fuzz.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/first.h"
#include "kernel/task/ready.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "shared/abi/console.h"
#include "shared/abi/hypercall.h"
#include "shared/abi/testdev.h"

#define TESTDEV_MINOR 240 /* of the numbers for local use: Documentation/admin-guide/devices.txt */
#define BUFFER_BYTES  4096u
_Static_assert(MOTE_EVENT_MAX <= BUFFER_BYTES, "events go through the buffer");

/* Between program and VMM. Made at the first open, so that no later call needs memory: allocations may be
 * made to fail then. */
static u8 *buffer;
static struct mutex buffer_lock = {.queue = WAITQ_INIT(buffer_lock.queue)};

/* ---- input ---- */

static long input_size(void)
{
	return arch_hypercall(HC_INPUT, 0, 0, 0, 0);
}

static isize input_some(struct uio *to, u64 off)
{
	size_t n = MIN(to->left, (size_t)BUFFER_BYTES);
	long got = arch_hypercall(HC_INPUT, virt_to_phys(buffer), n, off, 0);

	if (got <= 0)
		return got;
	size_t moved = uio_write(to, buffer, got);
	return moved ? (isize)moved : -EFAULT;
}

/* Bytes, 0 at the end, or -errno. */
static isize input_read(struct uio *to, u64 off)
{
	isize done = 0, r = 0;

	mutex_lock(&buffer_lock);
	while (to->left && (r = input_some(to, off + done)) > 0) {
		done += r;
		if (task_signal_pending())
			break;
	}
	mutex_unlock(&buffer_lock);
	return done ? done : r;
}

static isize testdev_read(struct file *f __unused, struct uio *to, file_off *pos)
{
	isize n = input_read(to, *pos);

	if (n > 0)
		*pos += n;
	return n;
}

static file_off testdev_seek(struct file *f, file_off off, int whence)
{
	file_off base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? f->pos : input_size();

	if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
		return -EINVAL;
	if (base < 0)
		return base;
	if (__builtin_add_overflow(base, off, &base) || base < 0)
		return -EINVAL;
	return f->pos = base;
}

static long ioctl_input_size(u64 __user *arg)
{
	long size = input_size();

	return size < 0 ? size : put_user((u64)size, arg);
}

static long ioctl_input(const struct mote_input __user *arg)
{
	struct mote_input in;
	struct uio_segment s;
	struct uio u;

	if (copy_from_user(&in, arg, sizeof(in)))
		return -EFAULT;
	if (in.length > INT32_MAX || in.offset > INT64_MAX)
		return -EINVAL;
	uio_user(&u, &s, in.address, in.length);
	return input_read(&u, in.offset);
}

/* ---- events ---- */

/* Mark an event with n bytes of `text` (MOTE_EVENT_MAX at most): 0, -EFAULT. */
static long event_mark(struct uio *text, size_t n, bool strip_newline)
{
	long r = -EFAULT;

	mutex_lock(&buffer_lock);
	if (uio_read(text, buffer, n) == n) {
		if (strip_newline && n && buffer[n - 1] == '\n')
			n--;
		r = arch_hypercall(HC_EVENT, virt_to_phys(buffer), n, 0, 0);
	}
	mutex_unlock(&buffer_lock);
	return r;
}

static isize testdev_write(struct file *f __unused, struct uio *from, file_off *pos __unused)
{
	size_t n = MIN(from->left, (size_t)MOTE_EVENT_MAX);
	long r = event_mark(from, n, true);

	return r ? r : (isize)n;
}

static long ioctl_event(const struct mote_text __user *arg)
{
	struct mote_text text;
	struct uio_segment s;
	struct uio u;

	if (copy_from_user(&text, arg, sizeof(text)))
		return -EFAULT;
	if (text.length > MOTE_EVENT_MAX)
		return -EINVAL;
	uio_user(&u, &s, text.address, text.length);
	return event_mark(&u, text.length, false);
}

/* ---- failures ---- */

static long ioctl_fail_alloc(struct mote_alloc_failure __user *arg)
{
	struct mote_alloc_failure in, out = {0};
	bool failed;

	if (copy_from_user(&in, arg, sizeof(in)))
		return -EFAULT;
	out.n = in.n;
	out.counted = page_fail_counted(&failed);
	out.failed = failed;
	page_fail_nth(0);
	/* A fault in here needs memory of its own: it is not to be counted. */
	if (copy_to_user(arg, &out, sizeof(out)))
		return -EFAULT;
	page_fail_nth(in.n);
	return 0;
}

/* What a program calls a device, and which of the machine's it is. */
static const struct target {
	const char *name;
	u32 device_id;
	u32 nth;
	u32 unit; /* HC_IO_UNIT */
} targets[] = {
	{"vda", VIRTIO_ID_BLOCK, 0, 0},
	{"vdb", VIRTIO_ID_BLOCK, 1, 0},
	{"vdc", VIRTIO_ID_BLOCK, 2, 0},
	{"vdd", VIRTIO_ID_BLOCK, 3, 0},
	{"vde", VIRTIO_ID_BLOCK, 4, 0},
	{"vdf", VIRTIO_ID_BLOCK, 5, 0},
	{"vdg", VIRTIO_ID_BLOCK, 6, 0},
	{"vdh", VIRTIO_ID_BLOCK, 7, 0},
	{"console", VIRTIO_ID_CONSOLE, 0, 0},
	{"stdin", VIRTIO_ID_CONSOLE, 0, CONSOLE_PORT_STDIN + 1},
	{"stdout", VIRTIO_ID_CONSOLE, 0, CONSOLE_PORT_STDOUT + 1},
	{"stderr", VIRTIO_ID_CONSOLE, 0, CONSOLE_PORT_STDERR + 1},
	{"rng", VIRTIO_ID_RNG, 0, 0},
};

/* The index of the machine's nth device with that id, or -ENODEV. */
static int device_index(u32 device_id, u32 nth)
{
	for (unsigned int i = 0; i < boot_info->device_count && i < BOOT_MAX_DEVICES; i++)
		if (boot_info->device[i].device_id == device_id && nth-- == 0)
			return (int)i;
	return -ENODEV;
}

static long fail_io(const struct target *t, const struct mote_io_failure *f)
{
	int index = device_index(t->device_id, t->nth);

	if (index < 0)
		return index;
	/* Output on its way counts as made before this call, however slow the host is. */
	int err = t->device_id == VIRTIO_ID_CONSOLE ? console_settle() : 0;
	if (err)
		return err;
	return arch_hypercall(HC_IO_FAULT, HC_IO_UNIT((u64)index, (u64)t->unit), f->n, f->error, f->length);
}

static long ioctl_fail_io(const struct mote_io_failure __user *arg)
{
	struct mote_io_failure f;

	if (copy_from_user(&f, arg, sizeof(f)))
		return -EFAULT;
	if (f.reserved || strnlen(f.device, sizeof(f.device)) == sizeof(f.device))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (!strcmp(targets[i].name, f.device))
			return fail_io(&targets[i], &f);
	return -ENODEV;
}

/* ---- the rest ---- */

static long ioctl_advance_clock(const u64 __user *arg)
{
	u64 ns;

	return get_user(ns, arg) ? -EFAULT : clock_advance(ns);
}

static void add_objects(void *ctx, const struct slab_cache *c)
{
	*(u64 *)ctx += c->objects;
}

static long ioctl_counts(struct mote_counts __user *arg)
{
	struct mote_counts out = {.tasks = task_count()};
	struct page_counts c;

	page_counts(&c);
	out.pages_total = c.total;
	out.pages_free = c.free;
	out.pages_slab = c.slab;
	out.pages_cache = c.cache;
	slab_for_each(add_objects, &out.objects);
	return copy_to_user(arg, &out, sizeof(out));
}

static long ioctl_exit(unsigned long status)
{
	if (status > 0xff)
		return -EINVAL;
	machine_end((int)status << 8); /* as wait(2) has it */
}

static long ioctl_snapshot(void)
{
	ready_point_request(READY_ASKED);
	return 0;
}

static long testdev_ioctl(struct file *f __unused, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case MOTE_SNAPSHOT:
		return ioctl_snapshot();
	case MOTE_EXIT:
		return ioctl_exit(arg);
	case MOTE_EVENT:
		return ioctl_event(p);
	case MOTE_INPUT_SIZE:
		return ioctl_input_size(p);
	case MOTE_INPUT:
		return ioctl_input(p);
	case MOTE_FAIL_ALLOC:
		return ioctl_fail_alloc(p);
	case MOTE_FAIL_IO:
		return ioctl_fail_io(p);
	case MOTE_ADVANCE_CLOCK:
		return ioctl_advance_clock(p);
	case MOTE_COVERAGE:
		return arg > 1 ? -EINVAL : arch_hypercall(HC_COVERAGE, arg, 0, 0, 0);
	case MOTE_COUNTS:
		return ioctl_counts(p);
	case MOTE_FUZZ_SHARE:
	case MOTE_FUZZ_END:
	case MOTE_CENSUS:
		return fuzz_ioctl(cmd, arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_ops testdev_ops = {
	.read = testdev_read, .write = testdev_write, .seek = testdev_seek, .ioctl = testdev_ioctl};

static int testdev_open(struct inode *i __unused, struct file *f __unused)
{
	if (!buffer)
		buffer = kmalloc(BUFFER_BYTES);
	return buffer ? 0 : -ENOMEM;
}

/*
 * For everybody: the machine is the test's own, tests drop privileges and go on testing, and nothing of
 * the host is within reach of what the device can do. Whoever confines a program in the guest takes the
 * node away from it with chmod(1).
 */
void testdev_register(void)
{
	u32 dev = DEV(MISC_MAJOR, TESTDEV_MINOR);

	if (!chrdev_register(dev, "misc", &testdev_ops, testdev_open))
		devtmpfs_add("mote", 0666, dev);
}
