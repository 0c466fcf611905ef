/*
 * vdso(7): clocks without entering the kernel. Position-independent user code; the data page lies just before
 * the ELF header. What this file cannot answer goes to the kernel.
 */
#include <errno.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <asm/unistd.h>
#include <stdint.h>
#include "shared/abi/clock.h"

#define NSEC_PER_SEC 1000000000ull
#define HIDDEN __attribute__((visibility("hidden")))

extern const volatile struct clock_data clock_data HIDDEN;

struct timezone_result {
	int minutes_west, dst_time;
};

int __vdso_clock_gettime(int clock, struct __kernel_timespec *ts);
int __vdso_clock_getres(int clock, struct __kernel_timespec *ts);
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone_result *tz);
long __vdso_time(long *t);
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused);

static inline long system_call(long nr, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}

static inline uint64_t counter(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t monotonic_ns(uint64_t *realtime_offset)
{
	uint64_t ns;
	uint32_t sequence;

	do {
		while ((sequence = __atomic_load_n(&clock_data.sequence, __ATOMIC_ACQUIRE)) & 1)
			__builtin_ia32_pause();
		ns = (uint64_t)((unsigned __int128)(counter() - clock_data.counter_start) * clock_data.ns_per_tick >> CLOCK_SHIFT);
		*realtime_offset = clock_data.realtime_offset_ns;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (sequence != __atomic_load_n(&clock_data.sequence, __ATOMIC_RELAXED));
	return ns;
}

/* Clocks that are the counter with an offset; none is where the counter is not to be looked at. */
static int is_ours(int clock)
{
	const unsigned int set = 1u << CLOCK_REALTIME | 1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_RAW |
				 1u << CLOCK_REALTIME_COARSE | 1u << CLOCK_MONOTONIC_COARSE | 1u << CLOCK_BOOTTIME |
				 1u << CLOCK_TAI;

	return (unsigned int)clock < 32 && set >> clock & 1 && !clock_data.is_virtual;
}

static int is_realtime(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

int __vdso_clock_gettime(int clock, struct __kernel_timespec *ts)
{
	uint64_t ns, offset;

	if (!is_ours(clock))
		return (int)system_call(__NR_clock_gettime, clock, (long)ts, 0);
	ns = monotonic_ns(&offset);
	if (is_realtime(clock))
		ns += offset;
	ts->tv_sec = (long long)(ns / NSEC_PER_SEC);
	ts->tv_nsec = (long long)(ns % NSEC_PER_SEC);
	return 0;
}

int __vdso_clock_getres(int clock, struct __kernel_timespec *ts)
{
	return (int)system_call(__NR_clock_getres, clock, (long)ts, 0);
}

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone_result *tz)
{
	uint64_t offset, ns;

	if (clock_data.is_virtual)
		return (int)system_call(__NR_gettimeofday, (long)tv, (long)tz, 0);
	ns = monotonic_ns(&offset);
	if (tv) {
		ns += offset;
		tv->tv_sec = (long)(ns / NSEC_PER_SEC);
		tv->tv_usec = (long)(ns % NSEC_PER_SEC / 1000);
	}
	if (tz)
		*tz = (struct timezone_result){0, 0};
	return 0;
}

long __vdso_time(long *t)
{
	uint64_t offset, ns;
	long now;

	if (clock_data.is_virtual)
		return system_call(__NR_time, (long)t, 0, 0);
	ns = monotonic_ns(&offset);
	now = (long)((ns + offset) / NSEC_PER_SEC);
	if (t)
		*t = now;
	return now;
}

/* Only a machine with one CPU knows without asking: the processor's own means depend on the host's tables. */
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	if (clock_data.cpu_count != 1)
		return system_call(__NR_getcpu, (long)cpu, (long)node, (long)unused);
	if (cpu)
		*cpu = 0;
	if (node)
		*node = 0;
	return 0;
}

int clock_gettime(int, struct __kernel_timespec *) __attribute__((weak, alias("__vdso_clock_gettime")));
int clock_getres(int, struct __kernel_timespec *) __attribute__((weak, alias("__vdso_clock_getres")));
int gettimeofday(struct __kernel_old_timeval *, struct timezone_result *)
	__attribute__((weak, alias("__vdso_gettimeofday")));
long time(long *) __attribute__((weak, alias("__vdso_time")));
long getcpu(unsigned int *, unsigned int *, void *) __attribute__((weak, alias("__vdso_getcpu")));
