/*
 * Load averages, proc(5) /proc/loadavg: exponentially damped over 1, 5 and 15 minutes in steps of 5
 * s. Nothing ticks: a step is taken when the scheduler notices that its time has passed, or when
 * somebody asks.
 */
#include "kernel/task/runqueue.h"

#include "kernel/task/sched.h"
#include "kernel/task/task.h"

#define LOAD_STEP_NS 5000000000ull
#define LOAD_SHIFT 16

u64 sched_load_next;
static u64 load_average[3];
/* 65536 * exp(-5 / (60 * m)) for m = 1, 5, 15 minutes */
static const u64 load_decay[3] = {60296, 64453, 65173};

/* What is left of a load after n steps, by squaring: a clock that jumped hours ahead must not cost a loop over them. */
static u64 decay_over(u64 decay, u64 n)
{
	u64 left = 1 << LOAD_SHIFT;

	for (; n && left; n >>= 1) {
		if (n & 1)
			left = left * decay >> LOAD_SHIFT;
		decay = decay * decay >> LOAD_SHIFT;
	}
	return left;
}

static void load_steps(u32 active, u64 n)
{
	for (int i = 0; i < 3; i++) {
		u64 target = (u64)active << LOAD_SHIFT, left = decay_over(load_decay[i], n);
		u64 sum = load_average[i] * left + target * ((1 << LOAD_SHIFT) - left);
		load_average[i] = sum >> LOAD_SHIFT;
	}
}

void sched_load_update(u64 now, u32 active)
{
	if (!sched_load_next) /* at boot: the counter may have run for long */
		sched_load_next = now + LOAD_STEP_NS;
	if (now < sched_load_next)
		return;
	u64 n = (now - sched_load_next) / LOAD_STEP_NS + 1;

	load_steps(active, n);
	sched_load_next += n * LOAD_STEP_NS;
}

void sched_load(u64 load[3])
{
	u64 now = arch_counter_ns();
	if (now >= sched_load_next)
		sched_load_update(now, sched_runnable());
	for (int i = 0; i < 3; i++)
		load[i] = load_average[i];
}
