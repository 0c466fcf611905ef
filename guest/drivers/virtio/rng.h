/* virtio-rng. */
#ifndef DRIVERS_VIRTIO_RNG_H
#define DRIVERS_VIRTIO_RNG_H

#include "kernel/lib/types.h"

/* Bytes from the host into buf (kernel memory, physically contiguous): how many, 0 when there is no
 * device or it did not answer at once. */
size_t virtio_rng_read(void *buf, size_t n);

#endif
