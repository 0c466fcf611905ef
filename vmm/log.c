/* The guest kernel's log, read from outside: it is there whatever has become of the kernel. */
#include <string.h>

#include "machine.h"
#include "shared/abi/control.h"

/* The ring as the guest says it is; NULL: there is none, or it lies elsewhere than in memory. */
static const char *find_log(const struct machine *m, uint64_t *size, uint64_t *written)
{
	struct machine_control c;

	if (!m->control || memory_read(&m->memory, m->control, &c, sizeof(c)) || !c.log ||
	    !c.log_size || memory_read(&m->memory, c.log_written, written, sizeof(*written)))
		return NULL;
	*size = c.log_size;
	return memory_range(&m->memory, c.log, c.log_size);
}

size_t machine_log(struct machine *m, uint64_t *from, char *buf, size_t size)
{
	uint64_t ring_size, written;
	const char *ring = find_log(m, &ring_size, &written);

	if (!ring || written <= *from)
		return 0;
	uint64_t n = written - *from;

	n = n < ring_size ? n : ring_size;
	n = n < size ? n : size;
	*from = written;
	uint64_t at = (written - n) % ring_size;
	uint64_t first = n < ring_size - at ? n : ring_size - at;

	memcpy(buf, ring + at, first);
	memcpy(buf + first, ring, n - first);
	return n;
}
