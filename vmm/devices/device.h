/*
 * What the machine asks of a device and gives to it. A device embeds struct mmio_device as its
 * first part, fills the functions, and is handed over with machine_add_device() before the machine
 * runs; from then on the machine owns it and calls destroy() once at the end.
 */
#ifndef MOTE_DEVICES_DEVICE_H
#define MOTE_DEVICES_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_STATES 2

struct machine;
struct memory;

/* A fault that a test asks for (HC_IO_FAULT). Plain state: part of what a device saves and loads. */
struct io_fault {
	uint64_t countdown; /* it strikes the countdown-th request from now; 0: none is pending */
	uint64_t length;    /* error 0: at most so many bytes are transferred */
	uint32_t unit;	    /* which requests count: HC_IO_UNIT */
	uint32_t error;	    /* Linux errno, or 0 */
};

struct mmio_device {
	/* Filled by the device before machine_add_device(). */
	uint32_t device_id; /* VIRTIO_ID_* of <linux/virtio_ids.h> */
	/* A guest access of len (1, 2, 4 or 8) bytes at byte offset off of the register page; off +
	 * len <= size. Called on vCPU threads, on several at once, with no lock held: a device
	 * locks its own state. read() must fill all len bytes. */
	void (*read)(struct mmio_device *dev, uint64_t off, void *data, unsigned int len);
	void (*write)(struct mmio_device *dev, uint64_t off, const void *data, unsigned int len);
	/* Back to the state at power-on. */
	void (*reset)(struct mmio_device *dev);
	/* Take f in place of a pending fault. 0, or as HC_IO_FAULT says: -ENODEV, -EINVAL, -EOPNOTSUPP. */
	int (*set_fault)(struct mmio_device *dev, const struct io_fault *f);
	/* All that a snapshot must hold of it (beside guest memory), plain bytes; unused ones have size 0. */
	struct device_state {
		void *at;
		size_t size;
	} state[DEVICE_STATES];
	/* Bytes from a snapshot file were put there (while frozen), and its memory is the machine's: could the device itself have come to this
	 * state? If not, only reset() makes sense of it. */
	bool (*state_possible)(const struct mmio_device *dev);
	/* While vCPUs are parked: from freeze() to thaw() no thread of the device touches its state or guest memory. */
	void (*freeze)(struct mmio_device *dev);
	void (*thaw)(struct mmio_device *dev);
	/* What it keeps outside its state and guest memory (a disk's data): is it as the program found it, and can it be made
	 * so again (while frozen)? 0 or a negative errno: -EBUSY it was written to, -ENOTSUP it is not this machine's alone.
	 * NULL: nothing is kept. */
	int (*untouched)(struct mmio_device *dev);
	int (*forget)(struct mmio_device *dev);
	/* Its state was loaded (it is not frozen): serve what the queues hold. Called before vCPUs go on. May be NULL. */
	void (*resume)(struct mmio_device *dev);
	/* Called after all vCPUs have stopped: finish output that the guest has handed over, stop
	 * threads, free dev. */
	void (*destroy)(struct mmio_device *dev);

	/* Filled by machine_add_device(). */
	struct machine *machine;
	struct memory *memory; /* guest memory, for rings and buffers */
	unsigned int index;    /* slot: BOOT_MMIO_BASE + index * BOOT_MMIO_STRIDE */
	uint64_t base;
	uint64_t size;
	int irq; /* eventfd bound to the device's interrupt: device_raise_irq() */
};

/* Give dev the next MMIO slot and an interrupt. 0, or a negative errno: -ENOSPC when
 * BOOT_MAX_DEVICES are there; on error dev is still the caller's. Only before machine_run(). */
int machine_add_device(struct machine *m, struct mmio_device *dev);

/* Raise dev's interrupt (edge: one MSI each call, merging while one is pending). Any thread. */
void device_raise_irq(struct mmio_device *dev);

/* Have a guest write of the len-byte (1, 2, 4, or 0 for any length) value at register offset off
 * signal eventfd fd instead of calling write(); with len != 0 only when the value equals `value`. 0
 * or a negative errno. The device keeps fd and closes it. */
int device_add_ioeventfd(struct mmio_device *dev, uint64_t off, unsigned int len, uint64_t value,
			 int fd);

/* Start a thread for a device with every signal blocked (signals belong to the main thread). Any
 * thread may call; joining it is the device's affair (pthread_t as unsigned long). 0 or a negative
 * errno. */
int device_start_thread(unsigned long *thread, void *(*fn)(void *arg), void *arg);

/* End the machine from any thread: the first status given wins (an exit status of `mote run`). */
void machine_stop(struct machine *m, int status);

/* True once the machine was ended from outside (timeout, signal): nobody waits for readers of
 * output any more. */
bool machine_forced(struct machine *m);

/* The seed of a deterministic machine; NULL: it is none. */
const uint64_t *machine_seed(const struct machine *m);

/* May a device hold up its guest until the host has done what was asked of it? In a deterministic run, which is not to see how long
 * that takes, and as long as nobody wants the vCPU to leave the guest: ask again every 100 ms or so. */
bool machine_may_wait(const struct machine *m);

#endif
