/*
 * A small guest memory on the heap: a byte beyond it is a red zone of ASan's, which a mapping's
 * neighbours are not.
 */
#ifndef FUZZ_VMM_GUEST_MEMORY_H
#define FUZZ_VMM_GUEST_MEMORY_H

#include "lib/input.h"
#include "memory.h"

/* All zero, of `size` bytes (page aligned), the same place every time. */
void guest_memory_reset(struct memory *mem, uint64_t size);

/*
 * Page tables for a program: GUEST_USER_PAGES pages at GUEST_USER, the first twelve writable, two that are not, one of the
 * supervisor's, and a last one that is not there. Memory is at least GUEST_SIZE bytes.
 */
#define GUEST_SIZE	 0x20000u
#define GUEST_ROOT	 0x1000u
#define GUEST_USER	 0x400000ull
#define GUEST_USER_PHYS	 0x10000u
#define GUEST_USER_PAGES 16u
void guest_memory_map(struct memory *mem);

/* Up to 255 bytes of the input somewhere in memory, page tables not excepted. */
void guest_memory_poke(struct memory *mem, struct input *in);

#endif
