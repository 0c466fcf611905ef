/* The root file system builder: tree, host files, programs, image.
 * sources: vmm/rootfs.c vmm/rootfs_tree.c vmm/rootfs_host.c vmm/rootfs_image.c vmm/rootfs_ldcache.c vmm/program.c vmm/elfdeps.c vmm/ldcache.c vmm/cpio.c
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "bootfs_view.h"
#include "rootfs.h"

#define LIMIT (64ull << 20)

static struct rootfs *r;
static char dir[64];

static void setup(void)
{
	strcpy(dir, "/tmp/mote-rootfs-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	r = rootfs_create(LIMIT);
	ck_assert_ptr_nonnull(r);
}

static void teardown(void)
{
	char cmd[128];
	rootfs_destroy(r);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static const char *in_dir(const char *name)
{
	static char path[4][256];
	static int turn;
	char *p = path[turn++ % 4];
	snprintf(p, 256, "%s/%s", dir, name);
	return p;
}

static void make_file(const char *name, int mode, const void *data, size_t n)
{
	int fd = open(in_dir(name), O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, n), (ssize_t)n);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, rootfs_error(r))

/* ---- tree ---- */

START_TEST(empty_root)
{
	struct view v = view_open(r);
	ck_assert_uint_eq(v.super->inode_count, 1);
	ck_assert_uint_eq(v.super->entry_count, 0);
	ck_assert_uint_eq(v.inode[0].nlink, 2);
	view_close(&v);
}
END_TEST

START_TEST(nodes)
{
	OK(rootfs_add_file(r, "/a/b/file", 0640, "hello", 5));
	OK(rootfs_add_file(r, "a/empty", 0600, "", 0));
	OK(rootfs_add_symlink(r, "/a/link", "b/file"));
	OK(rootfs_add_device(r, "/dev/null", S_IFCHR | 0666, 1, 3));
	OK(rootfs_add_device(r, "/fifo", S_IFIFO | 0600, 0, 0));
	OK(rootfs_add_dir(r, "/a", 0711));
	ck_assert_int_eq(rootfs_add_device(r, "/bad", 0666, 1, 3), -EINVAL);
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, "/a/b/file", "hello", 5));
	ck_assert(view_has_data(&v, "/a/empty", "", 0));
	ck_assert(view_has_data(&v, "/a/link", "b/file", 6));
	ck_assert_uint_eq(view_find(&v, "/a")->mode, S_IFDIR | 0711);
	ck_assert_uint_eq(view_find(&v, "/a")->nlink, 3);
	ck_assert_uint_eq(view_find(&v, "/a/b")->mode, S_IFDIR | 0755);
	ck_assert_uint_eq(view_find(&v, "/a/b/file")->mode, S_IFREG | 0640);
	ck_assert_uint_eq(view_find(&v, "/dev/null")->rdev, 1 << 20 | 3);
	ck_assert_uint_eq(view_find(&v, "/fifo")->mode, S_IFIFO | 0600);
	ck_assert_ptr_null(view_find(&v, "/bad"));
	view_close(&v);
}
END_TEST

START_TEST(replacing)
{
	OK(rootfs_add_file(r, "/f", 0600, "old", 3));
	OK(rootfs_add_file(r, "/f", 0644, "newer", 5));
	OK(rootfs_add_dir(r, "/d", 0700));
	OK(rootfs_add_file(r, "/d", 0600, "x", 1)); /* an empty directory gives way */
	OK(rootfs_add_file(r, "/e/x", 0600, "x", 1));
	ck_assert_int_eq(rootfs_add_file(r, "/e", 0600, "x", 1), -EISDIR);
	ck_assert_int_eq(rootfs_add_file(r, "/", 0600, "x", 1), -EINVAL);
	ck_assert_int_eq(rootfs_add_file(r, "/f/x", 0600, "x", 1), -ENOTDIR);
	ck_assert_ptr_nonnull(strstr(rootfs_error(r), "/f/x: Not a directory"));
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, "/f", "newer", 5));
	ck_assert(view_has_data(&v, "/d", "x", 1));
	ck_assert_uint_eq(v.inode[0].nlink, 3); /* "e" alone is a directory */
	view_close(&v);
}
END_TEST

