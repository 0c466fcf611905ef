#include "machine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "arch/arch.h"
#include "profile.h"
#include "report.h"

/* Interrupts KVM_RUN of another thread's vCPU; its handler does nothing. */
#define KICK_SIGNAL SIGUSR1

int vcpu_create(struct vcpu *v)
{
	struct machine *m = v->machine;
	int err;

	v->fd = ioctl(m->vm_fd, KVM_CREATE_VCPU, (unsigned long)v->index);
	if (v->fd < 0) {
		err = -errno;
		mote_error("cannot create vCPU %u: %s", v->index, strerror(-err));
		return err;
	}
	v->run = mmap(NULL, m->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (v->run == MAP_FAILED) {
		err = -errno;
		mote_error("cannot map vCPU %u: %s", v->index, strerror(-err));
		v->run = NULL;
	} else {
		err = arch_vcpu_init(v);
	}
	if (err)
		vcpu_destroy(v);
	return err;
}

void vcpu_destroy(struct vcpu *v)
{
	if (v->run)
		munmap(v->run, v->machine->run_size);
	if (v->fd >= 0)
		close(v->fd);
	v->run = NULL;
	v->fd = -1;
}

/* The device whose registers hold all of [gpa, gpa + len), or NULL. */
static struct mmio_device *find_device(struct machine *m, uint64_t gpa, unsigned int len)
{
	uint64_t slot = (gpa - BOOT_MMIO_BASE) / BOOT_MMIO_STRIDE;

	if (gpa < BOOT_MMIO_BASE || slot >= m->device_count)
		return NULL;
	struct mmio_device *d = m->device[slot];

	return gpa - d->base + len <= d->size ? d : NULL;
}

static bool ended(struct machine *m)
{
	return atomic_load_explicit(&m->status, memory_order_relaxed) >= 0;
}

/* It has ended, and not at a point from which it may go on. */
static bool ended_for_good(struct machine *m)
{
	int status = atomic_load_explicit(&m->status, memory_order_relaxed);

	return status >= 0 && !machine_paused(status);
}

static void exit_mmio(struct vcpu *v)
{
	struct kvm_run *run = v->run;
	struct mmio_device *d = find_device(v->machine, run->mmio.phys_addr, run->mmio.len);

	if (!d)
		report_guest_broken(
			v, "touched guest-physical address %#llx (%u bytes, %s), where nothing is",
			(unsigned long long)run->mmio.phys_addr, run->mmio.len,
			run->mmio.is_write ? "write" : "read");
	else if (run->mmio.is_write)
		d->write(d, run->mmio.phys_addr - d->base, run->mmio.data, run->mmio.len);
	else
		d->read(d, run->mmio.phys_addr - d->base, run->mmio.data, run->mmio.len);
}

static void exit_io(struct vcpu *v)
{
	uint32_t nr;
	unsigned long long arg[4];

	if (arch_hypercall_decode(v, &nr, arg)) {
		int64_t answer = hypercall_do(v, nr, arg);

		arch_hypercall_answer(v, answer);
	} else if (!debug_exit(v)) {
		report_guest_broken(v, "used I/O port %#x, where nothing is", v->run->io.port);
	}
}

static void exit_internal_error(struct vcpu *v)
{
	const struct kvm_run *run = v->run;

	if (run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION)
		report_guest_broken(v, "ran an instruction that KVM on this host cannot emulate");
	else
		report_guest_broken(v, "stopped KVM with internal error %u",
				    run->internal.suberror);
}

static void handle_exit(struct vcpu *v)
{
	struct kvm_run *run = v->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		v->unfinished = true;
		exit_io(v);
		if (ended_for_good(v->machine))
			v->unfinished = false; /* nobody waits for the answer of the last hypercall */
		break;
	case KVM_EXIT_MMIO:
		v->unfinished = true;
		exit_mmio(v);
		break;
	case KVM_EXIT_INTR:
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		exit_internal_error(v);
		break;
	case KVM_EXIT_SHUTDOWN:
		report_guest_broken(v, "had a fault while handling a fault (triple fault)");
		break;
	case KVM_EXIT_FAIL_ENTRY:
		report_guest_broken(
			v, "could not be entered: hardware reason %#llx",
			(unsigned long long)run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_DEBUG:
		if (debug_exit(v))
			break;
		/* fall through */
	default:
		report_guest_broken(v, "left with KVM exit reason %u, which mote does not know",
				    run->exit_reason);
	}
}

/* ---- running, parking ---- */

/* KVM finishes an I/O or MMIO instruction when the vCPU is entered next; with immediate_exit that is
 * all it does (KVM API, 5 "kvm_run", KVM_EXIT_IO). */
void vcpu_settle(struct vcpu *v)
{
	v->run->immediate_exit = 1;
	ioctl(v->fd, KVM_RUN, 0);
	v->run->immediate_exit = 0;
	v->unfinished = false;
}

static void finish_exit(struct vcpu *v)
{
	if (v->unfinished)
		vcpu_settle(v);
}

/* Wait for run_changed, which a signal handler that ends the machine cannot signal: look again from
 * time to time. */
static void wait_changed(struct machine *m)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 50000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&m->run_changed, &m->run_lock, &until);
}

