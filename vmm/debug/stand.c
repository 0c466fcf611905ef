/* The machine stands and goes on: the debugger thread's side. */
#include "state.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "shared/abi/control.h"

#define ALONE_MS  100 /* how long one vCPU goes by itself: it may need what another one holds */
#define ANSWER_MS 2000

struct debugger *debug_create(struct machine *m)
{
	struct debugger *d = calloc(1, sizeof(*d));

	if (!d)
		goto failed;
	d->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->event < 0)
		goto no_event;
	pthread_mutex_init(&d->lock, NULL);
	d->standing = true;
	m->debugger = d;
	m->vcpu[0].unfinished = true; /* KVM takes the registers over when it parks */
	vcpu_hold(m);
	return d;
no_event:
	free(d);
failed:
	mote_error("cannot make a debugger: %s", strerror(errno));
	return NULL;
}

void debug_destroy(struct machine *m)
{
	struct debugger *d = m->debugger;

	m->debugger = NULL;
	close(d->event);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

int debug_event_fd(const struct machine *m)
{
	return m->debugger->event;
}

static void configure_all(struct machine *m)
{
	for (unsigned int i = 0; i < m->cpus; i++) {
		if (m->vcpu[i].live)
			arch_debug_configure(&m->vcpu[i], DEBUG_RUN, m->debugger->point);
	}
}

/* v was to step and something else came first. */
static void call_off_step(struct vcpu *v)
{
	struct vcpu_debug *g = &v->debug;

	if (g->step == STEP_KVM) {
		arch_debug_configure(v, DEBUG_RUN, v->machine->debugger->point);
	} else if (g->step == STEP_PROGRAM) {
		if (g->step_frame)
			arch_debug_forget_step(&v->machine->memory, g->step_frame);
		else if (!g->frame && !arch_vcpu_in_user(v))
			v->machine->debugger->stray_steps++;
		arch_debug_step_over(v);
	}
	g->step = STEP_NONE;
}

/* The machine stands: nothing is in the middle of anything. */
static void settle(struct machine *m)
{
	vcpu_await_parked(m);
	pthread_mutex_lock(&m->debugger->lock);
	for (unsigned int i = 0; i < m->cpus; i++) {
		struct vcpu *v = &m->vcpu[i];

		if (!v->live)
			continue;
		v->debug.root = 0;
		if (v->debug.frame && !arch_debug_in_program(v)) {
			arch_debug_undo_trap(v);
			v->debug.frame = 0;
		}
		if (v->debug.stop == DEBUG_STOP_STEP)
			arch_debug_configure(v, DEBUG_RUN, m->debugger->point);
		call_off_step(v);
	}
	m->debugger->alone = NULL;
	debug_lower_recent(m);
	pthread_mutex_unlock(&m->debugger->lock);
}

void debug_stand(struct machine *m)
{
	struct debugger *d = m->debugger;

	pthread_mutex_lock(&d->lock);
	if (!d->standing) {
		d->standing = true;
		vcpu_hold(m);
	}
	pthread_mutex_unlock(&d->lock);
	settle(m);
}

void debug_attach(struct machine *m)
{
	debug_stand(m);
	m->debugger->attached = true;
}

static void drain(struct debugger *d)
{
	uint64_t n;

	while (read(d->event, &n, sizeof(n)) > 0)
		;
}

static void release(struct machine *m)
{
	struct debugger *d = m->debugger;

	pthread_mutex_lock(&d->lock);
	d->standing = false;
	pthread_mutex_unlock(&d->lock);
	if (d->broken)
		machine_end(m, MOTE_FAILED, MOTE_END_BROKEN);
	vcpu_release(m);
}

void debug_detach(struct machine *m)
{
	struct debugger *d = m->debugger;

	debug_stand(m);
	debug_remove_all(m);
	memset(d->point, 0, sizeof(d->point));
	configure_all(m);
	for (unsigned int i = 0; i < m->cpus; i++) {
		struct vcpu *v = &m->vcpu[i];

		if (v->debug.own_trap && v->debug.stop != DEBUG_STOP_NONE)
			arch_hypercall_answer(v, DEBUG_SIGNAL);
		v->debug = (struct vcpu_debug){0};
		vcpu_freeze(v, false);
	}
	d->attached = false;
	drain(d);
	release(m);
}

/* A stop that comes again by itself if it still matters, as the program counter stands before it.
 */
static bool comes_again(enum debug_stop stop)
{
	return stop == DEBUG_STOP_BREAKPOINT || stop == DEBUG_STOP_ELSEWHERE ||
	       stop == DEBUG_STOP_STEP;
}

/* The one that went alone goes first: gdb takes a stop of another one for impossible. */
static struct vcpu *find_stop(struct machine *m, const struct vcpu *first)
{
	struct vcpu *found = NULL;

	for (unsigned int i = 0; i < m->cpus; i++) {
		struct vcpu *v = &m->vcpu[i];

		if (v->debug.stop != DEBUG_STOP_NONE &&
		    (!found || v == first || found->debug.stop == DEBUG_STOP_ELSEWHERE))
			found = v;
	}
	return found;
}

/* Let v go by itself until something stops or the time is up; the machine stands again. */
static void go_alone(struct vcpu *v)
{
	struct machine *m = v->machine;
	struct pollfd event = {.fd = m->debugger->event, .events = POLLIN};

	drain(m->debugger);
	m->debugger->alone = v;
	for (unsigned int i = 0; i < m->cpus; i++)
		vcpu_freeze(&m->vcpu[i], &m->vcpu[i] != v);
	release(m);
	if (!poll(&event, 1, ALONE_MS)) {
		debug_let_others_run(m);
		poll(&event, 1, ANSWER_MS);
	}
	debug_stand(m);
	drain(m->debugger);
}

/* v met a breakpoint of another program in a page that both share: carry out what stands beneath
 * it. */
static void pass_over(struct vcpu *v)
{
	struct machine *m = v->machine;

	v->debug.stop = DEBUG_STOP_NONE;
	debug_lift(m);
	arch_debug_step_program(v);
	v->debug.step = STEP_PROGRAM;
	v->debug.step_frame = v->debug.frame;
	v->debug.frame = 0;
	go_alone(v);
	debug_plant(m, false);
	if (v->debug.stop == DEBUG_STOP_STEP)
		v->debug.stop = DEBUG_STOP_NONE;
}

/* A program is more interesting than the kernel. */
static struct vcpu *interesting(struct machine *m)
{
	for (unsigned int i = 0; i < m->cpus; i++) {
		if (m->vcpu[i].live && arch_vcpu_in_user(&m->vcpu[i]))
			return &m->vcpu[i];
	}
	return &m->vcpu[0];
}

/* Who speaks for a machine that stands although nobody met anything, or only those who ran along
 * did. */
static struct vcpu *speak(struct machine *m, struct vcpu *alone, bool asked)
{
	struct vcpu *v = alone ? alone : interesting(m);

	v->debug.stop = asked ? DEBUG_STOP_ASKED : DEBUG_STOP_STEP;
	return v;
}

struct vcpu *debug_collect(struct machine *m, bool asked)
{
	struct vcpu *alone = m->debugger->alone, *v;

	debug_stand(m);
	drain(m->debugger);
	v = find_stop(m, alone);
	if (alone && v == alone && v->debug.stop == DEBUG_STOP_ELSEWHERE) {
		pass_over(v); /* what it met first is out of the way now */
		v->debug.stop = DEBUG_STOP_STEP;
		return v;
	}
	if (alone ? v != alone : asked && (!v || v->debug.stop == DEBUG_STOP_ELSEWHERE))
		return speak(m, alone, asked);
	if (v && v->debug.stop == DEBUG_STOP_ELSEWHERE) {
		pass_over(v);
		debug_resume(m, m->debugger->last);
		return NULL;
	}
	return v;
}

static void go(struct vcpu *v, const struct debug_action *a)
{
	struct debugger *d = v->machine->debugger;
	enum debug_mode mode = DEBUG_RUN;

	if (v->debug.own_trap && a->signal)
		arch_hypercall_answer(v, DEBUG_SIGNAL);
	vcpu_freeze(v, a->go == DEBUG_STAY);
	if (a->go == DEBUG_STAY)
		return;
	if (a->go == DEBUG_STEP_ONE) {
		bool program = arch_debug_step_program(v);

		v->debug.step = program ? STEP_PROGRAM : STEP_KVM;
		v->debug.step_frame = v->debug.frame;
		mode = program ? DEBUG_RUN : DEBUG_SINGLE_STEP;
	}
	arch_debug_configure(v, mode, d->point);
	v->debug.frame = 0;
	v->debug.own_trap = false;
}

/* The only vCPU that goes while another one stays. */
static struct vcpu *find_alone(struct machine *m, const struct debug_action action[])
{
	struct vcpu *going = NULL;
	unsigned int live = 0, go = 0;

	for (unsigned int i = 0; i < m->cpus; i++) {
		if (!m->vcpu[i].live)
			continue;
		live++;
		if (action[i].go == DEBUG_STAY)
			continue;
		go++;
		going = &m->vcpu[i];
	}
	return go == 1 && live > 1 ? going : NULL;
}

void debug_resume(struct machine *m, const struct debug_action action[])
{
	struct debugger *d = m->debugger;
	uint64_t one = 1;

	for (unsigned int i = 0; i < m->cpus; i++) {
		if (comes_again(m->vcpu[i].debug.stop))
			m->vcpu[i].debug.stop = DEBUG_STOP_NONE;
		d->last[i] = (struct debug_action){action[i].go, false};
	}
	if (find_stop(m, NULL)) {
		if (write(d->event, &one, sizeof(one)) < 0)
			abort();
		return;
	}
	d->alone = find_alone(m, action);
	if (!d->alone)
		debug_forget_recent(m);
	for (unsigned int i = 0; i < m->cpus; i++) {
		if (m->vcpu[i].live)
			go(&m->vcpu[i], &action[i]);
	}
	release(m);
}

void debug_let_others_run(struct machine *m)
{
	vcpu_hold(m);
	vcpu_await_parked(m);
	if (!m->debugger->standing) /* it has not come to its end in this moment */
		debug_raise_recent(m);
	for (unsigned int i = 0; i < m->cpus && !m->debugger->standing; i++) {
		struct vcpu *v = &m->vcpu[i];

		if (!v->frozen || v->debug.stop != DEBUG_STOP_NONE)
			continue;
		v->debug.frame = 0;
		v->debug.own_trap = false;
		vcpu_freeze(v, false);
	}
	vcpu_release(m);
}

bool debug_others_wait(struct machine *m)
{
	bool waits = false;

	pthread_mutex_lock(&m->debugger->lock);
	for (unsigned int i = 0; i < m->cpus; i++)
		waits |= m->vcpu[i].debug.stop != DEBUG_STOP_NONE;
	pthread_mutex_unlock(&m->debugger->lock);
	return waits;
}

int debug_fault(struct vcpu *v, uint64_t address, bool write)
{
	struct machine *m = v->machine;
	struct machine_control *c = memory_writable(&m->memory, m->control, sizeof(*c));
	bool own_trap = v->debug.own_trap;

	if (!v->debug.frame || v->debug.stop != DEBUG_STOP_NONE || !c)
		return -EAGAIN;
	c->debug_fault = (struct debug_fault){.address = address, .write = write};
	arch_hypercall_answer(v, DEBUG_FAULT);
	v->debug.frame = 0;
	debug_lift(m);
	go_alone(v);
	debug_plant(m, false);
	if (v->debug.stop != DEBUG_STOP_FAULTED) {
		mote_error("the debugger asked for a page and the kernel was called away: cpu %u "
			   "stands elsewhere now",
			   v->index);
		return -EAGAIN;
	}
	v->debug.stop = DEBUG_STOP_NONE;
	v->debug.own_trap = own_trap;
	return c->debug_fault.result;
}

int debug_snapshot(struct machine *m, struct snapshot **out, uint64_t frame[])
{
	debug_lift(m);
	int err = machine_snapshot(m, out);

	debug_plant(m, false);
	for (unsigned int i = 0; i < m->cpus; i++)
		frame[i] = m->vcpu[i].debug.frame;
	return err;
}

int debug_reset(struct machine *m, struct snapshot *s, const uint64_t frame[])
{
	struct debugger *d = m->debugger;

	debug_lift(m);
	if (d->broken)
		m->end = MOTE_END_BROKEN; /* so that nothing the kernel says is relied on */
	int err = machine_reset(m, s);

	if (err)
		return err;
	d->broken = false;
	d->stray_steps = 0;
	drain(d);
	for (unsigned int i = 0; i < m->cpus; i++)
		m->vcpu[i].debug = (struct vcpu_debug){.frame = frame[i]};
	debug_plant(m, true);
	return 0;
}
