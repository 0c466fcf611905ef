#include "state.h"

#include <errno.h>
#include <string.h>

uint64_t debug_root(struct vcpu *v)
{
	if (!v->debug.root)
		v->debug.root = arch_vcpu_root(v);
	return v->debug.root;
}

/* The host address of a byte that v's context has, NULL when it has not. A program's page is
 * brought in, or made its own, by the kernel. */
static uint8_t *reach(struct vcpu *v, uint64_t address, bool write, uint64_t *run)
{
	const struct memory *mem = &v->machine->memory;
	bool program = !is_kernel_address(address);
	uint8_t *host = memory_walk(mem, debug_root(v), address, program, program && write, run);

	if (!host && program && !debug_fault(v, address, write))
		host = memory_walk(mem, debug_root(v), address, program, write, run);
	return host;
}

size_t debug_read(struct vcpu *v, uint64_t address, void *buf, size_t len)
{
	struct machine *m = v->machine;
	size_t done = 0;

	while (done < len) {
		uint64_t run;
		const uint8_t *host = reach(v, address + done, false, &run);

		if (!host)
			break;
		if (run > len - done)
			run = len - done;
		memcpy((uint8_t *)buf + done, host, run);
		debug_hide(m, (uint64_t)(host - m->memory.host), (uint8_t *)buf + done, run);
		done += run;
	}
	return done;
}

size_t debug_write(struct vcpu *v, uint64_t address, const void *buf, size_t len)
{
	struct machine *m = v->machine;
	uint8_t piece[MEMORY_PAGE_SIZE];
	size_t done = 0;

	while (done < len) {
		uint64_t run;
		uint8_t *host = reach(v, address + done, true, &run);

		if (!host)
			break;
		if (run > len - done)
			run = len - done;
		if (run > sizeof(piece))
			run = sizeof(piece);
		memcpy(piece, (const uint8_t *)buf + done, run);
		debug_write_beneath(m, (uint64_t)(host - m->memory.host), piece, run);
		memcpy(host, piece, run);
		memory_mark_written(&m->memory, (uint64_t)(host - m->memory.host), run);
		done += run;
	}
	return done;
}

int debug_read_physical(struct machine *m, uint64_t gpa, void *buf, size_t len)
{
	int err = memory_read(&m->memory, gpa, buf, len);

	if (!err)
		debug_hide(m, gpa, buf, len);
	return err;
}
