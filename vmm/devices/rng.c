#include "devices/rng.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <sys/random.h>

#include "devices/virtio.h"
#include "seeded.h"

/* One request is answered with at most this much: a buffer may be filled partly (5.4.6.1), but not
 * with nothing. */
#define RNG_MAX_BYTES 4096

struct rng {
	struct virtio_device virtio; /* first */
	/* Of a deterministic machine. Plain state beside the transport's: saved and loaded as it is. */
	struct seeded seeded;
	bool deterministic;
};

static size_t take_bytes(struct rng *r, void *bytes, size_t want)
{
	if (r->deterministic) {
		seeded_bytes(&r->seeded, bytes, want);
		return want;
	}
	ssize_t got = getrandom(bytes, want, 0);

	return got < 0 ? 0 : (size_t)got;
}

static void rng_fill(struct virtio_device *dev, const struct virtq_chain *c)
{
	unsigned char bytes[RNG_MAX_BYTES];
	size_t want = c->write_len < sizeof(bytes) ? c->write_len : sizeof(bytes);
	struct io_fault f;

	if (virtio_fault(dev, 1, &f) && f.length < want)
		want = f.length;
	size_t got = take_bytes((struct rng *)dev, bytes, want);

	iov_from_buf(c->iov + c->readable, c->writable, bytes, got);
	virtio_finish(dev, 0, c, got);
}

static void rng_notify(struct virtio_device *dev, unsigned int queue)
{
	struct virtq_chain c;

	while (virtio_peek(dev, queue, &c)) {
		if (c.readable || !c.writable) {
			virtio_broken(dev);
			return;
		}
		rng_fill(dev, &c);
	}
}

static void rng_destroy(struct mmio_device *mmio)
{
	struct rng *r = (struct rng *)mmio;

	pthread_mutex_destroy(&r->virtio.lock);
	free(r);
}

/* There is no way to say that entropy failed, but fewer bytes. */
static int rng_check_fault(const struct virtio_device *dev, const struct io_fault *f)
{
	(void)dev;
	if (f->unit)
		return -ENODEV;
	return f->error ? -EOPNOTSUPP : 0;
}

static const struct virtio_ops rng_ops = {
	.queue_count = 1, .notify = rng_notify, .check_fault = rng_check_fault};

int rng_add(struct machine *m)
{
	struct rng *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	virtio_setup(&r->virtio, &rng_ops, VIRTIO_ID_RNG, NULL, 0);
	r->virtio.mmio.destroy = rng_destroy;
	r->virtio.mmio.state[1] = (struct device_state){&r->seeded, sizeof(r->seeded)};
	r->deterministic = machine_seed(m);
	if (r->deterministic)
		seeded_init(&r->seeded, *machine_seed(m), SEEDED_RNG);
	int err = machine_add_device(m, &r->virtio.mmio);
	if (err)
		rng_destroy(&r->virtio.mmio);
	return err;
}
