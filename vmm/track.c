#include "track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "machine.h"

/* A candidate leaves after AGE_MAX resets without a difference, or at once when there are too many to compare; at
 * least LEAVE_MIN leave together, since a call to KVM costs about as much as comparing that many. */
#define AGE_MAX	     16
#define CROWD	     512
#define CROWD_AGE    2
#define LEAVE_MIN    32

static uint8_t age_limit(const struct track *t)
{
	return t->count > CROWD ? CROWD_AGE : AGE_MAX;
}

static bool want_manual(struct machine *m)
{
	struct kvm_enable_cap cap = {.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
				     .args = {KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE}};

	return !ioctl(m->vm_fd, KVM_ENABLE_CAP, &cap);
}

static bool allocate(struct track *t)
{
	uint64_t words = (t->pages + 63) / 64;

	t->log = calloc(words, sizeof(*t->log));
	t->seen = calloc(words, sizeof(*t->seen));
	t->age = calloc(t->pages, sizeof(*t->age));
	t->list = malloc(t->pages * sizeof(*t->list));
	return t->log && t->seen && t->age && t->list;
}

void track_free(struct track *t)
{
	free(t->log);
	free(t->seen);
	free(t->age);
	free(t->list);
	*t = (struct track){0};
}

int track_start(struct machine *m)
{
	struct track *t = &m->track;
	int err;

	if (t->log)
		return 0;
	t->pages = m->memory.size / MEMORY_PAGE_SIZE;
	t->manual = want_manual(m);
	err = allocate(t) ? memory_note_writes(&m->memory) : -ENOMEM;
	if (!err)
		err = machine_map_memory(m, KVM_MEM_LOG_DIRTY_PAGES);
	if (err)
		track_free(t);
	return err;
}

void track_add(struct track *t, uint32_t page)
{
	if (t->age[page])
		return;
	t->age[page] = 1;
	t->list[t->count++] = page;
}

void track_exclude(struct track *t, uint32_t page)
{
	for (uint32_t i = 0; t->age[page] && i < t->count; i++) {
		if (t->list[i] == page)
			t->list[i--] = t->list[--t->count];
	}
	t->age[page] = TRACK_SHARED;
}

/* Candidates from the bits of one word. */
static void add_bits(struct track *t, uint64_t word, uint64_t bits)
{
	for (; bits; bits &= bits - 1)
		track_add(t, (uint32_t)(word * 64 + (uint64_t)__builtin_ctzll(bits)));
}

int track_collect(struct machine *m)
{
	struct track *t = &m->track;
	struct kvm_dirty_log log = {.dirty_bitmap = t->log};
	_Atomic(uint64_t) *written = m->memory.written;

	if (ioctl(m->vm_fd, KVM_GET_DIRTY_LOG, &log)) {
		mote_error("KVM does not tell what the guest wrote: %s", strerror(errno));
		return -EIO;
	}
	for (uint64_t i = 0; i < (t->pages + 63) / 64; i++) {
		uint64_t fresh = t->log[i] & ~t->seen[i];

		if (fresh) {
			if (t->manual)
				t->seen[i] |= fresh;
			add_bits(t, i, fresh);
		}
		if (written[i])
			add_bits(t, i, atomic_exchange_explicit(&written[i], 0, memory_order_relaxed));
	}
	return 0;
}

void track_compared(struct track *t, uint32_t i, bool differed)
{
	uint8_t *age = &t->age[t->list[i]];

	if (differed)
		*age = 1;
	else if (*age < TRACK_SHARED - 1)
		++*age;
	t->settled += *age > age_limit(t);
}

/* Protect page n again, with its neighbours that are leaving: KVM clears whole words of 64 pages. */
static int protect(struct machine *m, uint64_t word, uint64_t bits)
{
	struct kvm_clear_dirty_log clear = {
		.num_pages = 64, .first_page = word * 64, .dirty_bitmap = &bits};

	if (clear.first_page + 64 > m->track.pages)
		clear.num_pages = (uint32_t)(m->track.pages - clear.first_page);
	if (ioctl(m->vm_fd, KVM_CLEAR_DIRTY_LOG, &clear)) {
		mote_error("KVM does not forget what the guest wrote: %s", strerror(errno));
		return -EIO;
	}
	m->track.seen[word] &= ~bits;
	return 0;
}

/* Take the old ones off the list; t->log becomes the bits to protect again. */
static void leave(struct track *t)
{
	uint8_t limit = age_limit(t);
	uint32_t kept = 0;

	memset(t->log, 0, (t->pages + 63) / 64 * sizeof(*t->log));
	for (uint32_t i = 0; i < t->count; i++) {
		uint32_t page = t->list[i];

		if (t->age[page] <= limit) {
			t->list[kept++] = page;
			continue;
		}
		t->age[page] = 0;
		t->log[page / 64] |= 1ull << page % 64;
	}
	t->count = kept;
}

int track_settle(struct machine *m)
{
	struct track *t = &m->track;
	uint32_t settled = t->settled;
	int err = 0;

	t->settled = 0;
	if (settled < LEAVE_MIN)
		return 0;
	leave(t);
	for (uint64_t i = 0; i < (t->pages + 63) / 64 && t->manual && !err; i++) {
		if (t->log[i] & t->seen[i])
			err = protect(m, i, t->log[i] & t->seen[i]);
	}
	return err;
}
