/*
 * Putting a machine back to a snapshot, in place.
 *
 * Memory: the pages that may differ (track.h) are compared and copied back. Where the host shadows page tables it would not see
 * that done to a table, so there the guest makes the stores itself (machine_control.apply). After a run that ended badly
 * nothing the guest says is relied on: KVM's memory slot is made anew, which drops all that was derived from tables.
 */
#include "reset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#include "arch/arch.h"
#include "machine.h"
#include "realtime.h"
#include "shared/abi/clock.h"
#include "shared/abi/control.h"
#include "snapshot.h"

#define PAGE	  MEMORY_PAGE_SIZE
#define PAGE_WORDS (PAGE / sizeof(uint64_t))

void machine_freeze(struct machine *m)
{
	for (unsigned int i = 0; i < m->device_count; i++)
		m->device[i]->freeze(m->device[i]);
}

void machine_thaw(struct machine *m)
{
	for (unsigned int i = m->device_count; i-- > 0;)
		m->device[i]->thaw(m->device[i]);
}

/* ---- page tables of a host that shadows them ---- */

/*
 * The guest's notes of which pages it made tables: all since boot, for a reset puts the notes back too. Others need no care, even if
 * an earlier run had a table there: KVM drops what it derived from a word when the guest writes that word, and fills it in
 * again only when it walks the page as a table.
 */
struct notes {
	const uint64_t *bits; /* in guest memory, as they are now; NULL: none */
	uint64_t first, count; /* the pages they lie in */
	uint64_t pages;	      /* that they speak of */
};

static const struct machine_control *original_control(const struct snapshot *s)
{
	return (const void *)snapshot_page(s, s->head.control / PAGE);
}

static struct notes find_notes(const struct machine *m, const struct snapshot *s)
{
	uint64_t gpa = original_control(s)->tables, pages = m->memory.ram_size / PAGE;
	struct notes n = {.bits = gpa ? memory_range(&m->memory, gpa, (pages + 63) / 64 * 8) : NULL,
			  .first = gpa / PAGE,
			  .count = (pages / 8 + PAGE - 1) / PAGE,
			  .pages = pages};

	return n;
}

static bool is_table(const struct notes *n, uint64_t page)
{
	return n->bits && page < n->pages && (n->bits[page / 64] >> page % 64 & 1);
}

static bool holds_notes(const struct notes *n, uint64_t page)
{
	return n->bits && page - n->first < n->count;
}

/*
 * The stores for the guest to make. They are gathered here and laid out in the control page, as it lies in guest memory now, when
 * that is full or all are known.
 */
#define RUN_MIN 4 /* words: from here on a run is cheaper than singles */

struct stores {
	struct machine *m;
	const struct snapshot *s;
	unsigned int single_count, run_count;
	unsigned int single_words, run_words;
	uint64_t single[CONTROL_WORDS], run[CONTROL_WORDS];
};

static int stores_make(struct stores *w)
{
	struct machine_control *list = memory_writable(&w->m->memory, w->s->head.control, sizeof(*list));
	uint64_t apply = original_control(w->s)->apply; /* the live page may have been written to */
	struct vcpu *v = &w->m->vcpu[0];

	if (!w->single_count && !w->run_count)
		return 0;
	if (!list || !apply)
		return -EINVAL;
	list->single_count = w->single_count;
	list->run_count = w->run_count;
	memcpy(list->words, w->single, w->single_words * sizeof(uint64_t));
	memcpy(list->words + w->single_words, w->run, w->run_words * sizeof(uint64_t));
	w->single_count = w->run_count = w->single_words = w->run_words = 0;
	int err = arch_vcpu_enter_kernel(v, w->s->vcpu[0], apply, w->m->boot_root,
					 BOOT_DIRECT_MAP_BASE + w->s->head.control);

	return err ? err : vcpu_apply(v);
}

static int stores_reserve(struct stores *w, unsigned int words)
{
	return w->single_words + w->run_words + words > CONTROL_WORDS ? stores_make(w) : 0;
}

