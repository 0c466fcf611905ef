/*
 * Random bytes (random(4), getrandom(2)).
 *
 * The first bytes are the host's, from boot_info; then comes a ChaCha20 generator with fast key
 * erasure, keyed from boot_info and, at its first use and every RESEED_BYTES, from virtio-rng.
 * Where the host emulates the supervisor a block of ChaCha20 takes half a millisecond, so there the
 * host's own generator is handed on through virtio-rng (the host can read a guest's generator
 * anyway), and ChaCha20 serves only when that device is missing.
 */
#ifndef KERNEL_LIB_RANDOM_H
#define KERNEL_LIB_RANDOM_H

#include "kernel/lib/types.h"

struct uio;

void random_bytes(void *buf, size_t n);
static inline u64 random_u64(void)
{
	u64 v;
	random_bytes(&v, sizeof(v));
	return v;
}
/* Fill u: the bytes moved, short at a signal (at least 256 bytes are moved then); -EFAULT when none
 * were. */
isize random_to_uio(struct uio *u);
/* Stir bytes into the generator's key. */
void random_mix(const void *buf, size_t n);
/* Where the VMM leaves a fresh seed for a machine that goes on from a snapshot (shared/abi/control.h). */
struct control_random;
struct control_random *random_control(void);
/* /dev/random and /dev/urandom. */
void random_register_devices(void);

#endif
