/* The time-stamp counter in nanoseconds, by multiplication: no division on any path. */
#include "cpu.h"

#include "kernel/boot.h"
#include "kernel/time/virtual.h"
#include "shared/abi/clock.h"

extern char vdso_data[], vdso_text[], vdso_end[];
#define DATA ((struct clock_data *)vdso_data)

static void fill_data(void)
{
	struct clock_data *d = DATA;

	d->cpu_count = boot_info->cpu_count;
	d->counter_start = boot_info->counter_start;
	d->ns_per_tick = (1000000000ull << CLOCK_SHIFT) / boot_info->counter_hz;
	d->ticks_per_ns = (boot_info->counter_hz << CLOCK_TICKS_SHIFT) / 1000000000ull + 1;
}

struct clock_data *arch_clock_data(void)
{
	if (unlikely(!DATA->ns_per_tick))
		fill_data();
	return DATA;
}

u64 arch_counter_hz(void)
{
	return virtual_time_on ? 1000000000ull : boot_info->counter_hz;
}

DIVERTED u64 arch_counter_ns(void)
{
	const struct clock_data *d = arch_clock_data();

	return (u64)((unsigned __int128)(arch_counter() - d->counter_start) * d->ns_per_tick >> CLOCK_SHIFT);
}

u64 counter_ticks(u64 ns)
{
	return (u64)((unsigned __int128)ns * arch_clock_data()->ticks_per_ns >> CLOCK_TICKS_SHIFT);
}

u64 counter_from_ns(u64 ns)
{
	const struct clock_data *d = arch_clock_data();

	return d->counter_start + (u64)((unsigned __int128)ns * d->ticks_per_ns >> CLOCK_TICKS_SHIFT) + 1;
}

static struct vdso_image image;

const struct vdso_image *arch_vdso(void)
{
	image = (struct vdso_image){
		.start = vdso_data,
		.data_pages = (size_t)(vdso_text - vdso_data) / PAGE_SIZE,
		.text_pages = (size_t)(vdso_end - vdso_text) / PAGE_SIZE,
	};
	return &image;
}
