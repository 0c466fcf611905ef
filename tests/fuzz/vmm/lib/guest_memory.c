#include "guest_memory.h"

#include <stdlib.h>
#include <string.h>

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
