#include "memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Reserve the whole range first, so that RAM and boot file system lie side by side whatever else is
 * mapped. */
static int map_all(struct memory *mem)
{
	int prot = PROT_READ | PROT_WRITE;
	void *base = NULL;
	int fixed = 0;

	if (mem->size > mem->ram_size) {
		base = mmap(NULL, mem->size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			    0);
		if (base == MAP_FAILED)
			return -errno;
		fixed = MAP_FIXED;
	}
	void *ram = mmap(base, mem->ram_size, prot, MAP_SHARED | MAP_NORESERVE | fixed, mem->fd, 0);

	if (ram == MAP_FAILED) {
		int err = -errno;

		if (base)
			munmap(base, mem->size);
		return err;
	}
	mem->host = ram;
	return 0;
}

static int set_sizes(struct memory *mem, uint64_t ram_size, uint64_t bootfs_size)
{
	uint64_t mask = MEMORY_PAGE_SIZE - 1;

	if (!ram_size || (ram_size & mask) || (bootfs_size & mask) || ram_size > INT64_MAX ||
	    bootfs_size > INT64_MAX - ram_size)
		return -EINVAL;
	*mem = (struct memory){.fd = -1,
			       .ram_size = ram_size,
			       .bootfs_gpa = ram_size,
			       .size = ram_size + bootfs_size};
	return 0;
}

int memory_create_from(struct memory *mem, uint64_t ram_size, uint64_t bootfs_size, int fd,
		       uint64_t at)
{
	int err = set_sizes(mem, ram_size, bootfs_size);

	if (err)
		return err;
	void *host = mmap(NULL, mem->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd,
			  (off_t)at);

	if (host == MAP_FAILED)
		return -errno;
	mem->host = host;
	return 0;
}

int memory_create(struct memory *mem, uint64_t ram_size, uint64_t bootfs_size)
{
	int err = set_sizes(mem, ram_size, bootfs_size);

	if (err)
		return err;
	mem->fd = memfd_create("mote-ram", MFD_CLOEXEC);
	if (mem->fd < 0)
		return -errno;
	err = ftruncate(mem->fd, (off_t)ram_size) ? -errno : map_all(mem);
	if (err) {
		close(mem->fd);
		mem->fd = -1;
	}
	return err;
}

void memory_destroy(struct memory *mem)
{
	munmap(mem->host, mem->size);
	if (mem->fd >= 0)
		close(mem->fd);
	free(mem->written);
	mem->written = NULL;
	mem->host = NULL;
	mem->fd = -1;
	mem->size = 0;
}

void memory_populate(const struct memory *mem, uint64_t gpa, uint64_t len)
{
	uint64_t start = gpa & ~(MEMORY_PAGE_SIZE - 1);
	const void *at = memory_range(mem, start, len + (gpa - start));

	if (at)
		madvise((void *)at, len + (gpa - start), MADV_POPULATE_WRITE);
}

const void *memory_range(const struct memory *mem, uint64_t gpa, uint64_t len)
{
	if (gpa > mem->size || len > mem->size - gpa)
		return NULL;
	return mem->host + gpa;
}

void *memory_writable(const struct memory *mem, uint64_t gpa, uint64_t len)
{
	if (gpa > mem->size || len > mem->size - gpa)
		return NULL;
	memory_mark_written(mem, gpa, len);
	return mem->host + gpa;
}

int memory_note_writes(struct memory *mem)
{
	uint64_t words = (mem->size / MEMORY_PAGE_SIZE + 63) / 64;

	if (!mem->written)
		mem->written = calloc(words, sizeof(*mem->written));
	return mem->written ? 0 : -ENOMEM;
}

void memory_mark_written(const struct memory *mem, uint64_t gpa, uint64_t len)
{
	if (!mem->written || !len)
		return;
	for (uint64_t page = gpa / MEMORY_PAGE_SIZE; page <= (gpa + len - 1) / MEMORY_PAGE_SIZE; page++)
		atomic_fetch_or_explicit(&mem->written[page / 64], 1ull << page % 64,
					 memory_order_relaxed);
}

int memory_read(const struct memory *mem, uint64_t gpa, void *dst, size_t len)
{
	const void *src = memory_range(mem, gpa, len);

	if (!src)
		return -EFAULT;
	memcpy(dst, src, len);
	return 0;
}

int memory_write(const struct memory *mem, uint64_t gpa, const void *src, size_t len)
{
	void *dst = memory_writable(mem, gpa, len);

	if (!dst)
		return -EFAULT;
	memcpy(dst, src, len);
	return 0;
}

/* Call step(ctx, host, n) for each run of [va, va + len) that is mapped for users; answers the
 * bytes done. */
static uint64_t for_each_run(const struct memory *mem, uint64_t root, uint64_t va, uint64_t len,
			     bool write, void (*step)(void *ctx, void *host, uint64_t n), void *ctx)
{
	uint64_t done = 0;

	while (done < len) {
		uint64_t run;
		void *host = memory_walk(mem, root, va + done, true, write, &run);

		if (!host)
			break;
		if (run > len - done)
			run = len - done;
		if (write)
			memory_mark_written(mem, (uint64_t)((uint8_t *)host - mem->host), run);
		step(ctx, host, run);
		done += run;
	}
	return done;
}

struct cursor {
	uint8_t *at;
};

static void step_out(void *ctx, void *host, uint64_t n)
{
	struct cursor *c = ctx;

	memmove(c->at, host, n);
	c->at += n;
}

static void step_in(void *ctx, void *host, uint64_t n)
{
	struct cursor *c = ctx;

	memmove(host, c->at, n);
	c->at += n;
}

static void step_clear(void *ctx, void *host, uint64_t n)
{
	(void)ctx;
	memset(host, 0, n);
}

uint64_t memory_read_user(const struct memory *mem, uint64_t root, uint64_t va, void *dst,
			  uint64_t len)
{
	struct cursor c = {dst};

	return for_each_run(mem, root, va, len, false, step_out, &c);
}

uint64_t memory_write_user(const struct memory *mem, uint64_t root, uint64_t va, const void *src,
			   uint64_t len)
{
	struct cursor c = {(uint8_t *)src};

	return for_each_run(mem, root, va, len, true, step_in, &c);
}

uint64_t memory_clear_user(const struct memory *mem, uint64_t root, uint64_t va, uint64_t len)
{
	return for_each_run(mem, root, va, len, true, step_clear, NULL);
}

ssize_t memory_read_user_string(const struct memory *mem, uint64_t root, uint64_t va, char *dst,
				size_t size)
{
	size_t done = 0;

	while (done < size - 1) {
		uint64_t run;
		const char *host = memory_walk(mem, root, va + done, true, false, &run);

		dst[done] = 0;
		if (!host)
			return -EFAULT;
		if (run > size - 1 - done)
			run = size - 1 - done;
		memcpy(dst + done, host, run);
		char *nul = memchr(dst + done, 0, run);

		if (nul)
			return nul - dst;
		done += run;
	}
	dst[done] = 0;
	return (ssize_t)done;
}
