#include "kernel/boot.h"

#include <libfdt.h>
#include "arch/arch.h"
#include "kernel/lib/log.h"

/* The properties of BOOT_FDT_NODE have the names of struct boot_info's members (vmm/fdt.c writes them). All readers here
 * answer 0, -ENOENT for a property that is not there, or -EINVAL for one of the wrong size. */
static int read_bytes(const void *fdt, int node, const char *name, void *out, int len)
{
	int have;
	const void *p = fdt_getprop(fdt, node, name, &have);

	if (!p)
		return -ENOENT;
	if (have != len)
		return -EINVAL;
	__builtin_memcpy(out, p, (size_t)len);
	return 0;
}

static int read_cell(const void *fdt, int node, const char *name, unsigned int *out)
{
	fdt32_t v;
	int err = read_bytes(fdt, node, name, &v, sizeof(v));

	if (!err)
		*out = fdt32_to_cpu(v);
	return err;
}

static int read_wide(const void *fdt, int node, const char *name, unsigned long long *out)
{
	fdt64_t v;
	int err = read_bytes(fdt, node, name, &v, sizeof(v));

	if (!err)
		*out = fdt64_to_cpu(v);
	return err;
}

static int read_range(const void *fdt, int node, const char *name, unsigned long long *base, unsigned long long *size)
{
	fdt64_t v[2];
	int err = read_bytes(fdt, node, name, v, sizeof(v));

	if (err)
		return err;
	*base = fdt64_to_cpu(v[0]);
	*size = fdt64_to_cpu(v[1]);
	return *base + *size < *base ? -EINVAL : 0;
}

/* -ENOENT as well when there is no such node */
static int read_node_range(const void *fdt, const char *path, unsigned long long *base, unsigned long long *size)
{
	int node = fdt_path_offset(fdt, path);

	return node < 0 ? -ENOENT : read_range(fdt, node, "reg", base, size);
}

static int read_seed(const void *fdt, struct boot_info *out)
{
	int node = fdt_path_offset(fdt, "/chosen");

	return node < 0 ? -ENOENT : read_bytes(fdt, node, "rng-seed", out->random, sizeof(out->random));
}

static int count_cpus(const void *fdt, struct boot_info *out)
{
	int node, cpus = fdt_path_offset(fdt, "/cpus");

	if (cpus < 0)
		return -ENOENT;
	fdt_for_each_subnode(node, fdt, cpus)
		out->cpu_count++;
	return out->cpu_count ? 0 : -EINVAL;
}

static int read_device(const void *fdt, int node, struct boot_device *d)
{
	unsigned long long size;
	int err = read_range(fdt, node, "reg", &d->mmio, &size);

	return err ? err : read_cell(fdt, node, "interrupts", &d->vector);
}

static int read_devices(const void *fdt, struct boot_info *out)
{
	int node, err;

	fdt_for_each_subnode(node, fdt, 0) {
		if (fdt_node_check_compatible(fdt, node, "virtio,mmio"))
			continue;
		if (out->device_count == BOOT_MAX_DEVICES)
			return -EINVAL;
		err = read_device(fdt, node, &out->device[out->device_count++]);
		if (err)
			return err;
	}
	return 0;
}

static int read_window(const void *fdt, int node, struct boot_info *out)
{
	unsigned int rows = 0, columns = 0;
	int err = read_cell(fdt, node, "rows", &rows);

	if (!err)
		err = read_cell(fdt, node, "columns", &columns);
	if (!err && (rows > 0xffff || columns > 0xffff))
		err = -EINVAL;
	out->rows = (unsigned short)rows;
	out->columns = (unsigned short)columns;
	return err;
}

static int read_program(const void *fdt, int node, struct boot_info *out)
{
	int err = read_range(fdt, node, "strings", &out->strings_start, &out->strings_len);

	if (!err)
		err = read_cell(fdt, node, "argc", &out->argc);
	return err ? err : read_cell(fdt, node, "envc", &out->envc);
}

static int read_mote(const void *fdt, struct boot_info *out)
{
	int node = fdt_path_offset(fdt, BOOT_FDT_NODE);
	unsigned long long size;
	int err;

	if (node < 0)
		return -ENOENT;
	if ((err = read_cell(fdt, node, "flags", &out->flags)) ||
	    (err = read_wide(fdt, node, "counter-hz", &out->counter_hz)) ||
	    (err = read_wide(fdt, node, "counter-start", &out->counter_start)) ||
	    (err = read_wide(fdt, node, "realtime-ns", &out->realtime_ns)) ||
	    (err = read_wide(fdt, node, "boot-root", &out->boot_root)) ||
	    (err = read_wide(fdt, node, "kernel-end", &out->kernel_end)) ||
	    (err = read_wide(fdt, node, "free-start", &out->free_start)) ||
	    (err = read_wide(fdt, node, "control", &out->control)) ||
	    (err = read_range(fdt, node, "bootfs", &out->bootfs_start, &size)))
		return err;
	out->map_end = out->bootfs_start + size;
	err = read_program(fdt, node, out);
	return err ? err : read_window(fdt, node, out);
}

static int read_tree(const void *fdt, struct boot_info *out)
{
	unsigned long long start;
	int err = read_node_range(fdt, "/memory@0", &start, &out->ram_end);

	if (!err)
		err = read_mote(fdt, out);
	if (!err)
		err = read_seed(fdt, out);
	if (!err)
		err = count_cpus(fdt, out);
	return err ? err : read_devices(fdt, out);
}

int fdt_read_boot_info(const void *fdt, size_t len, struct boot_info *out)
{
	*out = (struct boot_info){.magic = BOOT_MAGIC, .version = BOOT_VERSION};
	if (fdt_check_full(fdt, len) || fdt_node_check_compatible(fdt, 0, BOOT_FDT_COMPATIBLE))
		return -EINVAL;
	return read_tree(fdt, out);
}