START_TEST(links_within)
{
	OK(rootfs_add_dir(r, "/usr/lib", 0755));
	OK(rootfs_add_symlink(r, "/lib", "usr/lib"));
	OK(rootfs_add_symlink(r, "/abs", "/usr/../lib"));
	OK(rootfs_add_file(r, "/lib/one", 0644, "1", 1));
	OK(rootfs_add_file(r, "/abs/two", 0644, "2", 1));
	OK(rootfs_add_file(r, "/../../three", 0644, "3", 1));
	OK(rootfs_add_symlink(r, "/loop", "loop"));
	ck_assert_int_eq(rootfs_add_file(r, "/loop/x", 0644, "3", 1), -ELOOP);
	ck_assert_uint_eq(rootfs_lookup(r, "/lib/one"), S_IFREG | 0644);
	ck_assert_uint_eq(rootfs_lookup(r, "/lib"), S_IFDIR | 0755);
	ck_assert_uint_eq(rootfs_lookup(r, "/nothing/here"), 0);
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, "/usr/lib/one", "1", 1));
	ck_assert(view_has_data(&v, "/usr/lib/two", "2", 1));
	ck_assert(view_has_data(&v, "/three", "3", 1));
	view_close(&v);
}
END_TEST

START_TEST(names)
{
	char name[300], path[5000];
	memset(name, 'n', sizeof(name));
	name[255] = 0;
	OK(rootfs_add_file(r, name, 0644, "", 0));
	name[255] = 'n';
	name[256] = 0;
	ck_assert_int_eq(rootfs_add_file(r, name, 0644, "", 0), -ENAMETOOLONG);
	memset(path, '/', sizeof(path));
	path[4095] = 0;
	OK(rootfs_add_dir(r, path, 0750));
	path[4095] = '/';
	path[4096] = 0;
	ck_assert_int_eq(rootfs_add_dir(r, path, 0750), -ENAMETOOLONG);
	ck_assert_int_eq(rootfs_add_symlink(r, "/l", ""), -ENOENT);
}
END_TEST

START_TEST(many_entries)
{
	char name[32];
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "/d/%d", (i * 7919) % 3000);
		OK(rootfs_add_file(r, name, 0644, name, strlen(name)));
	}
	struct view v = view_open(r); /* checks the order */
	ck_assert_uint_eq(view_find(&v, "/d")->entry_count, 3000);
	ck_assert(view_has_data(&v, "/d/2999", "/d/2999", 7));
	view_close(&v);
}
END_TEST

START_TEST(limit)
{
	char block[100000] = "";
	struct rootfs *small = rootfs_create(1 << 20);
	int err = 0, n = 0;
	while (!err && n < 100) {
		char name[16];
		snprintf(name, sizeof(name), "/%d", n++);
		err = rootfs_add_file(small, name, 0644, block, sizeof(block));
	}
	ck_assert_int_eq(err, -ENOSPC);
	ck_assert_ptr_nonnull(strstr(rootfs_error(small), "do not fit into 1 MiB"));
	ck_assert_uint_le(rootfs_size(small), 1 << 20);
	rootfs_destroy(small);
}
END_TEST

/* ---- host files ---- */

START_TEST(host_tree)
{
	char big[200001];
	memset(big, 'b', sizeof(big));
	ck_assert_int_eq(mkdir(in_dir("t"), 0751), 0);
	ck_assert_int_eq(mkdir(in_dir("t/sub"), 0700), 0);
	make_file("t/small", 0640, "small", 5);
	make_file("t/sub/big", 0755, big, sizeof(big));
	ck_assert_int_eq(link(in_dir("t/small"), in_dir("t/sub/hard")), 0);
	ck_assert_int_eq(symlink("../small", in_dir("t/sub/soft")), 0);
	ck_assert_int_eq(mkfifo(in_dir("t/fifo"), 0600), 0);
	struct timespec times[2] = {{1, 0}, {1000000000, 123456789}};
	ck_assert_int_eq(utimensat(AT_FDCWD, in_dir("t/small"), times, 0), 0);
	ck_assert_int_eq(chmod(in_dir("t"), 0751), 0);
	OK(rootfs_add_host(r, in_dir("t"), "/data"));
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, "/data/small", "small", 5));
	ck_assert(view_has_data(&v, "/data/sub/big", big, sizeof(big)));
	ck_assert(view_has_data(&v, "/data/sub/soft", "../small", 8));
	ck_assert_ptr_eq(view_find(&v, "/data/sub/hard"), view_find(&v, "/data/small"));
	ck_assert_uint_eq(view_find(&v, "/data/small")->nlink, 2);
	ck_assert_int_eq(view_find(&v, "/data/small")->mtime_ns, 1000000000123456789);
	ck_assert_uint_eq(view_find(&v, "/data")->mode, S_IFDIR | 0751);
	ck_assert_uint_eq(view_find(&v, "/data/fifo")->mode & S_IFMT, S_IFIFO);
	ck_assert_uint_eq(view_find(&v, "/data/small")->uid, getuid());
	/* the guest's writes stay in its memory */
	v.base[view_find(&v, "/data/sub/big")->data_offset] = 'X';
	FILE *f = fopen(in_dir("t/sub/big"), "r");
	ck_assert_int_eq(fgetc(f), 'b');
	fclose(f);
	view_close(&v);
}
END_TEST

