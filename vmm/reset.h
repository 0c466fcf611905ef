/* What resetting a machine and restoring one from a snapshot share. All with vCPUs parked. */
#ifndef MOTE_RESET_H
#define MOTE_RESET_H

#include <stdint.h>

struct machine;
struct snapshot;

/* From freeze to thaw no thread of a device touches its state or guest memory. */
void machine_freeze(struct machine *m);
void machine_thaw(struct machine *m);
/* Device states from s; machine_run() will have them look at their queues. 0, -EINVAL: they are not the same devices, -ERANGE: one
 * has a state that it cannot come to, so the file was tampered with. */
int machine_load_devices(struct machine *m, const struct snapshot *s);
/* Make m differ from others that go on from s: clock and random numbers, unless deterministic. counter: the guest's, now. 0 or -EIO. */
int machine_set_apart(struct machine *m, const struct snapshot *s, uint64_t counter);
/* No run has ended yet. */
void machine_begin_again(struct machine *m, const struct snapshot *s);

#endif