static int stores_add_single(struct stores *w, uint64_t gpa, uint64_t value)
{
	int err = stores_reserve(w, 2);

	if (err)
		return err;
	w->single_count++;
	w->single[w->single_words++] = BOOT_DIRECT_MAP_BASE + gpa;
	w->single[w->single_words++] = value;
	return 0;
}

/* At most CONTROL_WORDS - 2 words. */
static int stores_add_run(struct stores *w, uint64_t gpa, const uint64_t *value, unsigned int count)
{
	int err = stores_reserve(w, count + 2);

	if (err)
		return err;
	w->run_count++;
	w->run[w->run_words++] = BOOT_DIRECT_MAP_BASE + gpa;
	w->run[w->run_words++] = count;
	memcpy(w->run + w->run_words, value, count * sizeof(*value));
	w->run_words += count;
	return 0;
}

static int stores_add(struct stores *w, uint64_t gpa, const uint64_t *value, unsigned int count)
{
	int err = 0;

	if (count >= RUN_MIN)
		return stores_add_run(w, gpa, value, count);
	for (unsigned int i = 0; i < count && !err; i++)
		err = stores_add_single(w, gpa + i * sizeof(*value), value[i]);
	return err;
}

/* Words that differ, neighbours together. */
static int put_back_table(struct stores *w, uint64_t page)
{
	const uint64_t *now = (const void *)(w->m->memory.host + page * PAGE),
		       *then = (const void *)snapshot_page(w->s, page);
	unsigned int i = 0;
	int err = 0;

	while (i < PAGE_WORDS && !err) {
		unsigned int first = i;

		while (i < PAGE_WORDS && now[i] != then[i] && i - first < CONTROL_WORDS - 2)
			i++;
		if (i > first)
			err = stores_add(w, page * PAGE + first * sizeof(uint64_t), then + first, i - first);
		else
			i++;
	}
	return err;
}

/* ---- memory ---- */

static bool put_back_page(struct machine *m, const struct snapshot *s, uint64_t page)
{
	uint8_t *now = m->memory.host + page * PAGE;
	const uint8_t *then = snapshot_page(s, page);

	if (!memcmp(now, then, PAGE))
		return false;
	memcpy(now, then, PAGE);
	return true;
}

/* Compare candidate i and put it back. */
static void put_back(struct machine *m, const struct snapshot *s, uint32_t i)
{
	track_compared(&m->track, i, put_back_page(m, s, m->track.list[i]));
}

/* All candidates but tables and notes: those are left in `later`, which has room for all candidates. Answers how many. */
static uint32_t put_back_plain(struct machine *m, const struct snapshot *s, const struct notes *n, uint32_t *later)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < m->track.count; i++) {
		uint64_t page = m->track.list[i];

		if (is_table(n, page) || holds_notes(n, page))
			later[count++] = i;
		else
			put_back(m, s, i);
	}
	return count;
}

/* The boot page tables never change, so a guest that changed them is not to be trusted with anything. */
static bool boot_tables_intact(const struct machine *m, const struct snapshot *s)
{
	uint64_t first = m->boot_root / PAGE, n = arch_tables_size(m->memory.size) / PAGE;

	for (uint64_t i = first; i < first + n; i++) {
		if (m->track.age[i] && memcmp(m->memory.host + i * PAGE, snapshot_page(s, i), PAGE))
			return false;
	}
	return true;
}

/* Tables, by the guest's own stores. */
static int put_back_tables(struct machine *m, const struct snapshot *s, const struct notes *n, const uint32_t *later,
			   uint32_t count)
{
	struct stores w;
	bool any = false;
	int err = 0;

	w.m = m;
	w.s = s;
	w.single_count = w.run_count = w.single_words = w.run_words = 0;
	for (uint32_t i = 0; i < count && !err; i++) {
		uint64_t page = m->track.list[later[i]];

		if (!is_table(n, page) || !memcmp(m->memory.host + page * PAGE, snapshot_page(s, page), PAGE))
			continue;
		track_compared(&m->track, later[i], true);
		any = true;
		err = put_back_table(&w, page);
	}
	if (!any)
		return 0;
	if (!err)
		err = stores_make(&w);
	put_back_page(m, s, s->head.control / PAGE);
	return err;
}

