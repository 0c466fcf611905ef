#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arch/arch.h"
#include "debug/gdb.h"
#include "host.h"
#include "report.h"

/* Everything but memory must fit below the device registers. */
_Static_assert(MOTE_MAX_MEM <= BOOT_MMIO_BASE, "largest RAM leaves no room for devices");

static int check_config(const struct machine_config *c)
{
	if (c->mem_size < MOTE_MIN_MEM || c->mem_size > MOTE_MAX_MEM || c->cpus < 1 ||
	    c->cpus > MOTE_MAX_CPUS)
		return -EINVAL;
	if (c->flags & BOOT_DETERMINISTIC && c->cpus > 1) {
		mote_error("a deterministic run has one processor, not %u", c->cpus);
		return -EINVAL;
	}
	if (c->bootfs_size > BOOT_MMIO_BASE - c->mem_size) {
		mote_error("memory (%llu MiB) and root file system (%llu MiB) exceed %llu MiB "
			   "together",
			   (unsigned long long)c->mem_size >> 20,
			   (unsigned long long)c->bootfs_size >> 20, BOOT_MMIO_BASE >> 20);
		return -ENOMEM;
	}
	return 0;
}

int machine_map_memory(struct machine *m, unsigned int flags)
{
	struct kvm_userspace_memory_region region = {
		.flags = flags,
		.memory_size = m->memory.size,
		.userspace_addr = (uintptr_t)m->memory.host,
	};

	if (ioctl(m->vm_fd, KVM_SET_USER_MEMORY_REGION, &region)) {
		int err = -errno;

		mote_error("KVM takes no %llu MiB of memory: %s",
			   (unsigned long long)m->memory.size >> 20, strerror(-err));
		return err;
	}
	return 0;
}

static int create_parts(struct machine *m, const struct machine_config *config)
{
	int err = host_open_kvm(&m->kvm_fd, &m->vm_fd, &m->run_size);

	if (err)
		return err;
	err = memory_create(&m->memory, config->mem_size, config->bootfs_size);
	if (err) {
		mote_error("cannot make %llu MiB of guest memory: %s%s",
			   (unsigned long long)config->mem_size >> 20, strerror(-err),
			   err == -ENOMEM ? " (try a smaller --mem, or raise ulimit -v)" : "");
		return err;
	}
	err = machine_map_memory(m, 0);
	if (!err)
		err = arch_machine_init(m);
	if (!err)
		err = vcpu_create(&m->vcpu[0]);
	return err;
}

struct machine *machine_alloc(unsigned int cpus, unsigned int flags)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->kvm_fd = m->vm_fd = m->memory.fd = m->kernel.fd = m->order_fd = -1;
	m->cpus = cpus;
	m->flags = flags;
	m->status = -1;
	m->shadowed = arch_supervisor_emulated();
	m->wants_ready = flags & (BOOT_READY | BOOT_READY_START);
	pthread_mutex_init(&m->start_lock, NULL);
	pthread_mutex_init(&m->run_lock, NULL);
	pthread_cond_init(&m->run_changed, NULL);
	pthread_mutex_init(&m->report_lock, NULL);
	control_init(&m->test);
	for (unsigned int i = 0; i < MOTE_MAX_CPUS; i++)
		m->vcpu[i] = (struct vcpu){.machine = m, .index = i, .fd = -1};
	return m;
}

int machine_create(struct machine **out, const struct machine_config *config)
{
	int err = check_config(config);

	if (err)
		return err;
	struct machine *m = machine_alloc(config->cpus, config->flags);

	if (!m)
		return -ENOMEM;
	m->seed = config->seed;
	err = create_parts(m, config);
	if (err)
		machine_destroy(m);
	else
		*out = m;
	return err;
}

void *machine_bootfs(struct machine *m)
{
	return m->memory.host + m->memory.bootfs_gpa;
}

int machine_add_device(struct machine *m, struct mmio_device *dev)
{
	unsigned int i = m->device_count;

	if (i == BOOT_MAX_DEVICES)
		return -ENOSPC;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	dev->machine = m;
	dev->memory = &m->memory;
	dev->index = i;
	dev->base = BOOT_MMIO_BASE + i * BOOT_MMIO_STRIDE;
	dev->size = BOOT_MMIO_STRIDE;
	dev->irq = fd;
	m->device[m->device_count++] = dev;
	return 0;
}

/* Routes and irqfds, made when a device first interrupts: a short run never does, and they cost 0.1
 * ms. */
static int bind_irqs(struct machine *m)
{
	int err = arch_route_irqs(m);

	for (unsigned int i = 0; i < m->device_count && !err; i++) {
		struct kvm_irqfd bind = {.fd = (uint32_t)m->device[i]->irq, .gsi = i};

		if (ioctl(m->vm_fd, KVM_IRQFD, &bind)) {
			err = -errno;
			mote_error("cannot bind a device's interrupt: %s", strerror(-err));
		}
	}
	return err;
}

