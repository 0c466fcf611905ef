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

static void load_step(u32 active)
{
	for (int i = 0; i < 3; i++) {
		u64 target = (u64)active << LOAD_SHIFT;
		u64 sum = load_average[i] * load_decay[i] +
			  target * ((1 << LOAD_SHIFT) - load_decay[i]);
		load_average[i] = sum >> LOAD_SHIFT;
	}
}

void sched_load_update(u64 now, u32 active)
{
	if (!sched_load_next) /* at boot: the counter may have run for long */
		sched_load_next = now + LOAD_STEP_NS;
	/* After an hour everything has settled: no need to walk through a week of idling. */
	for (int steps = 0; now >= sched_load_next && steps < 720; steps++) {
		load_step(active);
		sched_load_next += LOAD_STEP_NS;
	}
	if (now >= sched_load_next)
		sched_load_next = now + LOAD_STEP_NS;
}

void sched_load(u64 load[3])
{
	u64 now = arch_counter_ns();
	if (now >= sched_load_next)
		sched_load_update(now, sched_runnable());
	for (int i = 0; i < 3; i++)
		load[i] = load_average[i];
}
