/*
 * PROGRAM: scripts, ELF programs and the libraries they ask for, found on a host of three files that come from the input
 * (/fz/p, /fz/l/liba.so, /etc/ld.so.cache) and nothing else. The first two bytes are the lengths of the first two.
 * sources: vmm/rootfs.c vmm/rootfs_tree.c vmm/rootfs_host.c vmm/rootfs_image.c vmm/rootfs_ldcache.c vmm/cpio.c vmm/program.c vmm/elfdeps.c vmm/ldcache.c
 * flags: -Wl,--wrap=open,--wrap=stat,--wrap=lstat,--wrap=access,--wrap=readlink,--wrap=realpath,--wrap=opendir
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../unit/bootfs_view.h"
#include "lib/input.h"
#include "rootfs.h"

#define LIMIT (4u << 20)

/* ---- the host ---- */

enum { PROGRAM, LIBRARY, CACHE, FILES };

static const struct {
	const char *path;
	mode_t mode;
	int file; /* of FILES, -1: a directory */
	const char *link;
} host[] = {
	{"/", S_IFDIR | 0755, -1, NULL},
	{"/fz", S_IFDIR | 0755, -1, NULL},
	{"/fz/l", S_IFDIR | 0755, -1, NULL},
	{"/fz/p", S_IFREG | 0755, PROGRAM, NULL},
	{"/fz/l/liba.so", S_IFREG | 0644, LIBRARY, NULL},
	{"/fz/l/libb.so", S_IFLNK | 0777, -1, "liba.so"},
	{"/lib", S_IFLNK | 0777, -1, "fz/l"},
	{"/fz/i", S_IFLNK | 0777, -1, "/fz/l/liba.so"},
	{"/etc", S_IFDIR | 0755, -1, NULL},
	{"/etc/ld.so.cache", S_IFREG | 0644, CACHE, NULL},
};
#define HOST_COUNT (sizeof(host) / sizeof(host[0]))

static int file[FILES] = {-1, -1, -1};
static bool there; /* else the fuzzer itself asks, for its own files */

int __real_open(const char *path, int flags, ...);
int __real_stat(const char *path, struct stat *st);
int __real_lstat(const char *path, struct stat *st);
int __real_access(const char *path, int mode);
ssize_t __real_readlink(const char *path, char *buf, size_t size);
char *__real_realpath(const char *path, char *out);
DIR *__real_opendir(const char *path);
int __wrap_open(const char *path, int flags, ...);
int __wrap_stat(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
int __wrap_access(const char *path, int mode);
ssize_t __wrap_readlink(const char *path, char *buf, size_t size);
char *__wrap_realpath(const char *path, char *out);
DIR *__wrap_opendir(const char *path);

/* Replace the first link of path (before its last part, or there too if asked). False: there is none. */
static bool follow(char path[8192], bool last)
{
	for (size_t i = 0; i < HOST_COUNT; i++) {
		size_t n = strlen(host[i].path);
		char rest[8192];

		if (!host[i].link || strncmp(path, host[i].path, n) || (path[n] != '/' && (path[n] || !last)))
			continue;
		snprintf(rest, sizeof(rest), "%s", path + n);
		size_t dir = *host[i].link == '/' ? 0 : (size_t)(strrchr(host[i].path, '/') + 1 - host[i].path);

		snprintf(path, 8192, "%.*s%s%s", (int)dir, host[i].path, host[i].link, rest);
		return true;
	}
	return false;
}

/* Drop "//", "/." and "/..". */
static void tidy(const char *path, char out[8192])
{
	size_t at = 0;

	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && !strncmp(p, "..", 2)) {
			while (at && out[--at] != '/')
				;
		} else if (n && !(n == 1 && *p == '.') && at + n + 2 < 8192) {
			out[at++] = '/';
			memcpy(out + at, p, n);
			at += n;
		}
		p += n + strspn(p + n, "/");
	}
	if (!at)
		out[at++] = '/';
	out[at] = 0;
}

