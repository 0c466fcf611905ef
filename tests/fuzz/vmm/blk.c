/*
 * Disks: shared, read-only and private ones, over a file in memory.
 * sources: vmm/devices/blk.c vmm/devices/overlay.c vmm/devices/virtio.c vmm/devices/virtqueue.c vmm/memory.c vmm/arch/x86_64.c tests/fuzz/vmm/lib/driver.c tests/fuzz/vmm/lib/guest_memory.c tests/fuzz/vmm/lib/quiet.c
 * max_len: 1024
 */
#include <sys/mman.h>
#include <unistd.h>

#include "devices/blk.h"
#include "lib/driver.h"

#define DISK 0x8000 /* and some bytes that are no whole sector */

static int disk = -1;
static uint8_t content[DISK + 100];

/* As it is made, whatever the run before did to it. */
static void restore_disk(void)
{
	if (disk < 0) {
		disk = memfd_create("disk", 0);
		for (size_t i = 0; i < sizeof(content); i++)
			content[i] = (uint8_t)(i >> 9 ^ i);
	}
	FUZZ_CHECK(ftruncate(disk, sizeof(content)) == 0);
	FUZZ_CHECK(pwrite(disk, content, sizeof(content), 0) == sizeof(content));
}

/* Nobody promised that the file stays as it is. */
static void event(struct input *in, uint8_t which)
{
	if (which & 1)
		FUZZ_CHECK(ftruncate(disk, input_u16(in)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct driver driver = {.queues = 1, .event = event};
	static const char *const kinds[] = {"", ",private", ",ro", ",private"};
	struct input in = {data, data + size};
	uint8_t kind = input_u8(&in) % 4;
	char spec[64];

	driver_begin(NULL);
	restore_disk();
	snprintf(spec, sizeof(spec), "/proc/self/fd/%d%s", disk, kinds[kind]);
	FUZZ_CHECK(blk_add(NULL, spec, kind == 3) == 0);
	driver_run(&driver, &in);
	return 0;
}
