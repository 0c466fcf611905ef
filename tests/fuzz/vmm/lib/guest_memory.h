/*
 * A small guest memory on the heap: a byte beyond it is a red zone of ASan's, which a mapping's
 * neighbours are not.
 */
#ifndef FUZZ_VMM_GUEST_MEMORY_H
#define FUZZ_VMM_GUEST_MEMORY_H

#include "memory.h"

/* All zero, of `size` bytes (page aligned), the same place every time. */
void guest_memory_reset(struct memory *mem, uint64_t size);

#endif
