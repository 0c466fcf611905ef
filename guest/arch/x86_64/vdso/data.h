/* The vDSO's data page: written by the kernel, read by programs. */
#ifndef ARCH_X86_64_VDSO_DATA_H
#define ARCH_X86_64_VDSO_DATA_H

#include <stdint.h>

#define VDSO_SHIFT 32

struct vdso_data {
	uint32_t sequence; /* odd while the kernel writes */
	uint32_t cpu_count;
	uint64_t counter_start; /* boot_info's: CLOCK_MONOTONIC is 0 there */
	uint64_t ns_per_tick; /* << VDSO_SHIFT: TSC to CLOCK_MONOTONIC */
	uint64_t realtime_offset_ns;
};

#endif
