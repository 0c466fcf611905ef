#include "share.h"

#include <errno.h>
#include <sys/mman.h>

#include "machine.h"

unsigned int share_area_pages(unsigned int area)
{
	static const unsigned int pages[FUZZ_AREAS] = {
		[FUZZ_AREA_CASE] = FUZZ_CASE_PAGES, [FUZZ_AREA_RESULTS] = FUZZ_RESULTS_PAGES};

	return area < FUZZ_AREAS ? pages[area] : 0;
}

static bool is_aligned(uint64_t n)
{
	return n % MEMORY_PAGE_SIZE == 0;
}

/* mremap(2): an old length of 0 maps the same shared pages once more. KVM hears of it (its MMU notifier). */
int machine_share(struct machine *m, uint64_t gpa, void *host, uint64_t len)
{
	if (!len || !is_aligned(gpa) || !is_aligned(len) || !is_aligned((uintptr_t)host) || gpa > m->memory.ram_size ||
	    len > m->memory.ram_size - gpa)
		return -EINVAL;
	int err = track_start(m);

	if (err)
		return err;
	if (mremap(host, 0, len, MREMAP_MAYMOVE | MREMAP_FIXED, m->memory.host + gpa) == MAP_FAILED)
		return -errno;
	for (uint64_t page = gpa / MEMORY_PAGE_SIZE; page < (gpa + len) / MEMORY_PAGE_SIZE; page++)
		track_exclude(&m->track, (uint32_t)page);
	return 0;
}

static int share_page(struct machine *m, unsigned int area, unsigned int page)
{
	const struct fuzz_channel *c = m->fuzz;

	return machine_share(m, c->gpa[area][page], (char *)c->memory[area] + page * FUZZ_PAGE, FUZZ_PAGE);
}

int share_area(struct machine *m, unsigned int area, void *memory)
{
	int err = 0;

	m->fuzz->memory[area] = memory;
	for (unsigned int page = 0; page < share_area_pages(area) && !err; page++) {
		if (m->fuzz->gpa[area][page])
			err = share_page(m, area, page);
	}
	return err;
}

/* A page of the guest's serves one area, once: memory that is shared already stays where it is. */
static int64_t do_share(struct machine *m, uint64_t area, uint64_t page, uint64_t gpa)
{
	struct fuzz_channel *c = m->fuzz;

	if (area >= FUZZ_AREAS || page >= share_area_pages((unsigned int)area) || c->gpa[area][page] || !gpa || !is_aligned(gpa) ||
	    gpa >= m->memory.ram_size || track_excluded(&m->track, gpa / MEMORY_PAGE_SIZE))
		return -EINVAL;
	c->gpa[area][page] = gpa;
	int err = share_page(m, (unsigned int)area, (unsigned int)page);

	if (err)
		c->gpa[area][page] = 0;
	return err;
}

static int64_t do_end(struct machine *m, uint64_t stage)
{
	m->fuzz->stage = stage <= FUZZ_STAGE_CLEAN ? (unsigned int)stage : FUZZ_STAGE_NONE;
	machine_end(m, MOTE_CASE_END, MOTE_END_NONE);
	return 0;
}

int64_t fuzz_hypercall(struct machine *m, uint32_t nr, const unsigned long long arg[4])
{
	if (!m->fuzz)
		return -EOPNOTSUPP;
	if (nr == HC_FUZZ_END)
		return do_end(m, arg[0]);
	return m->fuzz->sealed ? -EOPNOTSUPP : do_share(m, arg[0], arg[1], arg[2]);
}