/* May v enter the guest? Waits while the machine is held; false when the run is over. The order
 * (clear immediate_exit, then look at stay) meets that of vcpu_kick_all's callers. */
static bool await_leave(struct vcpu *v)
{
	struct machine *m = v->machine;

	if (!atomic_load_explicit(&m->stay, memory_order_relaxed))
		return true;
	finish_exit(v);
	pthread_mutex_lock(&m->run_lock);
	v->parked = true;
	pthread_cond_broadcast(&m->run_changed);
	while ((m->held || v->frozen) && !ended(m) && m->running)
		wait_changed(m);
	bool go = !ended(m) && m->running;

	v->parked = !go;
	pthread_mutex_unlock(&m->run_lock);
	return go;
}

static int enter(struct vcpu *v)
{
	if (!(v->machine->flags & BOOT_DETERMINISTIC))
		return ioctl(v->fd, KVM_RUN, 0);
	arch_counter_hide(true);
	int r = ioctl(v->fd, KVM_RUN, 0);

	arch_counter_hide(false);
	return r;
}

static void run_once(struct vcpu *v)
{
	if (!enter(v)) {
		v->unfinished = false;
		if (!profile_step(v))
			handle_exit(v);
	} else if (errno == EFAULT) {
		report_guest_broken(v, "needs a page that the host cannot give (out of memory, or a file of "
				       "its root was truncated)");
	} else if (errno == EINTR || errno == EAGAIN) {
		v->unfinished = false;
		v->run->immediate_exit = 0;
		atomic_thread_fence(memory_order_seq_cst);
	} else {
		report_guest_broken(v, "cannot run: KVM_RUN: %s", strerror(errno));
	}
}

void vcpu_run(struct vcpu *v)
{
	profile_start(v);
	while (await_leave(v))
		run_once(v);
	profile_finish(v);
}

/* stay follows from the rest: a vCPU looks closer when it is set. Under run_lock. */
static void update_stay(struct machine *m)
{
	bool frozen = false;

	for (unsigned int i = 0; i < m->cpus; i++)
		frozen |= m->vcpu[i].frozen;
	m->stay = m->held || frozen || ended(m) || !m->running;
	if (m->stay)
		vcpu_kick_all(m);
}

void vcpu_hold(struct machine *m)
{
	pthread_mutex_lock(&m->run_lock);
	m->held++;
	update_stay(m);
	pthread_mutex_unlock(&m->run_lock);
}

void vcpu_release(struct machine *m)
{
	pthread_mutex_lock(&m->run_lock);
	m->held--;
	update_stay(m);
	pthread_cond_broadcast(&m->run_changed);
	pthread_mutex_unlock(&m->run_lock);
}

void vcpu_freeze(struct vcpu *v, bool frozen)
{
	pthread_mutex_lock(&v->machine->run_lock);
	v->frozen = frozen;
	update_stay(v->machine);
	pthread_cond_broadcast(&v->machine->run_changed);
	pthread_mutex_unlock(&v->machine->run_lock);
}

static bool all_parked(const struct machine *m)
{
	for (unsigned int i = 0; i < m->cpus; i++) {
		if (m->vcpu[i].live && !m->vcpu[i].parked)
			return false;
	}
	return true;
}

void vcpu_await_parked(struct machine *m)
{
	pthread_mutex_lock(&m->run_lock);
	while (!all_parked(m))
		pthread_cond_wait(&m->run_changed, &m->run_lock);
	pthread_mutex_unlock(&m->run_lock);
}

