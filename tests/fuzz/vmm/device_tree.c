/*
 * The device tree: what the VMM writes the kernel reads back; what came damaged it refuses or reads without harm. The
 * input is the machine, then changes: a position and a byte each.
 * sources: vmm/fdt.c guest/kernel/fdt.c
 * flags: -DKERNEL_DEBUG -Itests/unit/fake -Iguest
 */
#include <libfdt.h>

#include "kernel/boot.h"
#include "lib/input.h"

int fdt_build(const struct boot_info *boot, void *buf, size_t size);

static char tree[8192];

static void draw_machine(struct input *in, struct boot_info *b)
{
	*b = (struct boot_info){.magic = BOOT_MAGIC, .version = BOOT_VERSION};
	b->flags = input_u32(in);
	b->cpu_count = 1 + input_u8(in) % 16;
	b->counter_hz = input_u64(in);
	b->counter_start = input_u64(in);
	b->realtime_ns = input_u64(in);
	b->kernel_end = b->boot_root = input_u32(in);
	b->free_start = input_u32(in);
	b->ram_end = b->bootfs_start = input_u32(in);
	b->map_end = b->ram_end + input_u32(in);
	b->strings_start = input_u32(in);
	b->strings_len = input_u32(in);
	b->control = input_u32(in);
	b->argc = input_u32(in);
	b->envc = input_u32(in);
	b->rows = input_u16(in);
	b->columns = input_u16(in);
	b->device_count = input_u8(in) % (BOOT_MAX_DEVICES + 1);
	for (unsigned int i = 0; i < b->device_count; i++)
		b->device[i] = (struct boot_device){.mmio = BOOT_MMIO_BASE + i * BOOT_MMIO_STRIDE, .vector = 0x30 + i};
	input_bytes(in, b->random, sizeof(b->random));
}

/* In a block of exactly its size, aligned as the kernel has it. */
static int read_back(int len, struct boot_info *got)
{
	void *copy = malloc((size_t)len);

	FUZZ_CHECK(copy);
	memcpy(copy, tree, (size_t)len);
	int err = fdt_read_boot_info(copy, (size_t)len, got);

	free(copy);
	FUZZ_CHECK(err <= 0);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	struct boot_info want, got;

	draw_machine(&in, &want);
	int len = fdt_build(&want, tree, sizeof(tree));

	FUZZ_CHECK(len > 0 && len <= (int)sizeof(tree));
	FUZZ_CHECK(read_back(len, &got) == 0 && !memcmp(&got, &want, sizeof(got)));
	if (!input_left(&in))
		return 0;
	while (input_left(&in))
		tree[input_u16(&in) % (unsigned int)len] ^= (char)input_u8(&in);
	if (!read_back(len, &got))
		FUZZ_CHECK(got.device_count <= BOOT_MAX_DEVICES && got.cpu_count && got.map_end >= got.bootfs_start);
	return 0;
}
