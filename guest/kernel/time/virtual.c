#include "kernel/time/virtual.h"

#include "arch/arch.h"
#include "kernel/boot.h"
#include "kernel/lib/log.h"
#include "kernel/task/runqueue.h"
#include "kernel/task/sched.h"
#include "kernel/task/wait.h"
#include "kernel/time/clock.h"
#include "kernel/time/timer.h"
#include "shared/abi/clock.h"
#include "shared/abi/hypercall.h"

bool virtual_time_on;

static u64 now_ns;		       /* CLOCK_MONOTONIC */
static u64 deadline_ns = NO_DEADLINE; /* of the CPU's timer */
static bool came_in;		       /* a program, since the host's timer last fired */
static u32 waits, others;	       /* calls in a row that looked like waiting, and others since the last of them */
static u64 schedule_state;	       /* the generator of slices */

/* A step of splitmix64: passes through all states, and needs no seed of any quality. */
static u64 next_random(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void draw_slice(void)
{
	sched_slice_ns = (1 + next_random(&schedule_state) % VIRTUAL_SLICE_CALLS) * VIRTUAL_CALL_NS;
}

void virtual_time_init(const struct boot_info *info)
{
	if (!(info->flags & BOOT_DETERMINISTIC))
		return;
	if (info->cpu_count > 1)
		panic("a deterministic run with %u CPUs", info->cpu_count);
	virtual_time_on = true;
	arch_clock_data()->is_virtual = 1;
	schedule_state = info->random[0];
	draw_slice();
	arch_virtual_time();
}

u64 virtual_clock_ns(void)
{
	return now_ns;
}

/* ---- timers ---- */

static void expire(void)
{
	if (now_ns < deadline_ns)
		return;
	deadline_ns = NO_DEADLINE;
	draw_slice();
	cpu_current()->interrupts++;
	timer_interrupt();
}

static void move(u64 ns)
{
	now_ns = time_add(now_ns, ns);
}

void virtual_advance(u64 ns)
{
	move(ns);
	if (deadline_ns != NO_DEADLINE)
		deadline_ns = time_add(deadline_ns, ns);
}

/*
 * What devices have completed comes before any time passes; with the VMM of a deterministic run that is everything but input that
 * has not come yet.
 */
void virtual_idle(void)
{
	arch_take_interrupts();
	if (runqueue_count)
		return;
	if (timer_next() >= VIRTUAL_END_NS) {
		arch_wait_interrupt();
		return;
	}
	waits = 0;
	now_ns = MAX(now_ns, timer_next());
	expire();
}

/* ---- programs come in ---- */

static void note_call(bool waiting)
{
	if (waiting) {
		waits++;
		others = 0;
	} else if (++others > VIRTUAL_OTHERS) {
		waits = 0;
	}
}

void virtual_call_enter(void)
{
	came_in = true;
	move(VIRTUAL_CALL_NS << MIN(waits / VIRTUAL_WAITS, VIRTUAL_DOUBLINGS));
}

void virtual_call_exit(bool waiting)
{
	note_call(waiting);
	expire();
}

u64 virtual_counter_read(void)
{
	u64 counter;

	virtual_call_enter();
	counter = now_ns;
	virtual_call_exit(true);
	return counter;
}

/* ---- programs that do not ---- */

/* The host's timer fires every patience_ns from the first timer of the guest on. */
static bool alarm_on;
static u64 patience_ns = VIRTUAL_PATIENCE_NS;
static u64 stuck_ns; /* of the host's time: since somebody came in, at least */

/* When what waits for the current task to come in is due. The armed deadline may be that of a timer long cancelled. */
static u64 next_due(void)
{
	return runqueue_count ? deadline_ns : timer_next();
}

void virtual_timer_arm(u64 ns)
{
	deadline_ns = ns;
	if (alarm_on)
		return;
	alarm_on = true;
	arch_host_alarm(patience_ns);
}

static void tell_lost(void)
{
	static const char text[] =
		"mote: a program computes or spins without system calls while others wait: from here on the run is not deterministic\n";

	if (patience_ns == VIRTUAL_PATIENCE_NS)
		arch_hypercall(HC_CONSOLE, virt_to_phys(text), sizeof(text) - 1, 0, 0);
	patience_ns = VIRTUAL_PATIENCE_AGAIN_NS;
}

void virtual_alarm(void)
{
	cpu_current()->interrupts--; /* it is none of the guest's world */
	stuck_ns = came_in ? 0 : stuck_ns + patience_ns;
	came_in = false;
	if (stuck_ns && time_add(now_ns, stuck_ns) >= next_due()) {
		tell_lost();
		move(stuck_ns);
		stuck_ns = 0;
		expire();
	}
	arch_host_alarm(patience_ns);
}
