/*
 * cpio archives, plain and gzip, and the image that becomes of them. The first byte says what the rest is: an
 * archive's bytes, or a list of entries that the harness makes an archive of; and whether that is packed.
 * sources: vmm/rootfs.c vmm/rootfs_tree.c vmm/rootfs_host.c vmm/rootfs_image.c vmm/rootfs_ldcache.c vmm/cpio.c vmm/elfdeps.c vmm/ldcache.c
 */
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "../../unit/bootfs_view.h"
#include "lib/input.h"
#include "rootfs.h"

#define LIMIT	    (1u << 20)
#define ARCHIVE_MAX 65536u

enum { ENTRIES = 1 << 0, GZIP = 1 << 1, TWICE = 1 << 2, NO_TRAILER = 1 << 3, SKELETON = 1 << 4 };

static unsigned char archive[ARCHIVE_MAX], packed[2 * ARCHIVE_MAX];
static size_t used;
static int file = -1;

/* ---- archives ---- */

static void put(const void *bytes, size_t n)
{
	n = n < sizeof(archive) - used ? n : sizeof(archive) - used;
	memcpy(archive + used, bytes, n);
	used += n;
	for (; used % 4 && used < sizeof(archive); used++)
		archive[used] = 0;
}

static void put_entry(const char *magic, const uint32_t field[13], const char *name, const void *data)
{
	char text[111 + 32];
	int n = snprintf(text, sizeof(text), "%.6s", magic);

	for (int i = 0; i < 13; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%08x", field[i]);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "%s", name);
	put(text, (size_t)n + 1);
	if (field[6])
		put(data, field[6]);
}

/* Short names of few parts, so that they meet. */
static void draw_name(struct input *in, char name[16])
{
	static const char letters[] = "ab./c/d";
	uint8_t n = 1 + input_u8(in) % 8;

	for (uint8_t i = 0; i < n; i++)
		name[i] = letters[input_u8(in) % 7];
	name[n] = 0;
}

static uint32_t sum_of(const uint8_t *data, size_t n)
{
	uint32_t sum = 0;

	while (n)
		sum += data[--n];
	return sum;
}

static void draw_entry(struct input *in)
{
	static const uint32_t types[] = {S_IFREG, S_IFDIR, S_IFLNK, S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK};
	uint8_t how = input_u8(in), data[32];
	uint32_t size = how & 8 ? input_u8(in) % sizeof(data) : 0;
	char name[16];

	draw_name(in, name);
	input_bytes(in, data, size);
	if (types[how % 8] == S_IFLNK) {
		draw_name(in, (char *)data);
		size = (uint32_t)strlen((char *)data);
	}
	uint32_t field[13] = {how >> 6, types[how % 8] | 0755, 0, 0, 1 + (how >> 4 & 3), 0, size};

	field[11] = (uint32_t)strlen(name) + 1;
	field[12] = sum_of(data, size);
	put_entry(how & 0x20 ? "070702" : "070701", field, name, data);
}

static void make_archive(struct input *in, uint8_t how)
{
	static const uint32_t trailer[13] = {[4] = 1, [11] = 11};

	used = 0;
	if (!(how & ENTRIES)) {
		used = input_bytes(in, archive, sizeof(archive));
		return;
	}
	while (input_left(in) && used < sizeof(archive) / 2)
		draw_entry(in);
	if (!(how & NO_TRAILER))
		put_entry("070701", trailer, "TRAILER!!!", NULL);
}

static size_t pack(void)
{
	z_stream z = {.next_in = archive, .avail_in = (unsigned int)used, .next_out = packed, .avail_out = sizeof(packed)};

	FUZZ_CHECK(deflateInit2(&z, 1, Z_DEFLATED, 9 + 16, 1, Z_DEFAULT_STRATEGY) == Z_OK);
	FUZZ_CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&z);
	return sizeof(packed) - z.avail_out;
}

static void write_file(uint8_t how)
{
	const void *bytes = how & GZIP ? packed : archive;
	size_t len = how & GZIP ? pack() : used;

	if (file < 0)
		file = memfd_create("archive", MFD_CLOEXEC);
	FUZZ_CHECK(ftruncate(file, 0) == 0);
	for (off_t at = 0; at <= (how & TWICE ? (off_t)len : 0); at += (off_t)len + !len)
		FUZZ_CHECK(pwrite(file, bytes, len, at) == (ssize_t)len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	uint8_t how = input_u8(&in);
	struct rootfs *r = rootfs_create(LIMIT);
	char path[32];

	FUZZ_CHECK(r);
	make_archive(&in, how);
	write_file(how);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	int err = rootfs_add_cpio(r, path);

	FUZZ_CHECK(err <= 0 && (!err || *rootfs_error(r)));
	if (!err && how & SKELETON)
		err = rootfs_add_skeleton(r);
	if (!err) {
		struct view v = view_open(r);

		FUZZ_CHECK(v.size <= 2 * LIMIT);
		view_find(&v, "/a/b");
		view_close(&v);
	}
	rootfs_destroy(r);
	return 0;
}
