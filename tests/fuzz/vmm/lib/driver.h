/*
 * A hostile driver for one virtio-mmio device: the input is a list of what it does to the device's
 * registers and to guest memory, a snapshot file among them. The machine around the device is here
 * too, as far as devices see it.
 */
#ifndef FUZZ_VMM_DRIVER_H
#define FUZZ_VMM_DRIVER_H

#include "devices/device.h"
#include "lib/guest_memory.h"
#include "lib/input.h"

/* What a harness says about its device. */
struct driver {
	unsigned int queues;
	/* What else may happen to the device, NULL: nothing. `which` is any number. */
	void (*event)(struct input *in, uint8_t which);
};

/* Called by the stub of machine_may_wait(): the host shall take what it was given. May be NULL. */
extern void (*driver_host_takes)(void);

/* Before the device is made: empty memory, no device. seed: of a deterministic machine, or NULL. */
void driver_begin(const uint64_t *seed);
/* The device that was added. */
struct mmio_device *driver_device(void);
/* Use up the input on the device that was added, then destroy it. */
void driver_run(const struct driver *d, struct input *in);

#endif
