/* cpio archives, good and hostile.
 * sources: vmm/rootfs.c vmm/rootfs_tree.c vmm/rootfs_host.c vmm/rootfs_image.c vmm/rootfs_ldcache.c vmm/cpio.c vmm/elfdeps.c vmm/ldcache.c
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include "bootfs_view.h"
#include "rootfs.h"

#define LIMIT (16ull << 20)

static struct rootfs *r;
static char file[64];
static unsigned char archive[1 << 20];
static size_t used;

static void setup(void)
{
	strcpy(file, "/tmp/mote-cpio-XXXXXX");
	int fd = mkstemp(file);
	ck_assert_int_ge(fd, 0);
	close(fd);
	r = rootfs_create(LIMIT);
	ck_assert_ptr_nonnull(r);
	used = 0;
}

static void teardown(void)
{
	rootfs_destroy(r);
	unlink(file);
}

static void again(void)
{
	rootfs_destroy(r);
	r = rootfs_create(LIMIT);
}

/* ---- making archives ---- */

struct header {
	const char *magic, *name;
	unsigned int ino, mode, uid, gid, nlink, mtime, size, major, minor, rmajor, rminor,
		namesize, check;
};

static void put(const void *bytes, size_t n)
{
	ck_assert_uint_le(used + n, sizeof(archive));
	memcpy(archive + used, bytes, n);
	used += n;
}

static void pad(void)
{
	while (used % 4)
		archive[used++] = 0;
}

static void put_entry(struct header h, const void *data)
{
	char text[111];
	if (!h.nlink)
		h.nlink = 1;
	if (!h.magic)
		h.magic = "070701";
	if (!h.namesize)
		h.namesize = strlen(h.name) + 1;
	snprintf(text, sizeof(text), "%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		 h.magic, h.ino, h.mode, h.uid, h.gid, h.nlink, h.mtime, h.size, h.major, h.minor,
		 h.rmajor, h.rminor, h.namesize, h.check);
	put(text, 110);
	put(h.name, strlen(h.name) + 1);
	pad();
	put(data, h.size);
	pad();
}

#define ENTRY(n, m, data, len, ...)                                                                \
	put_entry((struct header){.name = n, .mode = m, .size = len, __VA_ARGS__}, data)
#define TRAILER() ENTRY("TRAILER!!!", 0, "", 0)

static void save(const void *bytes, size_t n)
{
	int fd = open(file, O_WRONLY | O_TRUNC);
	ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static int load(void)
{
	save(archive, used);
	return rootfs_add_cpio(r, file);
}

static size_t compress_to(unsigned char *out, size_t room, const void *in, size_t n)
{
	z_stream z = {0};
	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (void *)in;
	z.avail_in = n;
	z.next_out = out;
	z.avail_out = room;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static void sample(void)
{
	ENTRY(".", S_IFDIR | 0755, "", 0);
	ENTRY("bin", S_IFDIR | 0751, "", 0, .uid = 3, .gid = 4, .mtime = 1000);
	ENTRY("bin/tool", S_IFREG | 0755, "tool!", 5, .uid = 1, .gid = 2, .mtime = 99);
	ENTRY("bin/link", S_IFLNK | 0777, "tool", 4);
	ENTRY("./dev/console", S_IFCHR | 0600, "", 0, .rmajor = 5, .rminor = 1);
	ENTRY("/deep/er/file", S_IFREG | 0600, "x", 1);
	TRAILER();
}

static void check_sample(void)
{
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, "/bin/tool", "tool!", 5));
	ck_assert(view_has_data(&v, "/bin/link", "tool", 4));
	ck_assert(view_has_data(&v, "/deep/er/file", "x", 1));
	ck_assert_uint_eq(view_find(&v, "/bin")->mode, S_IFDIR | 0751);
	ck_assert_uint_eq(view_find(&v, "/bin")->uid, 3);
	ck_assert_int_eq(view_find(&v, "/bin/tool")->mtime_ns, 99000000000);
	ck_assert_uint_eq(view_find(&v, "/bin/tool")->gid, 2);
	ck_assert_uint_eq(view_find(&v, "/dev/console")->rdev, 5 << 20 | 1);
	ck_assert_uint_eq(view_find(&v, "/dev/console")->mode, S_IFCHR | 0600);
	view_close(&v);
}

/* ---- good ones ---- */

START_TEST(plain)
{
	sample();
	ck_assert_msg(load() == 0, "%s", rootfs_error(r));
	check_sample();
}
END_TEST

START_TEST(gzipped)
{
	static unsigned char packed[1 << 16];
	sample();
	save(packed, compress_to(packed, sizeof(packed), archive, used));
	ck_assert_msg(rootfs_add_cpio(r, file) == 0, "%s", rootfs_error(r));
	check_sample();
}
END_TEST

