/* What the VMM told us at entry, and the two C entry points of the kernel. */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include "kernel/lib/types.h"
#include "shared/abi/boot.h"

/* The digest, in the direct map; valid from the first line of kernel_main on, never changed after it. */
extern const struct boot_info *boot_info;

/* Does the host emulate supervisor code, so that bulk work is best asked of it? */
static inline bool boot_emulated(void)
{
	return (boot_info->flags & BOOT_EMULATED_SUPERVISOR) != 0;
}

/* Shall the run be the same every time? (kernel/time/virtual.h) */
static inline bool boot_deterministic(void)
{
	return (boot_info->flags & BOOT_DETERMINISTIC) != 0;
}

/* The first CPU arrives here from arch entry code, on its idle stack, interrupts off. */
_Noreturn void kernel_main(phys_addr info);
/* Every other CPU, after arch_cpu_start(); the same conditions. */
_Noreturn void cpu_secondary_main(unsigned int cpu);

/* kernel/fdt.c: fill a digest from the device tree at fdt (direct map, len bytes): 0 or -EINVAL, -ENOENT. */
int fdt_read_boot_info(const void *fdt, size_t len, struct boot_info *out);

#endif
