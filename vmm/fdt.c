#include "machine.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>

/*
 * The tree (device-tree specification 0.4): two address and two size cells everywhere. libfdt's
 * sequential writer remembers no error, so each step is taken only while all before it went well.
 */
struct writer {
	void *fdt;
	int err; /* first error of libfdt, 0 = none */
};

static void begin(struct writer *w, const char *name)
{
	if (!w->err)
		w->err = fdt_begin_node(w->fdt, name);
}

static void begin_at(struct writer *w, const char *name, uint64_t unit)
{
	char full[64];

	snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit);
	begin(w, full);
}

static void end(struct writer *w)
{
	if (!w->err)
		w->err = fdt_end_node(w->fdt);
}

static void text(struct writer *w, const char *name, const char *value)
{
	if (!w->err)
		w->err = fdt_property_string(w->fdt, name, value);
}

static void cell(struct writer *w, const char *name, uint32_t value)
{
	if (!w->err)
		w->err = fdt_property_u32(w->fdt, name, value);
}

static void wide(struct writer *w, const char *name, uint64_t value)
{
	if (!w->err)
		w->err = fdt_property_u64(w->fdt, name, value);
}

static void range(struct writer *w, const char *name, uint64_t base, uint64_t size)
{
	fdt64_t reg[2] = {cpu_to_fdt64(base), cpu_to_fdt64(size)};

	if (!w->err)
		w->err = fdt_property(w->fdt, name, reg, sizeof(reg));
}

static void add_memory(struct writer *w, const struct boot_info *b)
{
	begin_at(w, "memory", 0);
	text(w, "device_type", "memory");
	range(w, "reg", 0, b->ram_end);
	end(w);
}

static void add_cpus(struct writer *w, const struct boot_info *b)
{
	begin(w, "cpus");
	cell(w, "#address-cells", 1);
	cell(w, "#size-cells", 0);
	for (unsigned int i = 0; i < b->cpu_count; i++) {
		begin_at(w, "cpu", i);
		text(w, "device_type", "cpu");
		cell(w, "reg", i);
		end(w);
	}
	end(w);
}

static void add_devices(struct writer *w, const struct boot_info *b)
{
	for (unsigned int i = 0; i < b->device_count; i++) {
		const struct boot_device *d = &b->device[i];

		begin_at(w, "virtio", d->mmio);
		text(w, "compatible", "virtio,mmio");
		range(w, "reg", d->mmio, BOOT_MMIO_STRIDE);
		cell(w, "interrupts", d->vector);
		end(w);
	}
}

/* What no standard node says: struct boot_info has the same names and meanings. */
static void add_mote(struct writer *w, const struct boot_info *b)
{
	begin(w, &BOOT_FDT_NODE[1]);
	cell(w, "flags", b->flags);
	wide(w, "counter-hz", b->counter_hz);
	wide(w, "counter-start", b->counter_start);
	wide(w, "realtime-ns", b->realtime_ns);
	wide(w, "boot-root", b->boot_root);
	wide(w, "kernel-end", b->kernel_end);
	wide(w, "free-start", b->free_start);
	range(w, "bootfs", b->bootfs_start, b->map_end - b->bootfs_start);
	wide(w, "control", b->control);
	range(w, "strings", b->strings_start, b->strings_len);
	cell(w, "argc", b->argc);
	cell(w, "envc", b->envc);
	cell(w, "rows", b->rows);
	cell(w, "columns", b->columns);
	end(w);
}

int fdt_build(const struct boot_info *b, void *buf, size_t size)
{
	struct writer w = {.fdt = buf};

	w.err = fdt_create(buf, (int)size);
	if (!w.err)
		w.err = fdt_finish_reservemap(buf);
	begin(&w, "");
	text(&w, "compatible", BOOT_FDT_COMPATIBLE);
	cell(&w, "#address-cells", 2);
	cell(&w, "#size-cells", 2);
	begin(&w, "chosen");
	if (!w.err)
		w.err = fdt_property(w.fdt, "rng-seed", b->random, sizeof(b->random));
	end(&w);
	add_memory(&w, b);
	add_cpus(&w, b);
	add_devices(&w, b);
	add_mote(&w, b);
	end(&w);
	if (!w.err)
		w.err = fdt_finish(buf);
	if (w.err)
		return w.err == -FDT_ERR_NOSPACE ? -ENOSPC : -EINVAL;
	return (int)fdt_totalsize(buf);
}
