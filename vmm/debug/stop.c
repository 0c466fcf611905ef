/* Why vCPUs stop: the hooks, in their threads. */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- vCPU threads ---- */

/* The machine stops for v. */
static void stop_all(struct vcpu *v)
{
	struct debugger *d = v->machine->debugger;
	uint64_t one = 1;

	if (!d->standing) {
		d->standing = true;
		vcpu_hold(v->machine);
	}
	if (write(d->event, &one, sizeof(one)) < 0)
		abort(); /* an eventfd takes every small number */
}

/* v has come to a stop, and with it the machine, unless v was only let run along. */
static void note_stop(struct vcpu *v, enum debug_stop stop)
{
	struct debugger *d = v->machine->debugger;

	v->debug.stop = stop;
	if (d->alone && d->alone != v && !d->standing)
		vcpu_freeze(v, true);
	else
		stop_all(v);
}

static bool exit_breakpoint(struct vcpu *v)
{
	vcpu_settle(v);
	uint64_t at = arch_debug_pc(v) - ARCH_BREAKPOINT_SIZE;

	if (arch_vcpu_in_user(v))
		return false;
	enum debug_site site = debug_site_at(v->machine, arch_vcpu_root(v), at);

	if (site != SITE_HERE && site != SITE_RECENT)
		return false;
	arch_debug_set_pc(v, at);
	note_stop(v, DEBUG_STOP_BREAKPOINT);
	return true;
}

static bool exit_step(struct vcpu *v)
{
	if (v->debug.step == STEP_PROGRAM && arch_vcpu_in_user(v))
		arch_debug_step_over(v);
	else if (v->debug.step != STEP_KVM)
		return true; /* called off meanwhile */
	v->debug.step = STEP_NONE;
	note_stop(v, DEBUG_STOP_STEP);
	return true;
}

static bool exit_locked(struct vcpu *v)
{
	v->debug.frame = 0;
	switch (arch_debug_cause(v, &v->debug.point)) {
	case DEBUG_CAUSE_BREAKPOINT:
		return exit_breakpoint(v);
	case DEBUG_CAUSE_STEP:
		return exit_step(v);
	case DEBUG_CAUSE_POINT:
		note_stop(v, DEBUG_STOP_POINT);
		return true;
	case DEBUG_CAUSE_NONE:
		break;
	}
	return false;
}

bool debug_exit(struct vcpu *v)
{
	struct debugger *d = v->machine->debugger;

	if (!d)
		return false;
	pthread_mutex_lock(&d->lock);
	bool ours = exit_locked(v);

	pthread_mutex_unlock(&d->lock);
	return ours;
}

/* The vCPU on which the program with that frame was told to step: it may have moved since. */
static struct vcpu *find_stepping(struct machine *m, uint64_t frame)
{
	for (unsigned int i = 0; i < m->cpus; i++) {
		const struct vcpu_debug *g = &m->vcpu[i].debug;

		if (g->step == STEP_PROGRAM && (!g->step_frame || g->step_frame == frame))
			return &m->vcpu[i];
	}
	return NULL;
}

static int64_t trap_own(struct vcpu *v)
{
	v->debug.own_trap = true;
	note_stop(v, DEBUG_STOP_SIGNAL);
	return DEBUG_GO; /* or what debug_resume() puts in its place */
}

static int64_t trap_breakpoint(struct vcpu *v, uint64_t root)
{
	uint64_t at = arch_debug_pc(v) - ARCH_BREAKPOINT_SIZE;
	enum debug_site site = debug_site_at(v->machine, root, at);

	if (site == SITE_NONE)
		return trap_own(v);
	arch_debug_set_pc(v, at);
	bool over =
		site == SITE_ELSEWHERE || (site == SITE_RECENT && v == v->machine->debugger->alone);

	note_stop(v, over ? DEBUG_STOP_ELSEWHERE : DEBUG_STOP_BREAKPOINT);
	return DEBUG_GO;
}

/* A return to where a debugger had a function called from. */
static int64_t trap_fetch(struct vcpu *v, uint64_t root)
{
	enum debug_site site = debug_site_at(v->machine, root, arch_debug_pc(v));

	if (site != SITE_HERE && site != SITE_RECENT) {
		v->debug.frame = 0;
		return DEBUG_SIGNAL;
	}
	note_stop(v, DEBUG_STOP_BREAKPOINT);
	return DEBUG_GO;
}

static int64_t trap_step(struct vcpu *v)
{
	struct debugger *d = v->machine->debugger;
	struct vcpu *u = find_stepping(v->machine, v->debug.frame);

	if (u) {
		u->debug.step = STEP_NONE;
		arch_debug_step_over(v);
		v->debug.stop = DEBUG_STOP_STEP;
		stop_all(v);
	} else if (d->stray_steps) {
		d->stray_steps--;
		arch_debug_step_over(v);
		v->debug.frame = 0;
	} else {
		return trap_own(v);
	}
	return DEBUG_GO;
}

static int64_t trap_leave(struct vcpu *v, uint64_t root, uint64_t name_gpa)
{
	char name[MAX_NAME];
	struct machine *m = v->machine;
	const char *text = memory_range(&m->memory, name_gpa, 1);

	if (!name_gpa || !text)
		return DEBUG_GO;
	uint64_t room = m->memory.size - name_gpa;
	size_t len = strnlen(text, room < MAX_NAME - 1 ? room : MAX_NAME - 1);

	memcpy(name, text, len);
	name[len] = 0;
	debug_plant_in(m, root, name);
	return DEBUG_GO;
}

static int64_t trap_locked(struct vcpu *v, const unsigned long long arg[4])
{
	if (arg[0] == DEBUG_LEAVE)
		return trap_leave(v, arg[2], arg[3]);
	v->debug.frame = arg[1];
	switch (arg[0]) {
	case DEBUG_BREAKPOINT:
		return trap_breakpoint(v, arg[2]);
	case DEBUG_STEP:
		return trap_step(v);
	case DEBUG_FETCH:
		return trap_fetch(v, arg[2] ? arg[2] : v->machine->boot_root);
	case DEBUG_FAULTED:
		note_stop(v, DEBUG_STOP_FAULTED);
		return DEBUG_GO;
	default:
		v->debug.frame = 0;
		return -EINVAL;
	}
}

int64_t debug_trap(struct vcpu *v, const unsigned long long arg[4])
{
	struct machine *m = v->machine;
	struct debugger *d = m->debugger;
	int64_t answer = DEBUG_SIGNAL;

	if (!d)
		return -ENOSYS;
	if (!memory_range(&m->memory, arg[1], arch_debug_frame_size()))
		return -EFAULT;
	pthread_mutex_lock(&d->lock);
	if (d->attached)
		answer = trap_locked(v, arg);
	pthread_mutex_unlock(&d->lock);
	return answer;
}

bool debug_broken(struct vcpu *v)
{
	struct debugger *d = v->machine->debugger;

	if (!d)
		return false;
	pthread_mutex_lock(&d->lock);
	bool stand = d->attached && atomic_load(&v->machine->status) < 0;

	if (stand) {
		d->broken = true;
		note_stop(v, DEBUG_STOP_BROKEN);
	}
	pthread_mutex_unlock(&d->lock);
	return stand;
}

void debug_vcpu_made(struct vcpu *v)
{
	struct debugger *d = v->machine->debugger;

	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	arch_debug_configure(v, DEBUG_RUN, d->point);
	pthread_mutex_unlock(&d->lock);
}
