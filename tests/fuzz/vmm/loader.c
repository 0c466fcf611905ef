/*
 * The kernel's ELF file: loading it, and its symbols. A byte says how much memory the machine has, the file
 * follows.
 * sources: vmm/loader.c vmm/symbol.c vmm/memory.c vmm/arch/x86_64.c tests/fuzz/vmm/lib/quiet.c
 */
#include <errno.h>
#include <spawn.h>

#include "arch/arch.h"
#include "lib/input.h"
#include "loader.h"
#include "shared/abi/boot.h"
#include "symbol.h"

static struct memory mem[4];

/* addr2line is not asked. */
int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	(void)pid, (void)file, (void)actions, (void)attributes, (void)argv, (void)envp;
	return ENOENT;
}

/* Left as the file of the run before filled it: loading does not look at it. */
static struct memory *memory_of(uint8_t which)
{
	struct memory *m = &mem[which % 4];

	if (!m->host)
		FUZZ_CHECK(memory_create(m, (uint64_t)(1 + which % 4) << 20, 0) == 0);
	return m;
}

static void load(const struct memory *m, const void *file, size_t len)
{
	struct kernel_image image;
	enum loader_error err = loader_load(m, file, len, &image);

	FUZZ_CHECK(loader_strerror(err));
	if (err)
		return;
	FUZZ_CHECK(image.start >= BOOT_KERNEL_PHYS && image.start < image.end &&
		   image.end <= m->ram_size);
	FUZZ_CHECK(image.entry - BOOT_KERNEL_BASE >= image.start &&
		   image.entry - BOOT_KERNEL_BASE < image.end);
}

static void find(const struct symbols *s, uint64_t address)
{
	char name[24];
	uint64_t offset;

	if (!symbols_find(s, address, name, sizeof(name), &offset))
		FUZZ_CHECK(strlen(name) < sizeof(name) && offset <= address);
}

static void look_up(const void *file, size_t len, struct input *in)
{
	struct symbols s;
	uint64_t address;

	symbols_init(&s, file, len);
	find(&s, BOOT_KERNEL_BASE + input_u32(in));
	find(&s, input_u64(in));
	find(&s, UINT64_MAX);
	symbols_address(&s, "debug_layout", &address);
	symbols_address(&s, "", &address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	const struct memory *m = memory_of(input_u8(&in));
	size_t len = input_left(&in);
	/* Exactly as long as it is said to be, so that a byte more is a red zone. */
	uint8_t *file = malloc(len + !len);

	FUZZ_CHECK(file);
	memcpy(file, in.at, len);
	load(m, file, len);
	look_up(file, len, &in);
	free(file);
	return 0;
}
