/* New machines from snapshots. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch/arch.h"
#include "host.h"
#include "launch.h"
#include "machine.h"
#include "reset.h"
#include "snapshot.h"

/* The kernel's file, for names in reports, if it is still the one that runs. */
static int open_kernel(const struct snapshot_head *h)
{
	struct stat st;
	int fd = h->kernel_path[0] ? open(h->kernel_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size == h->kernel_size &&
	    (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec == h->kernel_mtime_ns)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void adopt_head(struct machine *m, struct snapshot *s)
{
	const struct snapshot_head *h = &s->head;

	m->boot_root = h->boot_root;
	m->control = h->control;
	m->info = h->info;
	m->kernel.fd = open_kernel(h);
	m->kernel.entry = h->kernel_entry;
	m->kernel.start = h->kernel_start;
	m->kernel.end = h->kernel_end;
	m->program = strdup(h->program);
	m->wants_ready = h->flags & (BOOT_READY | BOOT_READY_START);
	m->image = snapshot_get(s);
	m->base = snapshot_get(s);
}

static int create_parts(struct machine *m, const struct snapshot *s, bool resettable)
{
	int err = host_open_kvm(&m->kvm_fd, &m->vm_fd, &m->run_size);

	if (err)
		return err;
	err = memory_create_from(&m->memory, s->head.ram_size, s->head.bootfs_size, s->fd, s->head.memory_offset);
	if (err) {
		mote_error("cannot map the snapshot's memory: %s", strerror(-err));
		return err;
	}
	err = resettable ? track_start(m) : machine_map_memory(m, 0);
	if (!err)
		err = arch_machine_init(m);
	if (!err)
		err = vcpu_create(&m->vcpu[0]);
	for (unsigned int i = 1; i < s->head.started && !err; i++)
		err = vcpu_start_secondary(m, i, 0, 0);
	return err;
}

static int add_devices(struct machine *m, const struct snapshot *s, const struct restore_config *c)
{
	struct console_config console = {.in = c->in, .out = c->out, .err = c->err};
	int err = launch_add_devices(m, &console, c->disk, c->resettable);

	if (!err && m->device_count != s->head.devices) {
		mote_error("the snapshot was taken with %u disks, not %u: give the same ones with --disk",
			   s->head.devices - 2, m->device_count - 2);
		return -EINVAL;
	}
	return err;
}

static int load_devices(struct machine *m, const struct snapshot *s)
{
	int err = machine_load_devices(m, s);

	if (err)
		mote_error(err == -ERANGE ? "the snapshot is damaged: a device's state contradicts itself"
					  : "the snapshot was taken with other devices");
	return err ? -EINVAL : 0;
}

static int load(struct machine *m, struct snapshot *s)
{
	uint64_t counter;
	int err = arch_counter_read(&m->vcpu[0], &counter);

	for (unsigned int i = 0; i < s->head.started && !err; i++)
		err = arch_vcpu_load(&m->vcpu[i], s->vcpu[i], counter - arch_vcpu_state_counter(s->vcpu[0]),
				     ARCH_LOAD_ALL);
	if (!err)
		err = load_devices(m, s);
	if (!err)
		err = machine_set_apart(m, s, counter);
	machine_begin_again(m, s);
	return err;
}

int machine_restore(struct machine **out, struct snapshot *s, const struct restore_config *c)
{
	struct machine *m = machine_alloc(s->head.cpus, s->head.flags);

	if (!m)
		return -ENOMEM;
	adopt_head(m, s);
	int err = create_parts(m, s, c->resettable);

	if (!err)
		err = add_devices(m, s, c);
	if (!err)
		err = load(m, s);
	if (err)
		machine_destroy(m);
	else
		*out = m;
	return err;
}
