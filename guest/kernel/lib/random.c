#include "kernel/lib/random.h"

#include <linux/capability.h>
#include <linux/eventpoll.h>
#include <linux/random.h>

#include "drivers/virtio/rng.h"
#include "kernel/boot.h"
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/chacha20.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"
#include "shared/abi/control.h"

#define POOL_BYTES   4096u
#define POOL_SMALL   256u /* refill with an emulated supervisor and without virtio-rng */
#define RESEED_BYTES (1u << 20)

static u32 key[8];
static bool keyed;
static u32 since_seed = RESEED_BYTES;
static u32 early_used;
/* Bytes [pool_at, pool_end) are ready to be handed out. */
static u8 pool[POOL_BYTES] __aligned(64);
static u32 pool_at, pool_end;

/* Straight from the VMM: where generating costs too much; and in a deterministic run, which then is the same on every host. */
static bool by_host(void)
{
	return boot_emulated() || boot_deterministic();
}

void random_mix(const void *buf, size_t n)
{
	static const u32 nonce[3] = {0x6d6978};
	const u8 *p = buf;
	u8 block[64];

	while (n) {
		size_t part = MIN(n, sizeof(key));
		for (size_t i = 0; i < part; i++)
			((u8 *)key)[i] ^= p[i];
		chacha20_block(key, 0, nonce, block);
		memcpy(key, block, sizeof(key));
		p += part;
		n -= part;
	}
	pool_at = pool_end;
}

static void seed(void)
{
	if (!keyed) {
		memcpy(key, boot_info->random, sizeof(key));
		keyed = true;
	}
	if (since_seed >= RESEED_BYTES) {
		u64 now = arch_counter_ns();
		size_t n = virtio_rng_read(pool, 32);
		memcpy(pool + n, &now, sizeof(now));
		random_mix(pool, n + sizeof(now));
		since_seed = 0;
	}
}

/* Keystream into the pool; its first 32 bytes become the next key, so that bytes handed out cannot
 * be computed again. */
static void generate(u32 bytes)
{
	static const u32 nonce[3];

	seed();
	for (u32 i = 0; i < bytes / 64; i++)
		chacha20_block(key, i, nonce, pool + 64 * i);
	memcpy(key, pool, sizeof(key));
	memset(pool, 0, sizeof(key));
	pool_at = sizeof(key);
	pool_end = bytes;
	since_seed += bytes;
}

static void refill(void)
{
	pool_at = 0;
	pool_end = by_host() ? virtio_rng_read(pool, POOL_BYTES) : 0;
	if (!pool_end)
		generate(boot_emulated() ? POOL_SMALL : POOL_BYTES);
}

/* Hand out bytes of the pool for good. */
static u8 *take(size_t max, size_t *n)
{
	if (pool_at == pool_end)
		refill();
	u8 *p = pool + pool_at;
	*n = MIN(max, (size_t)(pool_end - pool_at));
	pool_at += *n;
	return p;
}

/* Bytes from boot_info: true when there were enough. A loader that left the field empty shows by
 * zeros. */
static bool take_early(void *buf, size_t n)
{
	static const u8 zeros[8];

	if (n > sizeof(boot_info->early_random) - early_used)
		return false;
	if (!early_used && !memcmp(boot_info->early_random, zeros, sizeof(zeros)))
		return false;
	u8 *p = (u8 *)boot_info->early_random + early_used; /* in RAM, ours */
	memcpy(buf, p, n);
	memset(p, 0, n);
	early_used += n;
	return true;
}

static struct control_random control;
static u64 generation_seen;

struct control_random *random_control(void)
{
	return &control;
}

/* The machine goes on from a snapshot: what is left of any earlier randomness others have too. */
static void adopt_seed(void)
{
	generation_seen = control.generation;
	early_used = sizeof(boot_info->early_random);
	if (!keyed) {
		memcpy(key, boot_info->random, sizeof(key));
		keyed = true;
	}
	for (size_t i = 0; i < sizeof(key); i++)
		((u8 *)key)[i] ^= control.seed[i];
	memcpy(pool, control.bytes, sizeof(control.bytes));
	pool_at = 0;
	pool_end = sizeof(control.bytes);
	memset(control.seed, 0, sizeof(control.seed) + sizeof(control.bytes));
}

