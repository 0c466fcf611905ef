#include "devices/rng.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <sys/random.h>

#include "devices/virtio.h"
#include "machine.h"
#include "seeded.h"

/* One request is answered with at most this much: a buffer may be filled partly (5.4.6.1), but not
 * with nothing. */
#define RNG_MAX_BYTES 4096

/* Plain state beside the transport's: saved and loaded as it is. */
struct rng_state {
	struct seeded seeded; /* of a deterministic machine */
};

struct rng {
	struct virtio_device virtio; /* first */
	struct rng_state state;
};

static size_t take_bytes(struct rng *r, void *bytes, size_t want)
{
	if (r->virtio.mmio.machine->flags & BOOT_DETERMINISTIC) {
		seeded_bytes(&r->state.seeded, bytes, want);
		return want;
	}
	ssize_t got = getrandom(bytes, want, 0);

	return got < 0 ? 0 : (size_t)got;
}

static void rng_fill(struct virtio_device *dev, const struct virtq_chain *c)
{
	unsigned char bytes[RNG_MAX_BYTES];
	size_t want = c->write_len < sizeof(bytes) ? c->write_len : sizeof(bytes);
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

static const struct virtio_ops rng_ops = {.queue_count = 1, .notify = rng_notify};

int rng_add(struct machine *m)
{
	struct rng *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	virtio_setup(&r->virtio, &rng_ops, VIRTIO_ID_RNG, NULL, 0);
	r->virtio.mmio.destroy = rng_destroy;
	r->virtio.mmio.state[1] = (struct device_state){&r->state, sizeof(r->state)};
	seeded_init(&r->state.seeded, m->seed, SEEDED_RNG);
	int err = machine_add_device(m, &r->virtio.mmio);
	if (err)
		rng_destroy(&r->virtio.mmio);
	return err;
}
