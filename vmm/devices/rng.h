/* virtio-rng (virtio 1.2, section 5.4): host entropy by getrandom(2), or, in a deterministic machine, what follows from its seed. */
#ifndef MOTE_DEVICES_RNG_H
#define MOTE_DEVICES_RNG_H

struct machine;

/* Make the device and add it to m: 0 or a negative errno. */
int rng_add(struct machine *m);

#endif