/* As boot loaders glue them: plain, padding, gzip, plain. */
START_TEST(several)
{
	static unsigned char packed[1 << 16];
	sample();
	size_t first = used;
	size_t n = compress_to(packed, sizeof(packed), archive, used);
	memset(archive + used, 0, 512);
	used += 512;
	put(packed, n);
	pad();
	ENTRY("bin/tool", S_IFREG | 0700, "new", 3);
	TRAILER();
	ck_assert_uint_gt(used, first);
	ck_assert_msg(load() == 0, "%s", rootfs_error(r));
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, "/bin/tool", "new", 3));
	ck_assert(view_has_data(&v, "/deep/er/file", "x", 1));
	view_close(&v);
}
END_TEST

START_TEST(hard_links)
{
	ENTRY("a", S_IFREG | 0644, "", 0, .ino = 7, .nlink = 3);
	ENTRY("b", S_IFREG | 0644, "", 0, .ino = 7, .nlink = 3);
	ENTRY("c", S_IFREG | 0644, "data", 4, .ino = 7, .nlink = 3);
	ENTRY("d", S_IFREG | 0644, "other", 5, .ino = 8, .nlink = 2);
	ENTRY("e", S_IFREG | 0644, "same ino, other device", 22, .ino = 7, .minor = 1, .nlink = 2);
	TRAILER();
	ck_assert_msg(load() == 0, "%s", rootfs_error(r));
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, "/a", "data", 4));
	ck_assert_ptr_eq(view_find(&v, "/a"), view_find(&v, "/c"));
	ck_assert_ptr_eq(view_find(&v, "/a"), view_find(&v, "/b"));
	ck_assert_uint_eq(view_find(&v, "/a")->nlink, 3);
	ck_assert(view_has_data(&v, "/d", "other", 5));
	ck_assert_ptr_ne(view_find(&v, "/e"), view_find(&v, "/a"));
	view_close(&v);
}
END_TEST

START_TEST(checksums)
{
	ENTRY("f", S_IFREG | 0644, "abc", 3, .magic = "070702", .check = 'a' + 'b' + 'c');
	TRAILER();
	ck_assert_msg(load() == 0, "%s", rootfs_error(r));
	again();
	used = 0;
	ENTRY("f", S_IFREG | 0644, "abd", 3, .magic = "070702", .check = 'a' + 'b' + 'c');
	TRAILER();
	ck_assert_int_eq(load(), -EINVAL);
	ck_assert_ptr_nonnull(strstr(rootfs_error(r), "wrong checksum"));
}
END_TEST

/* What the system's own cpio(1) writes. */
START_TEST(real_tool)
{
	char cmd[400];
	snprintf(cmd, sizeof(cmd),
		 "d=$(mktemp -d) && cd $d && mkdir -p x/y && echo hello > x/y/f && ln x/y/f x/hard "
		 "&& ln -s y/f x/soft && "
		 "find . | cpio -o -H newc --quiet | gzip > %s && rm -r $d",
		 file);
	ck_assert_int_eq(system(cmd), 0);
	ck_assert_msg(rootfs_add_cpio(r, file) == 0, "%s", rootfs_error(r));
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, "/x/y/f", "hello\n", 6));
	ck_assert(view_has_data(&v, "/x/soft", "y/f", 3));
	ck_assert_ptr_eq(view_find(&v, "/x/hard"), view_find(&v, "/x/y/f"));
	view_close(&v);
}
END_TEST

START_TEST(from_a_pipe)
{
	char cmd[200];
	static char kept[64];
	sample();
	save(archive, used);
	strcpy(kept, file);
	snprintf(cmd, sizeof(cmd), "%s.fifo", file);
	ck_assert_int_eq(mkfifo(cmd, 0600), 0);
	pid_t child = fork();
	if (!child) {
		int fd = open(cmd, O_WRONLY);
		_exit(write(fd, archive, used) != (ssize_t)used);
	}
	ck_assert_msg(rootfs_add_cpio(r, cmd) == 0, "%s", rootfs_error(r));
	unlink(cmd);
	check_sample();
}
END_TEST

/* ---- bad ones ---- */

static void refuse(const char *text)
{
	ck_assert_int_eq(load(), -EINVAL);
	ck_assert_msg(strstr(rootfs_error(r), text) != NULL, "\"%s\" lacks \"%s\"", rootfs_error(r),
		      text);
	ck_assert_ptr_nonnull(strstr(rootfs_error(r), file));
	ck_assert_ptr_nonnull(strstr(rootfs_error(r), "offset"));
	ck_assert_ptr_null(strchr(rootfs_error(r), '\n'));
	again();
	used = 0;
}