START_TEST(host_specs)
{
	char spec[300];
	make_file("f", 0644, "f", 1);
	make_file("with:colon", 0644, "c", 1);
	snprintf(spec, sizeof(spec), "%s/f", dir);
	OK(rootfs_add_spec(r, spec));
	snprintf(spec, sizeof(spec), "%s/f:/etc/g", dir);
	OK(rootfs_add_spec(r, spec));
	snprintf(spec, sizeof(spec), "%s/with:colon", dir);
	OK(rootfs_add_spec(r, spec));
	snprintf(spec, sizeof(spec), "%s/with:colon:/h", dir);
	OK(rootfs_add_spec(r, spec));
	ck_assert_int_eq(rootfs_add_spec(r, ":/x"), -EINVAL);
	ck_assert_int_eq(rootfs_add_spec(r, ""), -EINVAL);
	ck_assert_int_eq(rootfs_add_spec(r, "/tmp:"), -EINVAL);
	ck_assert_int_eq(rootfs_add_spec(r, "/no/such/file:/x"), -ENOENT);
	ck_assert_str_eq(rootfs_error(r), "/no/such/file: No such file or directory");
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, in_dir("f"), "f", 1));
	ck_assert(view_has_data(&v, "/etc/g", "f", 1));
	ck_assert(view_has_data(&v, in_dir("with:colon"), "c", 1));
	ck_assert(view_has_data(&v, "/h", "c", 1));
	view_close(&v);
}
END_TEST

START_TEST(host_changes)
{
	char big[100000] = "x";
	make_file("small", 0644, "12345", 5);
	make_file("big", 0644, big, sizeof(big));
	OK(rootfs_add_host(r, in_dir("small"), "/small"));
	uint64_t size = rootfs_size(r);
	void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	make_file("small", 0644, "1", 1);
	ck_assert_int_eq(rootfs_write(r, base, size), -EIO);
	ck_assert_int_eq(rootfs_write(r, base, size - 4096), -EINVAL);
	ck_assert_int_eq(unlink(in_dir("small")), 0);
	munmap(base, size);
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_int_eq(rootfs_write(r, base, size), -ENOENT);
	ck_assert_ptr_nonnull(strstr(rootfs_error(r), "/small: No such file"));
	munmap(base, size);
}
END_TEST

/* ---- programs ---- */

static const char *add_program(const char *name)
{
	const char *path = NULL;
	OK(rootfs_add_program(r, name, NULL, NULL, &path));
	ck_assert_ptr_nonnull(path);
	return path;
}

START_TEST(program_dynamic)
{
	char real[PATH_MAX];
	ck_assert_ptr_nonnull(realpath("/bin/sh", real));
	ck_assert_str_eq(add_program("/bin/sh"), "/bin/sh");
	ck_assert_uint_eq(rootfs_lookup(r, "/bin/sh") & S_IFMT, S_IFREG);
	ck_assert_uint_eq(rootfs_lookup(r, real) & S_IFMT, S_IFREG);
	ck_assert(rootfs_lookup(r, "/lib64/ld-linux-x86-64.so.2"));
	ck_assert(rootfs_lookup(r, "/lib/x86_64-linux-gnu/libc.so.6"));
	ck_assert(rootfs_lookup(r, "/lib/x86_64-linux-gnu/libgcc_s.so.1"));
	struct view v = view_open(r);
	ck_assert(S_ISLNK(view_find(&v, "/lib")->mode)); /* a merged /usr stays merged */
	view_close(&v);
}
END_TEST

