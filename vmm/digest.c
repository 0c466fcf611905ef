/* A digest of a machine's state: equal for equal machines. */
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "machine.h"
#include "pages.h"
#include "reset.h"
#include "shared/abi/clock.h"
#include "shared/abi/control.h"

/* What clones differ in, as guest-physical ranges. */
struct range {
	uint64_t gpa, len;
};
#define RANGES 3

struct digest {
	uint64_t sum;
	struct range differ[RANGES];
};

/* Any good mixing of words will do; this one is FNV-1a by words with a final shift. */
static void add(struct digest *d, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (; len; len -= len < 8 ? len : 8, p += 8) {
		uint64_t w = 0;

		memcpy(&w, p, len < 8 ? len : 8);
		d->sum = (d->sum ^ w) * 0x100000001b3ull;
		d->sum ^= d->sum >> 29;
	}
}

static void clear_range(uint8_t *page, uint64_t at, const struct range *r)
{
	for (uint64_t i = 0; i < MEMORY_PAGE_SIZE; i++) {
		if (at + i - r->gpa < r->len)
			page[i] = 0;
	}
}

static bool is_zero(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, MEMORY_PAGE_SIZE - 1);
}

static int add_page(void *ctx, const struct machine *m, uint64_t n)
{
	struct digest *d = ctx;
	uint8_t page[MEMORY_PAGE_SIZE];
	uint64_t at = n * MEMORY_PAGE_SIZE;

	memcpy(page, m->memory.host + at, sizeof(page));
	for (unsigned int i = 0; i < RANGES; i++) {
		const struct range *r = &d->differ[i];

		if (r->gpa < at + MEMORY_PAGE_SIZE && r->gpa + r->len > at)
			clear_range(page, at, r);
	}
	if (is_zero(page))
		return 0;
	add(d, &n, sizeof(n));
	add(d, page, sizeof(page));
	return 0;
}

static void find_ranges(struct digest *d, struct machine *m)
{
	struct machine_control c;

	if ((m->flags & BOOT_DETERMINISTIC) || memory_read(&m->memory, m->control, &c, sizeof(c)))
		return;
	if (c.clock)
		d->differ[0] = (struct range){c.clock, sizeof(struct clock_data)};
	if (c.random)
		d->differ[1] = (struct range){c.random, sizeof(struct control_random)};
	if (c.program_random)
		d->differ[2] = (struct range){c.program_random, 16};
}

static void add_vcpu(struct digest *d, struct vcpu *v)
{
	void *state = malloc(arch_vcpu_state_size());

	vcpu_settle(v);
	if (state && !arch_vcpu_save(v, state)) {
		arch_vcpu_state_normalise(state);
		add(d, state, arch_vcpu_state_size());
	}
	free(state);
}

uint64_t machine_digest(struct machine *m)
{
	struct digest d = {.sum = 0xcbf29ce484222325ull};

	machine_freeze(m);
	find_ranges(&d, m);
	pages_for_each_touched(m, add_page, &d);
	for (unsigned int i = 0; i < m->cpus; i++) {
		if (!i || m->started[i])
			add_vcpu(&d, &m->vcpu[i]);
	}
	for (unsigned int i = 0; i < m->device_count; i++) {
		for (unsigned int j = 0; j < DEVICE_STATES; j++)
			add(&d, m->device[i]->state[j].at, m->device[i]->state[j].size);
	}
	machine_thaw(m);
	return d.sum;
}
