#include "guest_memory.h"

#include <stdlib.h>

void guest_memory_reset(struct memory *mem, uint64_t size)
{
	if (!mem->host) {
		*mem = (struct memory){.fd = -1, .ram_size = size, .bootfs_gpa = size, .size = size};
		mem->host = aligned_alloc(MEMORY_PAGE_SIZE, size);
		if (!mem->host || memory_note_writes(mem))
			abort();
	}
	memset(mem->host, 0, size);
}

#define PRESENT 1u
#define WRITE	2u
#define USER	4u

static void set_entry(struct memory *mem, uint64_t table, uint64_t index, uint64_t value)
{
	memcpy(mem->host + table + index * sizeof(value), &value, sizeof(value));
}

/* Intel SDM volume 3, 4.5. */
void guest_memory_map(struct memory *mem)
{
	const uint64_t all = PRESENT | WRITE | USER;

	for (uint64_t level = 0; level < 3; level++)
		set_entry(mem, GUEST_ROOT + level * MEMORY_PAGE_SIZE, GUEST_USER >> (39 - 9 * level) & 511,
			  (GUEST_ROOT + (level + 1) * MEMORY_PAGE_SIZE) | all);
	for (uint64_t i = 0; i < GUEST_USER_PAGES - 1; i++) {
		uint64_t flags = i < 12 ? all : i < 14 ? PRESENT | USER : PRESENT | WRITE;

		set_entry(mem, GUEST_ROOT + 3 * MEMORY_PAGE_SIZE, (GUEST_USER >> 12 & 511) + i,
			  (GUEST_USER_PHYS + i * MEMORY_PAGE_SIZE) | flags);
	}
}

void guest_memory_poke(struct memory *mem, struct input *in)
{
	uint64_t at = input_u8(in) & 1 ? GUEST_USER_PHYS + input_u16(in) : input_u16(in);
	size_t n = input_u8(in);

	at %= mem->size;
	input_bytes(in, mem->host + at, n < mem->size - at ? n : mem->size - at);
}
