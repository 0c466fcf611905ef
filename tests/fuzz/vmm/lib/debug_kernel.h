/* A kernel as the debugger sees it, in order until the input changes it: one task, its program, one mapping of a file. */
#ifndef FUZZ_VMM_DEBUG_KERNEL_H
#define FUZZ_VMM_DEBUG_KERNEL_H

#include "lib/guest_memory.h"

#define DEBUG_KERNEL_CONTROL 0x7000u /* gpa of a struct machine_control */
#define DEBUG_KERNEL_FRAME   0xf000u /* gpa of a program's registers */

/* Map all memory at the direct map and fill in the structures: after guest_memory_map(). */
void debug_kernel_fill(struct memory *mem);
/* A descriptor of its ELF file: nothing but the symbol of its struct debug_layout. */
int debug_kernel_file(void);

#endif