void random_bytes(void *buf, size_t n)
{
	u8 *out = buf;

	if (unlikely(control.generation != generation_seen))
		adopt_seed();
	if (take_early(buf, n))
		return;
	while (n) {
		size_t part;
		u8 *p = take(n, &part);
		memcpy(out, p, part);
		memset(p, 0, part);
		out += part;
		n -= part;
	}
}

/* Up to n bytes for one copy to a user: how many. */
static size_t fill(u8 *buf, size_t n)
{
	size_t got = by_host() && n > 64 ? virtio_rng_read(buf, n) : 0;

	if (got)
		return got;
	random_bytes(buf, n);
	return n;
}

isize random_to_uio(struct uio *u)
{
	u8 *buf;
	isize done = 0;

	if (u->left == 0)
		return 0;
	buf = kmalloc(MIN(u->left, POOL_BYTES));
	if (!buf)
		return -ENOMEM;
	while (u->left) {
		/* Through a private copy: the copy to the user may sleep, and these bytes must be
		 * nobody else's. */
		size_t n = fill(buf, MIN(u->left, POOL_BYTES));
		size_t moved = uio_write(u, buf, n);
		done += moved;
		if (moved < n || (done >= 256 && task_signal_pending()))
			break;
	}
	if (!boot_emulated())
		memset(buf, 0, MIN((size_t)done, POOL_BYTES));
	kfree(buf);
	return done ? done : -EFAULT;
}

/* ---- /dev/random, /dev/urandom ---- */

static isize random_dev_read(struct file *f __unused, struct uio *to, file_off *pos __unused)
{
	return random_to_uio(to);
}

static isize random_dev_write(struct file *f __unused, struct uio *from, file_off *pos __unused)
{
	u8 buf[64];
	isize done = 0;
	size_t n;

	while (from->left && (n = uio_read(from, buf, sizeof(buf)))) {
		random_mix(buf, n);
		done += n;
		if (task_signal_pending())
			break;
	}
	return done || !from->left ? done : -EFAULT;
}

/* random(4), "ioctls". The count is always full: the generator is seeded from the first instruction
 * on. */
static long random_dev_ioctl(struct file *f __unused, unsigned int cmd, unsigned long arg)
{
	int __user *p = (int __user *)arg;
	int head[2];
	struct uio_segment s;
	struct uio u;

	switch (cmd) {
	case RNDGETENTCNT:
		return put_user(256, p);
	case RNDADDENTROPY:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (copy_from_user(head, p, sizeof(head)))
			return -EFAULT;
		if (head[0] < 0 || head[1] < 0)
			return -EINVAL;
		uio_user(&u, &s, (vaddr)(p + 2), head[1]);
		isize r = random_dev_write(NULL, &u, NULL);
		return r < 0 ? r : 0;
	case RNDADDTOENTCNT:
	case RNDZAPENTCNT:
	case RNDCLEARPOOL:
		return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
	case RNDRESEEDCRNG:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		since_seed = RESEED_BYTES;
		return 0;
	default:
		return -EINVAL;
	}
}

static file_off random_dev_seek(struct file *f __unused, file_off off __unused, int whence __unused)
{
	return 0;
}

/* The generator is never without seed: nobody has to write any. */
static u32 random_dev_poll(struct file *f __unused, struct poll_table *pt __unused)
{
	return EPOLLIN | EPOLLRDNORM;
}

static const struct file_ops random_ops = {.read = random_dev_read, .sends_sigio = true,
					   .write = random_dev_write,
					   .ioctl = random_dev_ioctl,
					   .seek = random_dev_seek,
					   .poll = random_dev_poll};
static const struct file_ops urandom_ops = {.read = random_dev_read, .sends_sigio = true,
					    .write = random_dev_write,
					    .ioctl = random_dev_ioctl,
					    .seek = random_dev_seek};

void random_register_devices(void)
{
	chrdev_register(DEV(1, 8), "random", &random_ops, NULL);
	devtmpfs_add("random", 0666, DEV(1, 8));
	chrdev_register(DEV(1, 9), "urandom", &urandom_ops, NULL);
	devtmpfs_add("urandom", 0666, DEV(1, 9));
}
