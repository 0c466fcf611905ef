/* The kernel's side of the control page (shared/abi/control.h). */
#ifndef KERNEL_CONTROL_H
#define KERNEL_CONTROL_H

#include "arch/arch.h"

struct page;

/* Fill the kernel's part; once, at boot. */
void control_init(void);
/* A page became a page table, perhaps for the first time: a VMM that resets the machine must know. */
void control_note_table(const struct page *p);
/* machine_control.program_random */
void control_program_random(phys_addr pa);

#endif
