/*
 * The entropy device.
 * sources: vmm/devices/rng.c vmm/devices/virtio.c vmm/devices/virtqueue.c vmm/seeded.c vmm/memory.c vmm/arch/x86_64.c tests/fuzz/vmm/lib/driver.c tests/fuzz/vmm/lib/guest_memory.c tests/fuzz/vmm/lib/quiet.c
 * max_len: 1024
 */
#include <sys/random.h>

#include "devices/rng.h"
#include "lib/driver.h"

/* Equal runs must be equal. */
ssize_t getrandom(void *buf, size_t len, unsigned int flags)
{
	(void)flags;
	memset(buf, 0x5a, len);
	return (ssize_t)(len < 256 ? len : 256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct driver driver = {.queues = 1};
	static const uint64_t seed = 7;
	struct input in = {data, data + size};

	driver_begin(input_u8(&in) & 1 ? &seed : NULL);
	FUZZ_CHECK(rng_add(NULL) == 0);
	driver_run(&driver, &in);
	return 0;
}
