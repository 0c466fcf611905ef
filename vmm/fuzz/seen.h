/*
 * What cases have reached so far, a byte of the map at a time: counts fall into classes (1, 2, 3, 4-7, 8-15, 16-31, 32-127, more), as
 * AFL++ has it, so that what is new here is what is new there.
 */
#ifndef MOTE_FUZZ_SEEN_H
#define MOTE_FUZZ_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Has map a class that seen lacks? Then seen gets it. size: bytes of both, a multiple of 8. */
bool seen_add(uint8_t *seen, const uint8_t *map, size_t size);

#endif
