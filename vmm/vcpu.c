#include "machine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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
	} else {
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
		exit_io(v);
		break;
	case KVM_EXIT_MMIO:
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
	default:
		report_guest_broken(v, "left with KVM exit reason %u, which mote does not know",
				    run->exit_reason);
	}
}

void vcpu_run(struct vcpu *v)
{
	struct machine *m = v->machine;

	profile_start(v);
	while (atomic_load_explicit(&m->status, memory_order_relaxed) < 0) {
		if (!ioctl(v->fd, KVM_RUN, 0)) {
			if (!profile_step(v))
				handle_exit(v);
		} else if (errno == EFAULT) {
			report_guest_broken(v, "needs a page that the host cannot give (out of "
					       "memory, or a file of "
					       "its root was truncated)");
		} else if (errno != EINTR && errno != EAGAIN) {
			report_guest_broken(v, "cannot run: KVM_RUN: %s", strerror(errno));
		}
	}
	profile_finish(v);
}

static void ignore_kick(int sig)
{
	(void)sig;
}

void vcpu_prepare_kicks(void)
{
	struct sigaction kick = {.sa_handler = ignore_kick};

	sigaction(KICK_SIGNAL, &kick, NULL);
}

/* The signal is let through inside KVM_RUN and outside alike: immediate_exit covers the gap between
 * the test of m->status and KVM_RUN. */
static void *secondary_main(void *arg)
{
	struct vcpu *v = arg;
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, KICK_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	vcpu_run(v);
	return NULL;
}

static int start_locked(struct machine *m, struct vcpu *v, uint64_t entry, uint64_t arg)
{
	sigset_t all, old;
	int err;

	if (m->closing)
		return -EINVAL;
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
	v->live = true;
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
	for (unsigned int i = 0; i < m->cpus; i++) {
		struct vcpu *v = &m->vcpu[i];

		if (!v->live)
			continue;
		v->run->immediate_exit = 1;
		if (!pthread_equal(v->thread, pthread_self()))
			pthread_kill(v->thread, KICK_SIGNAL);
	}
}
