/*
 * The virtio-mmio transport (virtio 1.2, section 4.2, version 2) for devices of the VMM. A device
 * embeds struct virtio_device as its first part, fills `ops` and device_id, calls virtio_setup()
 * and hands &dev->mmio to machine_add_device().
 */
#ifndef MOTE_DEVICES_VIRTIO_H
#define MOTE_DEVICES_VIRTIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/virtqueue.h"

#define VIRTIO_MAX_QUEUES 16
#define VIRTIO_MAX_UNITS  32 /* of HC_IO_UNIT */

struct virtio_device;

/* All are called with dev->lock held. */
struct virtio_ops {
	uint64_t features; /* offered beside VERSION_1, EVENT_IDX and INDIRECT_DESC */
	unsigned int queue_count;
	void (*notify)(struct virtio_device *dev, unsigned int queue);
	/* The driver set DRIVER_OK. May be NULL. */
	void (*started)(struct virtio_device *dev);
	/* Forget what the driver was doing (status 0). May be NULL. */
	void (*reset)(struct virtio_device *dev);
	/* Can this fault (countdown > 0) strike? 0 or an errno of mmio_device.set_fault. NULL: -EOPNOTSUPP. */
	int (*check_fault)(const struct virtio_device *dev, const struct io_fault *f);
	/* State and memory were loaded from a snapshot: go on with what the queues hold. May be NULL. */
	void (*resumed)(struct virtio_device *dev);
};

/* Plain state of the transport: saved and loaded as it is. */
struct virtio_state {
	uint32_t status;
	uint32_t features_sel, driver_features_sel;
	uint64_t driver_features;
	uint32_t queue_sel;
	uint32_t interrupt_status;
	uint32_t config_generation;
	struct virtqueue queue[VIRTIO_MAX_QUEUES];
	struct io_fault fault;
};

struct virtio_device {
	struct mmio_device mmio; /* first */
	const struct virtio_ops *ops;
	struct virtio_state state;
	const void *config; /* device configuration space, read-only to the driver */
	unsigned int config_size;
	unsigned int peeks; /* virtio_peek() calls so far */
	pthread_mutex_t lock;
};

/* Fill mmio's functions (not destroy), its state[0], and initialise the lock and state. ops and device_id are set.
 */
void virtio_setup(struct virtio_device *dev, const struct virtio_ops *ops, uint32_t device_id,
		  const void *config, unsigned int config_size);

/* mmio.state_possible of the transport alone: a device with a state of its own looks at that too. */
bool virtio_state_possible(const struct virtio_device *dev);

/* ---- for devices, dev->lock held ---- */
/* Has the driver set DRIVER_OK, and is the device in order? */
bool virtio_running(const struct virtio_device *dev);
/* The driver broke the rules: DEVICE_NEEDS_RESET, and no queue is served until it resets. */
void virtio_broken(struct virtio_device *dev);
/* The oldest chain of queue q: 1, or 0 when none (or the device is not running). A bad ring marks
 * the device broken and answers 0. */
int virtio_peek(struct virtio_device *dev, unsigned int q, struct virtq_chain *c);
/* Return it; raises the interrupt when the driver asked for one. */
void virtio_finish(struct virtio_device *dev, unsigned int q, const struct virtq_chain *c,
		   uint32_t written);
/* A request begins, which counts for unit n where bit n of units is set: does the pending fault strike it?
 * Then *f is the fault, which is pending no longer. */
bool virtio_fault(struct virtio_device *dev, uint32_t units, struct io_fault *f);
/* The configuration has changed: new generation, interrupt. */
void virtio_config_changed(struct virtio_device *dev);

/* ---- iovec helpers ---- */
/* Copy between a buffer and iov[0..n): the bytes moved. */
size_t iov_to_buf(const struct iovec *iov, unsigned int n, void *buf, size_t len);
size_t iov_from_buf(const struct iovec *iov, unsigned int n, const void *buf, size_t len);
/* The part of iov[0..n) from byte skip on, at most max bytes, into out[0..n): its count. */
unsigned int iov_slice(const struct iovec *iov, unsigned int n, uint64_t skip, uint64_t max,
		       struct iovec *out);

#endif