static void ensure_irqs_bound(struct machine *m)
{
	if (atomic_load_explicit(&m->irqs_bound, memory_order_acquire))
		return;
	pthread_mutex_lock(&m->start_lock);
	if (!m->irqs_bound) {
		if (bind_irqs(m))
			machine_stop(m, MOTE_FAILED);
		atomic_store_explicit(&m->irqs_bound, true, memory_order_release);
	}
	pthread_mutex_unlock(&m->start_lock);
}

void device_raise_irq(struct mmio_device *dev)
{
	uint64_t one = 1;

	ensure_irqs_bound(dev->machine);
	/* EAGAIN: the counter is full, so the interrupt is pending anyway. */
	while (write(dev->irq, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

int device_add_ioeventfd(struct mmio_device *dev, uint64_t off, unsigned int len, uint64_t value,
			 int fd)
{
	struct kvm_ioeventfd io = {
		.datamatch = value,
		.addr = dev->base + off,
		.len = len,
		.fd = fd,
		.flags = len ? KVM_IOEVENTFD_FLAG_DATAMATCH : 0,
	};

	return ioctl(dev->machine->vm_fd, KVM_IOEVENTFD, &io) ? -errno : 0;
}

int device_start_thread(unsigned long *thread, void *(*fn)(void *arg), void *arg)
{
	sigset_t all, old;
	pthread_t t;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&t, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		*thread = t;
	return err;
}

int machine_load(struct machine *m, const char *kernel_path, const struct machine_program *program)
{
	uint64_t info;
	int err = loader_load_file(&m->memory, kernel_path, &m->kernel);

	m->program = strdup(program->path);
	if (!err)
		err = boot_prepare(m, program, &info);
	if (!err)
		err = arch_vcpu_set_entry(&m->vcpu[0], m->kernel.entry, m->boot_root, info);
	return err;
}

/* Devices serve what a snapshot's queues hold. */
static void resume_devices(struct machine *m)
{
	m->resumed = false;
	for (unsigned int i = 0; i < m->device_count; i++) {
		if (m->device[i]->resume)
			m->device[i]->resume(m->device[i]);
	}
}

/*
 * The state of a ready point was just loaded, whose next step is the program's: it need not be found by the kernel's instructions. A
 * deterministic machine takes the same way each time; of one that fuzzes each case begins here.
 */
static void skip_kernel(struct machine *m)
{
	const unsigned int watched = BOOT_DEBUGGER | BOOT_TRACE | (m->fuzz ? 0 : BOOT_DETERMINISTIC);

	if (m->ready_frame && !m->order && m->cpus == 1 && !(m->flags & watched))
		arch_vcpu_enter_user(&m->vcpu[0], m->ready_frame);
}

int machine_run(struct machine *m)
{
	int paused = m->status;

	vcpu_prepare_kicks();
	if (machine_paused(paused) && atomic_compare_exchange_strong(&m->status, &paused, -1) && m->resumed)
		skip_kernel(m);
	if (m->resumed)
		resume_devices(m);
	m->vcpu[0].thread = pthread_self();
	m->vcpu[0].live = true;
	vcpu_start_all(m);
	vcpu_run(&m->vcpu[0]);
	vcpu_stop_all(m);
	return m->status;
}

/* Async-signal-safe. */
static void set_status(struct machine *m, int status, enum mote_end how)
{
	int before = -1;

	if (atomic_compare_exchange_strong(&m->status, &before, status) ||
	    (!machine_paused(status) && machine_paused(before) && atomic_compare_exchange_strong(&m->status, &before, status)))
		m->end = how;
	m->stay = true;
	vcpu_kick_all(m);
}

void machine_end(struct machine *m, int status, enum mote_end how)
{
	set_status(m, status, how);
}

void machine_stop(struct machine *m, int status)
{
	m->forced = true;
	set_status(m, status & 0xff, MOTE_END_STOPPED);
}

enum mote_end machine_end_kind(const struct machine *m)
{
	return m->end;
}

bool machine_forced(struct machine *m)
{
	return m->forced;
}

const uint64_t *machine_seed(const struct machine *m)
{
	return m->flags & BOOT_DETERMINISTIC ? &m->seed : NULL;
}

bool machine_may_wait(const struct machine *m)
{
	return m->flags & BOOT_DETERMINISTIC && !m->stay;
}

void machine_finish(struct machine *m)
{
	gdb_finish(m, m->status);
	while (m->device_count) {
		struct mmio_device *d = m->device[--m->device_count];
		int irq = d->irq;

		d->destroy(d);
		close(irq);
	}
}

void machine_destroy(struct machine *m)
{
	vcpu_join_all(m);
	machine_finish(m);
	for (unsigned int i = 0; i < m->cpus; i++)
		vcpu_destroy(&m->vcpu[i]);
	if (m->memory.host)
		memory_destroy(&m->memory);
	control_destroy(&m->test);
	machine_forget_snapshots(m);
	if (m->kernel.fd >= 0)
		close(m->kernel.fd);
	if (m->vm_fd >= 0)
		close(m->vm_fd);
	if (m->kvm_fd >= 0)
		close(m->kvm_fd);
	free(m);
}
