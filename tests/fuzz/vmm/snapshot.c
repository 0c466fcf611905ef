/*
 * Snapshot files. The input is a byte of what the harness is to put right (else a checksum would end every run),
 * then the file: its head without the long strings' middle, then what stands from SNAPSHOT_STATE on.
 * sources: vmm/snapshot_file.c vmm/arch/x86_64.c vmm/arch/x86_64_state.c vmm/memory.c tests/fuzz/vmm/lib/quiet.c
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../../../vmm/arch/arch.h"
#include "lib/input.h"
#include "snapshot.h"

#define STATE_MAX 65536u
#define SPARSE_MAX (8ull << 30)

enum fix {
	FIX_HEAD_CRC = 1 << 0,
	FIX_STATE_CRC = 1 << 1,
	FIX_SIZE = 1 << 2,     /* the file is as long as the head says */
	FIX_NUMBERS = 1 << 3,  /* magic and version, what this host is like */
	FIX_LAYOUT = 1 << 4,   /* sizes and offsets follow from those of RAM, boot file system and state */
	FIX_TABLES = 1 << 5,   /* addresses that lie in RAM */
};

static int file = -1;
static uint8_t state[STATE_MAX];
static volatile uint8_t seen; /* so that reading is not left out */

/* ---- what vmm/snapshot.c has beside the rest of a machine ---- */

const uint8_t *snapshot_page(const struct snapshot *s, uint64_t n)
{
	static const uint8_t zeros[MEMORY_PAGE_SIZE];

	return snapshot_present(s, n) ? s->memory + n * MEMORY_PAGE_SIZE : zeros;
}

void snapshot_put(struct snapshot *s)
{
	if (s->memory)
		munmap((void *)s->memory, snapshot_pages(s) * MEMORY_PAGE_SIZE);
	if (s->fd >= 0)
		close(s->fd);
	free(s->state);
	free(s);
}

/* ---- the file ---- */

static void fix_numbers(struct snapshot_head *h)
{
	memcpy(h->magic, SNAPSHOT_MAGIC, sizeof(h->magic));
	h->version = SNAPSHOT_VERSION;
	h->machine = arch_elf_machine();
	h->state_format = (uint32_t)arch_vcpu_state_size();
	h->shadowed = arch_supervisor_emulated();
	memset(h->features, 0, sizeof(h->features));
}

static void fix_layout(struct snapshot_head *h, size_t state_len)
{
	h->ram_size = MOTE_MIN_MEM + h->ram_size % 4 * MEMORY_PAGE_SIZE;
	h->bootfs_size = h->bootfs_size % 4 * MEMORY_PAGE_SIZE;
	h->state_size = state_len;
	h->memory_offset = (SNAPSHOT_STATE + state_len + 4095) & ~4095ull;
	h->file_size = h->memory_offset + h->ram_size + h->bootfs_size;
	h->cpus = 1 + h->cpus % MOTE_MAX_CPUS;
	h->started = 1 + h->started % h->cpus;
}

static void fix(struct snapshot_head *h, uint8_t what, size_t state_len)
{
	if (what & FIX_NUMBERS)
		fix_numbers(h);
	if (what & FIX_LAYOUT)
		fix_layout(h, state_len);
	if (what & FIX_TABLES) {
		h->control = h->control % MOTE_MIN_MEM & ~4095ull;
		h->boot_root = h->boot_root % MOTE_MIN_MEM & ~4095ull;
	}
	if (what & FIX_STATE_CRC && h->state_size <= STATE_MAX)
		h->state_crc = (uint32_t)crc32(0, state, (unsigned int)h->state_size);
	if (what & FIX_HEAD_CRC) {
		h->head_crc = 0;
		h->head_crc = (uint32_t)crc32(0, (const void *)h, sizeof(*h));
	}
}

static void draw_head(struct input *in, struct snapshot_head *h)
{
	memset(h, 0, sizeof(*h));
	input_bytes(in, h, offsetof(struct snapshot_head, kernel_path) + 8);
	h->kernel_path[sizeof(h->kernel_path) - 1] = (char)(input_u8(in) == 1);
	input_bytes(in, h->program, 8);
	h->program[sizeof(h->program) - 1] = (char)(input_u8(in) == 1);
}

static void write_file(struct input *in)
{
	uint8_t what = input_u8(in);
	struct snapshot_head h;

	draw_head(in, &h);
	memset(state, 0, sizeof(state));
	size_t len = input_bytes(in, state, sizeof(state));

	fix(&h, what, len);
	FUZZ_CHECK(ftruncate(file, 0) == 0);
	FUZZ_CHECK(pwrite(file, &h, sizeof(h), 0) == sizeof(h));
	FUZZ_CHECK(pwrite(file, state, len, SNAPSHOT_STATE) == (ssize_t)len);
	if (what & FIX_SIZE && h.file_size <= SPARSE_MAX)
		FUZZ_CHECK(ftruncate(file, (off_t)h.file_size) == 0);
}

/* ---- what restoring relies on ---- */

static void check_layout(const struct snapshot_head *h)
{
	FUZZ_CHECK(h->started && h->started <= h->cpus && h->cpus <= MOTE_MAX_CPUS);
	FUZZ_CHECK(h->ram_size + h->bootfs_size <= BOOT_MMIO_BASE);
	FUZZ_CHECK(h->memory_offset >= SNAPSHOT_STATE + h->state_size);
	FUZZ_CHECK(h->memory_offset + h->ram_size + h->bootfs_size == h->file_size);
	FUZZ_CHECK(h->control < h->ram_size && h->control % MEMORY_PAGE_SIZE == 0);
	/* reset.c compares all pages of the boot tables */
	FUZZ_CHECK(h->boot_root <= h->ram_size &&
		   arch_tables_size(h->ram_size + h->bootfs_size) <= h->ram_size - h->boot_root);
	FUZZ_CHECK(!h->program[sizeof(h->program) - 1] && !h->kernel_path[sizeof(h->kernel_path) - 1]);
}

static uint8_t sum(const void *bytes, uint64_t n)
{
	uint8_t total = 0;

	for (uint64_t i = 0; i < n; i++)
		total ^= ((const uint8_t *)bytes)[i];
	return total;
}

static void read_all_parts(const struct snapshot *s)
{
	uint8_t total = 0;

	for (unsigned int i = 0; i < s->head.started; i++)
		total ^= sum(s->vcpu[i], s->head.state_format);
	total ^= (uint8_t)arch_vcpu_state_counter(s->vcpu[0]);
	for (unsigned int i = 0; i < s->head.devices; i++)
		total ^= sum(s->device[i] + 1, s->device[i]->size[0] + s->device[i]->size[1]);
	for (uint64_t n = 0; n < snapshot_pages(s); n += 511)
		total ^= snapshot_page(s, n)[0];
	seen = total;
}

/* Half of the changes go to the head, which is a small part of the input. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	size_t head = 1 + offsetof(struct snapshot_head, kernel_path);

	if (seed % 2 || size <= head)
		return LLVMFuzzerMutate(data, size, max_size);
	size_t at = seed / 2 % head;

	LLVMFuzzerMutate(data + at, head - at < 8 ? head - at : 8, head - at < 8 ? head - at : 8);
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	struct snapshot *s;
	char path[64];

	if (file < 0)
		file = memfd_create("snapshot", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	write_file(&in);
	if (snapshot_open(&s, path))
		return 0;
	check_layout(&s->head);
	read_all_parts(s);
	if (s->head.ram_size + s->head.bootfs_size <= MOTE_MIN_MEM + (1u << 20))
		snapshot_check_memory(s, path);
	snapshot_put(s);
	return 0;
}