void vcpu_start_all(struct machine *m)
{
	pthread_mutex_lock(&m->run_lock);
	m->running = true;
	m->vcpu[0].parked = false;
	update_stay(m);
	pthread_cond_broadcast(&m->run_changed);
	pthread_mutex_unlock(&m->run_lock);
}

void vcpu_stop_all(struct machine *m)
{
	pthread_mutex_lock(&m->run_lock);
	m->running = false;
	update_stay(m);
	pthread_cond_broadcast(&m->run_changed);
	while (!all_parked(m))
		pthread_cond_wait(&m->run_changed, &m->run_lock);
	pthread_mutex_unlock(&m->run_lock);
}

void vcpu_join_all(struct machine *m)
{
	pthread_mutex_lock(&m->run_lock);
	m->closing = true;
	pthread_cond_broadcast(&m->run_changed);
	pthread_mutex_unlock(&m->run_lock);
	for (unsigned int i = 1; i < m->cpus; i++) {
		if (m->started[i])
			pthread_join(m->vcpu[i].thread, NULL);
		m->started[i] = false;
	}
}

static void ignore_kick(int sig)
{
	(void)sig;
}

int vcpu_apply(struct vcpu *v)
{
	uint32_t nr;
	unsigned long long arg[4];

	v->unfinished = false;
	while (ioctl(v->fd, KVM_RUN, 0)) {
		if (errno != EINTR && errno != EAGAIN)
			return -EIO;
		v->run->immediate_exit = 0;
	}
	return arch_hypercall_decode(v, &nr, arg) && nr == HC_APPLIED ? 0 : -EIO;
}

void vcpu_prepare_kicks(void)
{
	struct sigaction kick = {.sa_handler = ignore_kick};

	sigaction(KICK_SIGNAL, &kick, NULL);
}

/* Wait for a run to begin: false when there will be none. */
static bool await_run(struct vcpu *v)
{
	struct machine *m = v->machine;

	pthread_mutex_lock(&m->run_lock);
	v->parked = true;
	pthread_cond_broadcast(&m->run_changed);
	while (!m->closing && (!m->running || ended(m)))
		pthread_cond_wait(&m->run_changed, &m->run_lock);
	v->parked = m->closing;
	bool go = !m->closing;

	pthread_mutex_unlock(&m->run_lock);
	return go;
}

/* The signal is let through inside KVM_RUN and outside alike: immediate_exit covers the gap between
 * the look at m->stay and KVM_RUN. */
static void *secondary_main(void *arg)
{
	struct vcpu *v = arg;
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, KICK_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	while (await_run(v))
		vcpu_run(v);
	return NULL;
}

static int start_locked(struct machine *m, struct vcpu *v, uint64_t entry, uint64_t arg)
{
	sigset_t all, old;
	int err;

	if (m->started[v->index])
		return -EBUSY;
	err = vcpu_create(v);
	if (!err)
		err = arch_vcpu_set_entry(v, entry, m->boot_root, arg);
	if (err)
		return err;
	/* No other signal may reach the thread, from its first instruction on. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&v->thread, NULL, secondary_main, v);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		vcpu_destroy(v);
		return err;
	}
	m->started[v->index] = true;
	debug_vcpu_made(v);
	pthread_mutex_lock(&m->run_lock);
	v->live = true;
	if (m->stay) /* it was asked for before it could be kicked */
		vcpu_kick_all(m);
	pthread_mutex_unlock(&m->run_lock);
	return 0;
}

int vcpu_start_secondary(struct machine *m, uint64_t cpu, uint64_t entry, uint64_t arg)
{
	int err;

	if (!cpu || cpu >= m->cpus)
		return -EINVAL;
	pthread_mutex_lock(&m->start_lock);
	err = start_locked(m, &m->vcpu[cpu], entry, arg);
	pthread_mutex_unlock(&m->start_lock);
	return err;
}

void vcpu_kick_all(struct machine *m)
{
	atomic_thread_fence(memory_order_seq_cst); /* after the caller's m->stay: run_once() */
	for (unsigned int i = 0; i < m->cpus; i++) {
		struct vcpu *v = &m->vcpu[i];

		if (!v->live)
			continue;
		v->run->immediate_exit = 1;
		if (!pthread_equal(v->thread, pthread_self()))
			pthread_kill(v->thread, KICK_SIGNAL);
	}
}