/* With the guest's help. */
static int put_back_shadowed(struct machine *m, const struct snapshot *s)
{
	struct notes n = find_notes(m, s);
	uint32_t *later = calloc((size_t)m->track.count + 1, sizeof(*later));

	if (!later)
		return -ENOMEM;
	uint32_t count = put_back_plain(m, s, &n, later);
	int err = put_back_tables(m, s, &n, later, count);

	for (uint32_t i = 0; i < count; i++) /* notes; and tables that were unchanged grow older */
		put_back(m, s, later[i]);
	free(later);
	return err;
}

/* Without it. */
static int put_back_all(struct machine *m, const struct snapshot *s)
{
	int err;

	if (m->shadowed) {
		struct kvm_userspace_memory_region none = {.userspace_addr = (uintptr_t)m->memory.host};

		if (ioctl(m->vm_fd, KVM_SET_USER_MEMORY_REGION, &none))
			return -errno;
		err = machine_map_memory(m, KVM_MEM_LOG_DIRTY_PAGES);
		if (err)
			return err;
		memset(m->track.seen, 0, (m->track.pages + 63) / 64 * sizeof(*m->track.seen));
	}
	for (uint32_t i = 0; i < m->track.count; i++)
		put_back(m, s, i);
	return 0;
}

static void add_diff(struct track *t, const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->diff_count; i++)
		track_add(t, s->diff[i]);
}

/* Candidates for the way from m's base to s. */
static void add_path(struct machine *m, const struct snapshot *s)
{
	if (m->base == s)
		return;
	if (m->base->parent == s) {
		add_diff(&m->track, m->base);
	} else if (s->parent == m->base) {
		add_diff(&m->track, s);
	} else {
		for (uint64_t n = 0; n < snapshot_pages(s); n++) {
			if (snapshot_present(s, n) || snapshot_present(m->base, n))
				track_add(&m->track, (uint32_t)n);
		}
	}
}

static int put_back_memory(struct machine *m, struct snapshot *s, bool trusted)
{
	int err = track_collect(m);

	if (err)
		return err;
	add_path(m, s);
	if (m->shadowed && trusted && boot_tables_intact(m, s) && !put_back_shadowed(m, s))
		return track_settle(m);
	err = put_back_all(m, s);
	return err ? err : track_settle(m);
}

/* ---- processors and devices ---- */

static int put_back_vcpus(struct machine *m, const struct snapshot *s, uint64_t shift, enum arch_load how)
{
	int err = 0;

	for (unsigned int i = 0; i < s->head.started && !err; i++) {
		if (!m->shadowed || i)
			err = arch_vcpu_flush(&m->vcpu[i]);
		if (!err)
			err = arch_vcpu_load(&m->vcpu[i], s->vcpu[i], shift, how);
		m->vcpu[i].unfinished = false;
	}
	return err;
}

/* A device that a file made impossible is emptied: it will be asked to finish its output. */
static int load_device(struct mmio_device *d, const struct snapshot_device *from)
{
	const uint8_t *bytes = (const uint8_t *)(from + 1);
	struct device_state *to = d->state;

	if (from->device_id != d->device_id || from->size[0] != to[0].size || from->size[1] != to[1].size)
		return -EINVAL;
	memcpy(to[0].at, bytes, to[0].size);
	if (to[1].size)
		memcpy(to[1].at, bytes + to[0].size, to[1].size);
	if (d->state_possible(d))
		return 0;
	memset(to[0].at, 0, to[0].size);
	if (to[1].size)
		memset(to[1].at, 0, to[1].size);
	return -ERANGE;
}

int machine_load_devices(struct machine *m, const struct snapshot *s)
{
	int err = 0;

	for (unsigned int i = 0; i < m->device_count && !err; i++)
		err = load_device(m->device[i], s->device[i]);
	m->resumed = !err;
	return err;
}