START_TEST(bad_entries)
{
	refuse("empty");
	put("not an archive, but long enough to hold a whole header of the newc format, whatever "
	    "it may turn out to say inside",
	    113);
	refuse("no header");
	ENTRY("..", S_IFDIR | 0755, "", 0);
	refuse("..");
	ENTRY("a/../../etc/passwd", S_IFREG | 0644, "x", 1);
	refuse("..");
	ENTRY("odd", 0xf000, "", 0);
	refuse("unknown type");
	ENTRY("l", S_IFLNK | 0777, "", 0);
	refuse("symbolic link");
	ENTRY("l", S_IFLNK | 0777, "a\0b", 3);
	refuse("NUL");
	ENTRY("f", S_IFREG | 0644, "", 0);
	refuse("the end is missing");
	ENTRY("name", S_IFREG | 0644, "", 0, .namesize = 3);
	refuse("a name");
	ENTRY("name", S_IFREG | 0644, "", 0, .namesize = 0xffffffff);
	refuse("name");
	ENTRY("f", S_IFREG | 0644, "x", 1);
	memset(archive + 6 + 8 * 6, 'f', 8); /* file size */
	refuse("truncated data");
	ENTRY("f", S_IFREG | 0644, "x", 1);
	archive[20] = 'g';
	refuse("hexadecimal");
	static unsigned char packed[256];
	save(packed, compress_to(packed, sizeof(packed), "no archive", 10));
	ck_assert_int_eq(rootfs_add_cpio(r, file), -EINVAL);
	ck_assert_ptr_nonnull(strstr(rootfs_error(r), "no cpio archive"));
	ck_assert_int_eq(rootfs_add_cpio(r, "/no/such/archive"), -ENOENT);
	ck_assert_int_eq(rootfs_add_cpio(r, "/"), -EISDIR);
}
END_TEST

/* Links that point outside stay links of the guest: nothing is followed on the host. */
START_TEST(links_stay_inside)
{
	ENTRY("etc", S_IFLNK | 0777, "/tmp/../../..", 13);
	ENTRY("etc/owned", S_IFREG | 0644, "x", 1);
	TRAILER();
	ck_assert_msg(load() == 0, "%s", rootfs_error(r));
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, "/owned", "x", 1));
	view_close(&v);
}
END_TEST

START_TEST(truncated_anywhere)
{
	sample();
	size_t whole = used;
	for (size_t n = 0; n < whole - 4; n += 3) {
		save(archive, n);
		int err = rootfs_add_cpio(r, file);
		ck_assert_msg(err == -EINVAL, "%zu bytes: %d", n, err);
		again();
	}
}
END_TEST

START_TEST(damaged_anywhere)
{
	sample();
	for (size_t at = 0; at < used; at += 2) {
		unsigned char was = archive[at];
		archive[at] ^= 0x55;
		int err = load();
		ck_assert_msg(!err || *rootfs_error(r), "byte %zu", at);
		if (!err) {
			struct view v = view_open(r);
			view_close(&v);
		}
		archive[at] = was;
		again();
	}
}
END_TEST

START_TEST(damaged_gzip)
{
	static unsigned char packed[1 << 16], bent[1 << 16];
	sample();
	size_t n = compress_to(packed, sizeof(packed), archive, used);
	for (size_t cut = 2; cut < n; cut += 5) {
		save(packed, cut);
		ck_assert_int_eq(rootfs_add_cpio(r, file), -EINVAL);
		ck_assert_ptr_nonnull(strstr(rootfs_error(r), "offset"));
		again();
	}
	for (size_t at = 2; at < n; at += 3) {
		memcpy(bent, packed, n);
		bent[at] ^= 0x81;
		save(bent, n);
		int err = rootfs_add_cpio(r, file);
		ck_assert_msg(!err || *rootfs_error(r), "byte %zu", at);
		again();
	}
}
END_TEST

/* A few KiB that inflate to more than the guest has memory; a header that claims it. */
START_TEST(bombs)
{
	static unsigned char packed[1 << 20];
	size_t big = 64 << 20;
	unsigned char *zeros = calloc(1, big);
	ENTRY("bomb", S_IFREG | 0644, "", 0);
	memcpy(zeros, archive, used);
	memcpy(zeros + 6 + 8 * 6, "03ffff00", 8);
	save(packed, compress_to(packed, sizeof(packed), zeros, big));
	free(zeros);
	ck_assert_int_eq(rootfs_add_cpio(r, file), -ENOSPC);
	ck_assert_ptr_nonnull(strstr(rootfs_error(r), "do not fit"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cpio");
	TCase *t = tcase_create("cpio");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, plain);
	tcase_add_test(t, gzipped);
	tcase_add_test(t, several);
	tcase_add_test(t, hard_links);
	tcase_add_test(t, checksums);
	tcase_add_test(t, real_tool);
	tcase_add_test(t, from_a_pipe);
	tcase_add_test(t, bad_entries);
	tcase_add_test(t, links_stay_inside);
	tcase_add_test(t, truncated_anywhere);
	tcase_add_test(t, damaged_anywhere);
	tcase_add_test(t, damaged_gzip);
	tcase_add_test(t, bombs);
	suite_add_tcase(s, t);
	SRunner *run = srunner_create(s);
	srunner_run_all(run, CK_NORMAL);
	int failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
