#include "pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "machine.h"
#include "snapshot.h"

typedef int (*page_fn)(void *ctx, const struct machine *m, uint64_t page);

static int each_of(struct machine *m, uint64_t first, uint64_t end, page_fn fn, void *ctx)
{
	int r = 0;

	for (uint64_t n = first; n < end && !r; n++) {
		if (!track_excluded(&m->track, n))
			r = fn(ctx, m, n);
	}
	return r;
}

/* RAM in a memfd: what has no page there was never touched. */
static int each_in_memfd(struct machine *m, page_fn fn, void *ctx)
{
	off_t size = (off_t)m->memory.ram_size, hole = 0;
	int r = 0;

	while (!r && hole < size) {
		off_t data = lseek(m->memory.fd, hole, SEEK_DATA);

		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		hole = lseek(m->memory.fd, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		r = each_of(m, (uint64_t)data / MEMORY_PAGE_SIZE, ((uint64_t)hole + MEMORY_PAGE_SIZE - 1) / MEMORY_PAGE_SIZE,
			    fn, ctx);
	}
	return r;
}

/* proc(5), /proc/PID/pagemap: present or swapped out, and not a page of the file. */
#define PAGEMAP_PRESENT (3ull << 62)
#define PAGEMAP_FILE	(1ull << 61)
#define PAGEMAP_BATCH	4096u

/* Memory mapped privately from a snapshot: the snapshot's pages, and those of its own. */
static int each_in_mapping(struct machine *m, page_fn fn, void *ctx)
{
	uint64_t pages = m->memory.size / MEMORY_PAGE_SIZE, first = (uintptr_t)m->memory.host / MEMORY_PAGE_SIZE;
	uint64_t *entry = malloc(PAGEMAP_BATCH * sizeof(*entry));
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), r = entry && fd >= 0 ? 0 : -errno;

	for (uint64_t at = 0; at < pages && !r; at += PAGEMAP_BATCH) {
		uint64_t n = pages - at < PAGEMAP_BATCH ? pages - at : PAGEMAP_BATCH;

		if (pread(fd, entry, n * 8, (off_t)((first + at) * 8)) != (ssize_t)(n * 8))
			r = -EIO;
		for (uint64_t i = 0; i < n && !r; i++) {
			bool own = (entry[i] & PAGEMAP_PRESENT) && !(entry[i] & PAGEMAP_FILE);

			if (own || snapshot_present(m->image, at + i))
				r = fn(ctx, m, at + i);
		}
	}
	free(entry);
	if (fd >= 0)
		close(fd);
	return r;
}

int pages_for_each_touched(struct machine *m, page_fn fn, void *ctx)
{
	if (m->image)
		return each_in_mapping(m, fn, ctx);
	int r = each_in_memfd(m, fn, ctx);

	return r ? r : each_of(m, m->memory.bootfs_gpa / MEMORY_PAGE_SIZE, m->memory.size / MEMORY_PAGE_SIZE, fn, ctx);
}