/* A root of somebody else's, where /lib is no link: the libraries go where the program looks. */
START_TEST(program_in_foreign_root)
{
	OK(rootfs_add_file(r, "/lib/keep", 0644, "", 0));
	OK(rootfs_add_symlink(r, "/lib64", "somewhere"));
	add_program("/bin/sh");
	ck_assert_uint_eq(rootfs_lookup(r, "/lib/keep"), S_IFREG | 0644);
	ck_assert_uint_eq(rootfs_lookup(r, "/lib/x86_64-linux-gnu/libc.so.6") & S_IFMT, S_IFREG);
	struct view v = view_open(r);
	ck_assert(S_ISDIR(view_find(&v, "/lib")->mode));
	ck_assert(S_ISREG(view_find(&v, "/somewhere/ld-linux-x86-64.so.2")->mode));
	view_close(&v);
}
END_TEST

/* The referee: whatever ldd names must be in the tree. */
START_TEST(program_as_ldd)
{
	static const char *const programs[] = {"/bin/bash", "/usr/bin/python3", "/usr/bin/as",
					       "/usr/bin/make", "/usr/bin/ar"};
	char cmd[200], line[1000], path[900];
	int seen = 0;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		if (access(programs[i], X_OK))
			continue;
		add_program(programs[i]);
		snprintf(cmd, sizeof(cmd), "ldd %s", programs[i]);
		FILE *f = popen(cmd, "r");
		while (fgets(line, sizeof(line), f)) {
			if (sscanf(line, " %*s => %898s", path) != 1 &&
			    sscanf(line, " /%898s", path + 1) != 1)
				continue;
			path[0] = '/';
			ck_assert_msg(S_ISREG(rootfs_lookup(r, path)), "%s: %s is missing",
				      programs[i], path);
			seen++;
		}
		ck_assert_int_eq(pclose(f), 0);
	}
	ck_assert_int_gt(seen, 5);
}
END_TEST

START_TEST(program_in_path)
{
	const char *path = NULL;
	make_file("tool", 0755, "#!/bin/sh\n", 10);
	OK(rootfs_add_program(r, "tool", dir, NULL, &path));
	ck_assert_str_eq(path, in_dir("tool"));
	ck_assert_int_eq(rootfs_add_program(r, "tool-that-is-not", dir, NULL, &path), -ENOENT);
	ck_assert_int_eq(rootfs_add_program(r, "", NULL, NULL, &path), -ENOENT);
}
END_TEST

START_TEST(program_scripts)
{
	char text[256];
	make_file("inner", 0755, "#! /bin/sh -e \nexit\n", 19);
	snprintf(text, sizeof(text), "#!%s arg\n", in_dir("inner"));
	make_file("outer", 0755, text, strlen(text));
	make_file("env", 0755, "#!/usr/bin/env cat\n", 19);
	add_program(in_dir("outer"));
	ck_assert(rootfs_lookup(r, in_dir("inner")));
	ck_assert(rootfs_lookup(r, "/bin/sh"));
	ck_assert(!rootfs_lookup(r, "/bin/cat"));
	add_program(in_dir("env"));
	ck_assert(rootfs_lookup(r, "/usr/bin/env"));
	ck_assert(rootfs_lookup(r, "/usr/bin/cat"));
}
END_TEST

static void refuse(const char *name, int err, const char *text)
{
	const char *path = NULL;
	ck_assert_int_eq(rootfs_add_program(r, in_dir(name), NULL, NULL, &path), err);
	ck_assert_msg(strstr(rootfs_error(r), text) != NULL, "\"%s\" lacks \"%s\"", rootfs_error(r),
		      text);
	ck_assert_msg(strstr(rootfs_error(r), name) != NULL, "%s", rootfs_error(r));
}

