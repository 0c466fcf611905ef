/*
 * /etc/ld.so.cache: read, searched, and a smaller one made of it. A byte says which libraries stay.
 * sources: vmm/ldcache.c vmm/elfdeps.c
 */
#include <sys/mman.h>
#include <unistd.h>

#include "elfdeps.h"
#include "lib/input.h"

static int file[2] = {-1, -1};

static void write_file(int i, const void *bytes, size_t len, char path[32])
{
	if (file[i] < 0)
		file[i] = memfd_create("ld.so.cache", MFD_CLOEXEC);
	FUZZ_CHECK(ftruncate(file[i], 0) == 0);
	FUZZ_CHECK(pwrite(file[i], bytes, len, 0) == (ssize_t)len);
	snprintf(path, 32, "/proc/self/fd/%d", file[i]);
}

static bool keep(void *ctx, const char *path)
{
	return *path == '/' && (path[1] & *(uint8_t *)ctx);
}

/* What was kept is found again in the new cache, and nothing else is. */
static void check_filtered(const void *bytes, size_t len, size_t count, uint8_t *which)
{
	struct ld_cache c;
	char path[32];

	write_file(1, bytes, len, path);
	FUZZ_CHECK(ld_cache_load(&c, path) == 0);
	FUZZ_CHECK(c.count && c.count <= count);
	const char *found = ld_cache_find(&c, "libc.so.6");

	FUZZ_CHECK(!found || keep(which, found));
	ld_cache_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	uint8_t which = input_u8(&in);
	struct ld_cache c;
	char path[32];
	void *out;
	size_t len;

	write_file(0, in.at, input_left(&in), path);
	if (ld_cache_load(&c, path)) {
		FUZZ_CHECK(!c.bytes && !c.count && !ld_cache_find(&c, "libc.so.6"));
		return 0;
	}
	ld_cache_find(&c, "libm.so.6");
	ld_cache_find(&c, "");
	if (!ld_cache_filter(&c, keep, &which, &out, &len) && out)
		check_filtered(out, len, c.count, &which);
	free(out);
	ld_cache_free(&c);
	return 0;
}
