/*
 * The clock's parameters: one page of the kernel image that every program sees read-only (the vDSO
 * computes clocks from it), that the kernel reads too, and that the VMM rewrites when a machine goes on
 * elsewhere or later than it was stopped: machine_control.clock says where it lies.
 *
 *	CLOCK_MONOTONIC = (counter - counter_start) * ns_per_tick >> CLOCK_SHIFT
 *	CLOCK_REALTIME = CLOCK_MONOTONIC + realtime_offset_ns
 *
 * With is_virtual (BOOT_DETERMINISTIC) the counter has no part in it: CLOCK_MONOTONIC is a number of the kernel's own, which is
 * asked by system call, and only realtime_offset_ns counts.
 */
#ifndef MOTE_ABI_CLOCK_H
#define MOTE_ABI_CLOCK_H

#define CLOCK_SHIFT 32
#define CLOCK_TICKS_SHIFT 30

struct clock_data {
	unsigned int sequence; /* odd while it is being written */
	unsigned int cpu_count;
	unsigned long long counter_start; /* the counter when CLOCK_MONOTONIC was 0 */
	unsigned long long ns_per_tick;	  /* << CLOCK_SHIFT */
	unsigned long long ticks_per_ns;  /* << CLOCK_TICKS_SHIFT, rounded up */
	unsigned long long realtime_offset_ns;
	unsigned int is_virtual;
	unsigned int pad;
};
_Static_assert(sizeof(struct clock_data) == 48, "clock_data layout");

#endif