static int find(const char *path, bool last, char real[8192])
{
	char from[8192];

	snprintf(from, sizeof(from), "%s", path);
	tidy(from, real);
	for (int i = 0; i < 8 && follow(real, last); i++) {
		memcpy(from, real, sizeof(from));
		tidy(from, real);
	}
	for (size_t i = 0; i < HOST_COUNT; i++) {
		if (!strcmp(host[i].path, real))
			return (int)i;
	}
	errno = ENOENT;
	return -1;
}

static int fill(int i, struct stat *st)
{
	if (i < 0)
		return -1;
	memset(st, 0, sizeof(*st));
	if (host[i].file >= 0 && fstat(file[host[i].file], st))
		return -1;
	st->st_mode = host[i].mode;
	st->st_nlink = 1;
	st->st_ino = (ino_t)i + 1;
	if (host[i].link)
		st->st_size = (off_t)strlen(host[i].link);
	return 0;
}

int __wrap_stat(const char *path, struct stat *st)
{
	char real[8192];

	return there ? fill(find(path, true, real), st) : __real_stat(path, st);
}

int __wrap_lstat(const char *path, struct stat *st)
{
	char real[8192];

	return there ? fill(find(path, false, real), st) : __real_lstat(path, st);
}

int __wrap_access(const char *path, int mode)
{
	char real[8192];

	if (!there)
		return __real_access(path, mode);
	return find(path, true, real) < 0 ? -1 : 0;
}

ssize_t __wrap_readlink(const char *path, char *buf, size_t size)
{
	char real[8192];

	if (!there)
		return __real_readlink(path, buf, size);
	int i = find(path, false, real);

	if (i < 0 || !host[i].link) {
		errno = i < 0 ? ENOENT : EINVAL;
		return -1;
	}
	size_t n = strlen(host[i].link);

	n = n < size ? n : size;
	memcpy(buf, host[i].link, n);
	return (ssize_t)n;
}

char *__wrap_realpath(const char *path, char *out)
{
	char real[8192];

	if (!there)
		return __real_realpath(path, out);
	if (find(path, true, real) < 0)
		return NULL;
	return strcpy(out, real);
}

int __wrap_open(const char *path, int flags, ...)
{
	char real[8192];
	va_list ap;

	va_start(ap, flags);
	int mode = flags & O_CREAT ? va_arg(ap, int) : 0;

	va_end(ap);
	if (!there)
		return __real_open(path, flags, mode);
	int i = find(path, true, real);

	if (i < 0)
		return -1;
	if (host[i].file < 0) {
		errno = EISDIR;
		return -1;
	}
	snprintf(real, sizeof(real), "/proc/self/fd/%d", file[host[i].file]);
	return __real_open(real, flags);
}

DIR *__wrap_opendir(const char *path)
{
	if (!there)
		return __real_opendir(path);
	errno = EACCES;
	return NULL;
}

/* ---- */

static void write_files(struct input *in)
{
	size_t len[FILES] = {input_u8(in) * 8u, input_u8(in) * 8u, SIZE_MAX};
	static uint8_t bytes[65536];

	for (int i = 0; i < FILES; i++) {
		if (file[i] < 0)
			file[i] = memfd_create("host", MFD_CLOEXEC);
		fchmod(file[i], host[3 + i].mode & 0777);
		size_t n = input_bytes(in, bytes, len[i] < sizeof(bytes) ? len[i] : sizeof(bytes));

		FUZZ_CHECK(ftruncate(file[i], 0) == 0 && pwrite(file[i], bytes, n, 0) == (ssize_t)n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	const char *path = NULL;
	struct rootfs *r = rootfs_create(LIMIT);
	uint8_t how = input_u8(&in);

	FUZZ_CHECK(r);
	write_files(&in);
	there = true;
	int err = rootfs_add_program(r, how & 1 ? "/fz/p" : "p", "/fz", how & 2 ? "/fz/l:$ORIGIN" : NULL, &path);

	FUZZ_CHECK(err <= 0 && (!err || *rootfs_error(r)));
	if (!err) {
		FUZZ_CHECK(path && *path == '/');
		err = rootfs_add_skeleton(r);
	}
	if (!err) {
		struct view v = view_open(r);

		FUZZ_CHECK(view_find(&v, "/fz/p"));
		view_close(&v);
	}
	there = false;
	rootfs_destroy(r);
	return 0;
}
