/* Taking snapshots. */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch/arch.h"
#include "machine.h"
#include "pages.h"
#include "reset.h"

static const uint8_t zero_page[MEMORY_PAGE_SIZE] __attribute__((aligned(64)));

const uint8_t *snapshot_page(const struct snapshot *s, uint64_t n)
{
	return snapshot_present(s, n) ? s->memory + n * MEMORY_PAGE_SIZE : zero_page;
}

struct snapshot *snapshot_get(struct snapshot *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void snapshot_put(struct snapshot *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	if (s->memory)
		munmap((void *)s->memory, snapshot_pages(s) * MEMORY_PAGE_SIZE);
	if (s->fd >= 0)
		close(s->fd);
	snapshot_put(s->parent);
	free(s->state);
	free(s->diff);
	free(s);
}

/* ---- what it is ---- */

static void name_kernel(struct snapshot_head *h, const struct kernel_image *k)
{
	char link[64];
	struct stat st;

	h->kernel_entry = k->entry;
	h->kernel_start = k->start;
	h->kernel_end = k->end;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", k->fd);
	if (k->fd < 0 || fstat(k->fd, &st) || readlink(link, h->kernel_path, sizeof(h->kernel_path) - 1) < 0)
		return;
	h->kernel_size = (uint64_t)st.st_size;
	h->kernel_mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
}

static void fill_head(struct snapshot_head *h, struct machine *m)
{
	memcpy(h->magic, SNAPSHOT_MAGIC, sizeof(h->magic));
	h->version = SNAPSHOT_VERSION;
	h->ram_size = m->memory.ram_size;
	h->bootfs_size = m->memory.size - m->memory.ram_size;
	h->machine = arch_elf_machine();
	h->state_format = (uint32_t)arch_vcpu_state_size();
	h->cpus = m->cpus;
	h->started = 1;
	while (h->started < m->cpus && m->started[h->started])
		h->started++;
	h->devices = m->device_count;
	h->flags = m->flags;
	h->shadowed = m->shadowed;
	h->ready = m->status == MOTE_READY ? 1 + m->ready_why : 0;
	arch_features(h->features);
	h->counter_hz = arch_counter_hz(&m->vcpu[0]);
	h->boot_root = m->boot_root;
	h->control = m->control;
	h->ready_frame = h->ready ? m->ready_frame : 0;
	h->info = m->info;
	name_kernel(h, &m->kernel);
	snprintf(h->program, sizeof(h->program), "%s", m->program ? m->program : "");
}

/* ---- state ---- */

static size_t bitmap_bytes(const struct snapshot *s)
{
	return (snapshot_pages(s) + 63) / 64 * 8;
}

static size_t device_bytes(const struct mmio_device *d)
{
	return sizeof(struct snapshot_device) + ((d->state[0].size + d->state[1].size + 7) & ~7ul);
}

static uint8_t *save_device(uint8_t *at, const struct mmio_device *d)
{
	struct snapshot_device *to = (struct snapshot_device *)at;

	*to = (struct snapshot_device){.device_id = d->device_id,
				       .size = {d->state[0].size, d->state[1].size}};
	uint8_t *bytes = (uint8_t *)(to + 1);

	memcpy(bytes, d->state[0].at, d->state[0].size);
	if (d->state[1].size)
		memcpy(bytes + d->state[0].size, d->state[1].at, d->state[1].size);
	return at + device_bytes(d);
}

static int save_state(struct snapshot *s, struct machine *m)
{
	size_t vcpu_size = arch_vcpu_state_size();
	int err = 0;

	s->head.state_size = bitmap_bytes(s) + s->head.started * vcpu_size;
	for (unsigned int i = 0; i < m->device_count; i++)
		s->head.state_size += device_bytes(m->device[i]);
	s->state = calloc(1, s->head.state_size);
	if (!s->state)
		return -ENOMEM;
	uint8_t *at = s->state + bitmap_bytes(s);

	for (unsigned int i = 0; i < s->head.started && !err; i++, at += vcpu_size) {
		vcpu_settle(&m->vcpu[i]);
		err = arch_vcpu_save(&m->vcpu[i], at);
	}
	for (unsigned int i = 0; i < m->device_count; i++)
		at = save_device(at, m->device[i]);
	return err;
}

/* ---- memory ---- */

static bool is_zero(const uint8_t *page)
{
	return !memcmp(page, zero_page, MEMORY_PAGE_SIZE);
}

/* Write page n, unless it is all zero, into the snapshot's file. */
static int save_page(void *ctx, const struct machine *m, uint64_t n)
{
	struct snapshot *s = ctx;
	const uint8_t *from = m->memory.host + n * MEMORY_PAGE_SIZE;

	if (is_zero(from))
		return 0;
	((uint64_t *)s->state)[n / 64] |= 1ull << n % 64;
	if (pwrite(s->fd, from, MEMORY_PAGE_SIZE, (off_t)(s->head.memory_offset + n * MEMORY_PAGE_SIZE)) !=
	    (ssize_t)MEMORY_PAGE_SIZE)
		return errno ? -errno : -EIO;
	return 0;
}

static int save_memory(struct snapshot *s, struct machine *m)
{
	s->head.memory_offset = (SNAPSHOT_STATE + s->head.state_size + MEMORY_PAGE_SIZE - 1) & ~(MEMORY_PAGE_SIZE - 1);
	s->head.file_size = s->head.memory_offset + m->memory.size;
	s->fd = memfd_create("mote-snapshot", MFD_CLOEXEC);
	if (s->fd < 0 || ftruncate(s->fd, (off_t)s->head.file_size))
		return -errno;
	return pages_for_each_touched(m, save_page, s);
}

/* The pages that may differ from what it was taken on top of are those that are tracked. */
static int note_parent(struct snapshot *s, struct machine *m)
{
	const struct track *t = &m->track;

	if (!m->base)
		return 0;
	s->diff = malloc(t->count * sizeof(*s->diff) + 1);
	if (!s->diff)
		return -ENOMEM;
	memcpy(s->diff, t->list, t->count * sizeof(*s->diff));
	s->diff_count = t->count;
	s->parent = snapshot_get(m->base);
	return 0;
}

/* Disks are not part of a snapshot: they must be as they were. */
static int check_devices(struct machine *m)
{
	int err = 0;

	for (unsigned int i = 0; i < m->device_count && !err; i++) {
		if (m->device[i]->untouched)
			err = m->device[i]->untouched(m->device[i]);
	}
	if (err == -EBUSY)
		mote_error("a private disk was written to before this point; a snapshot would lack that");
	return err;
}

static int take(struct snapshot *s, struct machine *m)
{
	fill_head(&s->head, m);
	int err = check_devices(m);

	if (!err)
		err = track_start(m);
	if (!err)
		err = track_collect(m);
	if (!err)
		err = save_state(s, m);
	if (!err)
		err = save_memory(s, m);
	if (!err)
		err = note_parent(s, m);
	snapshot_seal(s);
	return err ? err : snapshot_attach(s);
}

int machine_snapshot(struct machine *m, struct snapshot **out)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->refs = 1;
	s->fd = -1;
	machine_freeze(m);
	int err = take(s, m);

	machine_thaw(m);
	if (err) {
		mote_error("cannot take a snapshot: %s", strerror(-err));
		snapshot_put(s);
		return err;
	}
	snapshot_put(m->base);
	m->base = snapshot_get(s);
	*out = s;
	return 0;
}

void machine_forget_snapshots(struct machine *m)
{
	snapshot_put(m->base);
	m->base = NULL;
	track_free(&m->track);
	snapshot_put(m->image);
	m->image = NULL;
	free(m->program);
	order_drop(m);
	m->program = NULL;
}