START_TEST(program_errors)
{
	char text[256];
	refuse("absent", -ENOENT, "No such file");
	make_file("plain", 0644, "#!/bin/sh\n", 10);
	refuse("plain", -EACCES, "not executable");
	ck_assert_int_eq(mkdir(in_dir("folder"), 0755), 0);
	refuse("folder", -EACCES, "a directory");
	make_file("text", 0755, "hello\n", 6);
	refuse("text", -ENOEXEC, "neither an ELF program nor a #! script");
	make_file("empty", 0755, "", 0);
	refuse("empty", -ENOEXEC, "neither");
	make_file("bare", 0755, "#!  \n", 5);
	refuse("bare", -ENOEXEC, "without an interpreter");
	make_file("lost", 0755, "#!/no/such/interpreter\n", 23);
	refuse("lost", -ENOENT, "/no/such/interpreter");
	snprintf(text, sizeof(text), "#!%s\n", in_dir("self"));
	make_file("self", 0755, text, strlen(text));
	refuse("self", -ELOOP, "too many");
	snprintf(text, sizeof(text), "%s/x", in_dir("text"));
	const char *path;
	ck_assert_int_eq(rootfs_add_program(r, text, NULL, NULL, &path), -ENOENT);
}
END_TEST

START_TEST(program_from_tree)
{
	const char *path = NULL;
	make_file("tool", 0755, "#!/bin/sh\n", 10);
	OK(rootfs_add_host(r, in_dir("tool"), "/opt/tool"));
	OK(rootfs_add_program(r, "/opt/tool", NULL, NULL, &path));
	ck_assert_str_eq(path, "/opt/tool");
	ck_assert(rootfs_lookup(r, "/bin/sh"));
	ck_assert(!rootfs_lookup(r, in_dir("tool")));
}
END_TEST

/* ---- hostile ELF: every prefix and every damaged byte of the head of a real program ---- */

START_TEST(elf_damaged)
{
	static unsigned char bytes[1 << 20];
	int fd = open("/proc/self/exe", O_RDONLY);
	ssize_t n = read(fd, bytes, sizeof(bytes));
	close(fd);
	ck_assert_int_gt(n, 4096);
	const char *path;
	for (int cut = 0; cut < 20000; cut += cut < 1200 ? 13 : 1301) {
		make_file("cut", 0755, bytes, cut);
		int err = rootfs_add_program(r, in_dir("cut"), NULL, NULL, &path);
		ck_assert_msg(err == -ENOEXEC, "%d bytes: %d %s", cut, err, rootfs_error(r));
	}
	for (int at = 0; at < 1000; at++) {
		unsigned char was = bytes[at];
		bytes[at] ^= 0xff;
		make_file("bent", 0755, bytes, 65536);
		int err = rootfs_add_program(r, in_dir("bent"), NULL, NULL, &path);
		ck_assert_msg(!err || *rootfs_error(r), "byte %d", at);
		bytes[at] = was;
		if (at % 100 == 99) {
			rootfs_destroy(r);
			r = rootfs_create(LIMIT);
		}
	}
}
END_TEST

START_TEST(skeleton_fills_gaps)
{
	OK(rootfs_add_file(r, "/etc/passwd", 0600, "mine", 4));
	OK(rootfs_add_skeleton(r));
	struct view v = view_open(r);
	ck_assert(view_has_data(&v, "/etc/passwd", "mine", 4));
	ck_assert_uint_eq(view_find(&v, "/tmp")->mode, S_IFDIR | 01777);
	ck_assert_ptr_nonnull(view_find(&v, "/proc"));
	ck_assert_ptr_nonnull(view_find(&v, "/etc/group"));
	view_close(&v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rootfs");
	TCase *t = tcase_create("rootfs");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, empty_root);
	tcase_add_test(t, nodes);
	tcase_add_test(t, replacing);
	tcase_add_test(t, links_within);
	tcase_add_test(t, names);
	tcase_add_test(t, many_entries);
	tcase_add_test(t, limit);
	tcase_add_test(t, host_tree);
	tcase_add_test(t, host_specs);
	tcase_add_test(t, host_changes);
	tcase_add_test(t, program_dynamic);
	tcase_add_test(t, program_in_foreign_root);
	tcase_add_test(t, program_as_ldd);
	tcase_add_test(t, program_in_path);
	tcase_add_test(t, program_scripts);
	tcase_add_test(t, program_errors);
	tcase_add_test(t, program_from_tree);
	tcase_add_test(t, elf_damaged);
	tcase_add_test(t, skeleton_fills_gaps);
	suite_add_tcase(s, t);
	SRunner *run = srunner_create(s);
	srunner_run_all(run, CK_NORMAL);
	int failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
