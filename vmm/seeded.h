/* Numbers that follow from a seed, for runs that shall be the same every time. Nothing secret about them. */
#ifndef MOTE_SEEDED_H
#define MOTE_SEEDED_H

#include <stddef.h>
#include <stdint.h>

/* Plain state: saved and loaded as it is. */
struct seeded {
	uint64_t state;
};

/* Who draws from a seed: each has numbers of its own. */
enum seeded_stream { SEEDED_BOOT, SEEDED_RNG };

void seeded_init(struct seeded *s, uint64_t seed, enum seeded_stream stream);
/* The next n bytes; a call begins at a whole number of 8 bytes. */
void seeded_bytes(struct seeded *s, void *buf, size_t n);

/* CLOCK_REALTIME when a deterministic machine boots: 2030-01-01 00:00:00 UTC, later than the files it finds. */
#define SEEDED_REALTIME_NS (1893456000ull * 1000000000ull)

#endif
