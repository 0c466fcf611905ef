#include "memory.h"

#include <errno.h>
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

int memory_create(struct memory *mem, uint64_t ram_size, uint64_t bootfs_size)
{
	uint64_t mask = MEMORY_PAGE_SIZE - 1;
	int err;

	if (!ram_size || (ram_size & mask) || (bootfs_size & mask) || ram_size > INT64_MAX ||
	    bootfs_size > INT64_MAX - ram_size)
		return -EINVAL;
	mem->fd = memfd_create("mote-ram", MFD_CLOEXEC);
	if (mem->fd < 0)
		return -errno;
	mem->ram_size = ram_size;
	mem->bootfs_gpa = ram_size;
	mem->size = ram_size + bootfs_size;
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
	close(mem->fd);
	mem->host = NULL;
	mem->fd = -1;
	mem->size = 0;
}

void memory_populate(const struct memory *mem, uint64_t gpa, uint64_t len)
{
	uint64_t start = gpa & ~(MEMORY_PAGE_SIZE - 1);
	void *at = memory_range(mem, start, len + (gpa - start));

	if (at)
		madvise(at, len + (gpa - start), MADV_POPULATE_WRITE);
}

void *memory_range(const struct memory *mem, uint64_t gpa, uint64_t len)
{
	if (gpa > mem->size || len > mem->size - gpa)
		return NULL;
	return mem->host + gpa;
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
	void *dst = memory_range(mem, gpa, len);

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
