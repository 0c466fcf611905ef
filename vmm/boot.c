#include "machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "arch/arch.h"
#include "realtime.h"
#include "seeded.h"
#include "shared/abi/control.h"

#define FDT_MAX	   8192
#define FIRST_USED (64u << 10) /* of free memory: what any kernel touches at once */

static uint64_t page_up(uint64_t v)
{
	return (v + MEMORY_PAGE_SIZE - 1) & ~(MEMORY_PAGE_SIZE - 1);
}

static int set_clock(struct machine *m, struct boot_info *b)
{
	uint64_t counter;
	int err = arch_counter_read(&m->vcpu[0], &counter);

	b->counter_hz = arch_counter_hz(&m->vcpu[0]);
	if (err || !b->counter_hz) {
		mote_error("KVM does not tell the guest's clock");
		return -EIO;
	}
	b->counter_start = counter;
	b->realtime_ns = realtime_ns();
	if (m->flags & BOOT_DETERMINISTIC) {
		b->counter_start = 0; /* the kernel does not ask it */
		b->realtime_ns = SEEDED_REALTIME_NS;
	}
	return 0;
}

static int set_random(const struct machine *m, struct boot_info *b)
{
	struct seeded s;

	if (m->flags & BOOT_DETERMINISTIC) {
		seeded_init(&s, m->seed, SEEDED_BOOT);
		seeded_bytes(&s, b->random, sizeof(b->random));
		seeded_bytes(&s, b->early_random, sizeof(b->early_random));
		return 0;
	}
	if (getrandom(b->random, sizeof(b->random), 0) == sizeof(b->random) &&
	    getrandom(b->early_random, sizeof(b->early_random), 0) == sizeof(b->early_random))
		return 0;
	mote_error("no random numbers from the host: %s", strerror(errno));
	return -EIO;
}

static void set_devices(const struct machine *m, struct boot_info *b)
{
	b->device_count = m->device_count;
	for (unsigned int i = 0; i < m->device_count; i++) {
		b->device[i].mmio = m->device[i]->base;
		b->device[i].device_id = m->device[i]->device_id;
		b->device[i].vector = arch_device_vector(i);
	}
}

/* MOTE_EMULATED=0 or 1 overrides what the host looks like, so that tests reach both kinds of kernel
 * path. */
static unsigned int supervisor_flag(void)
{
	const char *override = getenv("MOTE_EMULATED");
	bool emulated = override && *override ? *override != '0' : arch_supervisor_emulated();

	return emulated ? BOOT_EMULATED_SUPERVISOR : 0;
}

/* Everything that does not depend on where things lie. */
static int fill_info(struct machine *m, const struct machine_program *p, struct boot_info *b)
{
	b->magic = BOOT_MAGIC;
	b->version = BOOT_VERSION;
	b->flags = m->flags | supervisor_flag();
	b->cpu_count = m->cpus;
	b->kernel_end = m->kernel.end;
	b->ram_end = m->memory.ram_size;
	b->bootfs_start = m->memory.bootfs_gpa;
	b->map_end = m->memory.size;
	b->rows = p->rows;
	b->columns = p->columns;
	set_devices(m, b);
	int err = set_random(m, b);

	return err ? err : set_clock(m, b);
}

int boot_prepare(struct machine *m, const struct machine_program *p, uint64_t *info_gpa)
{
	struct boot_info b = {0};
	size_t strings = program_strings_size(p, &b.argc, &b.envc);
	int err, fdt_len;

	err = fill_info(m, p, &b);
	if (err)
		return err;
	b.boot_root = page_up(m->kernel.end);
	*info_gpa = b.boot_root + arch_tables_size(b.map_end);
	b.fdt_start = *info_gpa + page_up(sizeof(b));
	b.strings_start = b.fdt_start + FDT_MAX;
	b.strings_len = strings;
	b.control = page_up(b.strings_start + strings);
	uint64_t tables = b.control + page_up(sizeof(struct machine_control));

	b.free_start = tables + page_up(b.ram_end / MEMORY_PAGE_SIZE / 8);
	if (b.free_start > b.ram_end) {
		mote_error("guest memory is too small for the arguments and the environment");
		return -E2BIG;
	}
	m->boot_root = b.boot_root;
	memory_populate(&m->memory, m->kernel.start, b.free_start - m->kernel.start + FIRST_USED);
	arch_build_tables(&m->memory, b.boot_root, b.map_end);
	struct machine_control *c = memory_writable(&m->memory, b.control, sizeof(*c));

	c->version = CONTROL_VERSION;
	c->tables = m->shadowed ? tables : 0;
	m->control = b.control;
	m->info = *info_gpa;
	program_strings_put((char *)m->memory.host + b.strings_start, p);
	fdt_len = fdt_build(&b, m->memory.host + b.fdt_start, FDT_MAX);
	if (fdt_len < 0) {
		mote_error("cannot write the device tree: %s", strerror(-fdt_len));
		return fdt_len;
	}
	b.fdt_len = (uint64_t)fdt_len;
	return memory_write(&m->memory, *info_gpa, &b, sizeof(b));
}