static int forget_disks(struct machine *m)
{
	int err = 0;

	for (unsigned int i = 0; i < m->device_count && !err; i++) {
		if (m->device[i]->forget)
			err = m->device[i]->forget(m->device[i]);
	}
	if (err == -ENOTSUP)
		mote_error("a disk that is written to for good cannot be put back: use --disk FILE,private");
	return err;
}

/* ---- where clones differ ---- */

/* The monotonic clock goes on from where it stood; the counter is `counter` now, at the host's frequency. */
static void correct_clock(struct machine *m, const struct snapshot *s, uint64_t gpa, uint64_t counter)
{
	struct clock_data *d = memory_writable(&m->memory, gpa, sizeof(*d));
	uint64_t then = arch_vcpu_state_counter(s->vcpu[0]);

	if (!gpa || !d)
		return;
	uint64_t elapsed = (uint64_t)((unsigned __int128)(then - d->counter_start) * d->ns_per_tick >> CLOCK_SHIFT);

	d->counter_start += counter - then;
	d->realtime_offset_ns = realtime_ns() - elapsed;
}

static int reseed(struct machine *m, const struct machine_control *c)
{
	struct control_random *r = memory_writable(&m->memory, c->random, sizeof(*r));
	uint8_t fresh[sizeof(*r) - sizeof(r->generation) + 16];
	void *program;

	if (getrandom(fresh, sizeof(fresh), 0) != (ssize_t)sizeof(fresh))
		return -EIO;
	if (c->random && r) {
		r->generation++;
		memcpy(r->seed, fresh, sizeof(*r) - sizeof(r->generation));
	}
	program = c->program_random ? memory_writable(&m->memory, c->program_random, 16) : NULL;
	if (program)
		memcpy(program, fresh + sizeof(fresh) - 16, 16);
	return 0;
}

int machine_set_apart(struct machine *m, const struct snapshot *s, uint64_t counter)
{
	struct machine_control c;

	if ((m->flags & BOOT_DETERMINISTIC) || memory_read(&m->memory, m->control, &c, sizeof(c)))
		return 0;
	correct_clock(m, s, c.clock, counter);
	return reseed(m, &c);
}

/* ---- all of it ---- */

static int reset_frozen(struct machine *m, struct snapshot *s)
{
	/* A run that ended as it should leaves a kernel that can be asked to help. */
	bool trusted = m->end == MOTE_END_EXIT || m->end == MOTE_END_NONE;
	bool plain = (m->end == MOTE_END_EXIT || m->status == MOTE_CASE_END) && m->cpus == 1 && !m->debugger;
	uint64_t counter;
	int err = forget_disks(m);

	if (!err)
		err = put_back_memory(m, s, trusted);
	if (!err)
		err = (plain ? arch_counter_now : arch_counter_read)(&m->vcpu[0], &counter);
	if (!err)
		err = put_back_vcpus(m, s, counter - arch_vcpu_state_counter(s->vcpu[0]),
				     plain ? ARCH_LOAD_CHANGED : ARCH_LOAD_ALL);
	if (!err)
		err = machine_load_devices(m, s);
	return err ? err : machine_set_apart(m, s, counter);
}

int machine_reset(struct machine *m, struct snapshot *s)
{
	if (!m->base) {
		mote_error("this machine has no snapshot to be reset to");
		return -EINVAL;
	}
	machine_freeze(m);
	int err = reset_frozen(m, s);

	machine_thaw(m);
	if (err) {
		mote_error("cannot reset the machine: %s", strerror(-err));
		return err;
	}
	if (m->base != s) {
		snapshot_put(m->base);
		m->base = snapshot_get(s);
	}
	machine_begin_again(m, s);
	return 0;
}

void machine_begin_again(struct machine *m, const struct snapshot *s)
{
	order_drop(m);
	m->forced = false;
	m->end = MOTE_END_NONE;
	m->status = s->head.ready ? MOTE_READY : -1;
	m->ready_frame = s->head.ready_frame;
	m->ready_why = s->head.ready ? (enum ready_point)(s->head.ready - 1) : READY_PROGRAM;
}
