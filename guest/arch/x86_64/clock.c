/* The time-stamp counter in nanoseconds, by multiplication: no division on any path. */
#include "cpu.h"

#include "kernel/boot.h"
#include "vdso/data.h"

#define COUNTER_SHIFT 30

static u64 ns_per_tick;	 /* << VDSO_SHIFT */
static u64 ticks_per_ns; /* << COUNTER_SHIFT */

static void compute_factors(void)
{
	ns_per_tick = (1000000000ull << VDSO_SHIFT) / boot_info->counter_hz;
	ticks_per_ns = (boot_info->counter_hz << COUNTER_SHIFT) / 1000000000ull + 1;
}

u64 arch_counter_hz(void)
{
	return boot_info->counter_hz;
}

u64 arch_counter_ns(void)
{
	if (unlikely(!ns_per_tick))
		compute_factors();
	return (u64)((unsigned __int128)(arch_counter() - boot_info->counter_start) * ns_per_tick >> VDSO_SHIFT);
}

u64 counter_from_ns(u64 ns)
{
	if (unlikely(!ns_per_tick))
		compute_factors();
	return boot_info->counter_start + (u64)((unsigned __int128)ns * ticks_per_ns >> COUNTER_SHIFT) + 1;
}

static struct vdso_image image;

extern char vdso_data[], vdso_text[], vdso_end[];

const struct vdso_image *arch_vdso(void)
{
	image = (struct vdso_image){
		.start = vdso_data,
		.data_pages = (size_t)(vdso_text - vdso_data) / PAGE_SIZE,
		.text_pages = (size_t)(vdso_end - vdso_text) / PAGE_SIZE,
	};
	return &image;
}

void arch_vdso_update(u64 realtime_offset_ns)
{
	struct vdso_data *d = (struct vdso_data *)vdso_data;

	if (!ns_per_tick)
		compute_factors();
	__atomic_store_n(&d->sequence, d->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	d->counter_start = boot_info->counter_start;
	d->ns_per_tick = ns_per_tick;
	d->realtime_offset_ns = realtime_offset_ns;
	d->cpu_count = boot_info->cpu_count;
	__atomic_store_n(&d->sequence, d->sequence + 1, __ATOMIC_RELEASE);
}
