/*
 * PROGRAM with all it needs to start. What execve(2) and ld.so(8) would do is followed on the
 * host's files; each file found is mirrored into the tree.
 */
#include "rootfs_tree.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "elfdeps.h"

#define SCRIPT_DEPTH_MAX 5   /* execve(2): ELOOP beyond */
#define SCRIPT_LINE_MAX	 256 /* execve(2): BINPRM_BUF_SIZE */
#define LIBRARIES_MAX	 4096

/* An ELF object whose needed libraries are being found. */
struct object {
	struct object
		*loader; /* who needed it, NULL for the program: DT_RPATH goes up this chain */
	struct object *next;
	struct elf_info elf;
	const char *path;
	const char *name; /* as needed */
};

struct loading {
	struct rootfs *r;
	const char *search_path, *library_path;
	struct object *first, **last;
	unsigned int count;
	struct ld_cache cache;
	bool cache_tried;
	bool musl;
	const char *interpreter; /* the last part of PT_INTERP: never loaded twice */
};

/* The executable file at an absolute path with what it needs. depth: #! lines followed so far. */
static int add_file(struct loading *l, const char *path, unsigned int depth);

/* ---- libraries ---- */

/* $ORIGIN: the directory of the file, links resolved. */
static void origin_of(const struct object *o, char out[PATH_MAX])
{
	if (!realpath(o->path, out))
		strcpy(out, "/");
	char *slash = strrchr(out, '/');
	slash[slash == out] = 0;
}

/* Queue the object; takes over elf. */
static int push_object(struct loading *l, struct object *loader, const char *name, const char *path,
		       struct elf_info *elf)
{
	struct object *o = rootfs_alloc(l->r, sizeof(*o));
	if (!o || ++l->count > LIBRARIES_MAX) {
		elf_info_free(elf);
		return rootfs_fail_path(l->r, ENOMEM, path);
	}
	*o = (struct object){.loader = loader, .elf = *elf, .name = name};
	*l->last = o;
	l->last = &o->next;
	o->path = rootfs_strndup(l->r, path, strlen(path));
	return o->path ? 0 : rootfs_fail_path(l->r, ENOMEM, path);
}

static bool already_loaded(const struct loading *l, const char *name)
{
	for (const struct object *o = l->first; o; o = o->next) {
		if (o->name && !strcmp(o->name, name))
			return true;
	}
	return false;
}

/* Is path a library for this machine? Then it is taken: 1. 0: ld.so would look on. */
static int try_library(struct loading *l, struct object *loader, const char *name, const char *path)
{
	struct elf_info elf;
	const char *why;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return 0;
	int err = elf_info_read(fd, &elf, &why);
	close(fd);
	if (err)
		return 0;
	if (elf.machine != elf_arch_host()->machine) {
		elf_info_free(&elf);
		return 0;
	}
	err = push_object(l, loader, name, path, &elf);
	if (!err)
		err = rootfs_mirror(l->r, path);
	return err ? err : 1;
}

/* Look in each directory of a list that `owner` (or ld.so, NULL) brought. separators: ":" or ":;".
 */
static int try_list(struct loading *l, struct object *loader, const char *name, const char *list,
		    const char *separators, const struct object *owner)
{
	char path[ROOTFS_PATH_MAX], absolute[ROOTFS_PATH_MAX], origin[PATH_MAX] = "/";
	int found = 0;
	if (list && owner && strchr(list, '$'))
		origin_of(owner, origin);
	for (const char *p = list; p && !found;) {
		size_t n = strcspn(p, separators);
		int len = n ? elf_expand_tokens(p, n, origin, path, sizeof(path)) : 0;
		if (!n) /* ld.so(8): an empty element is the working directory */
			path[len++] = '.';
		if (len > 0 && len + strlen(name) + 2 <= sizeof(path)) {
			path[len] = '/';
			strcpy(path + len + 1, name);
			if (!rootfs_absolute(path, absolute))
				found = try_library(l, loader, name, absolute);
		}
		p = p[n] ? p + n + 1 : NULL;
	}
	return found;
}

/* DT_RPATH of the loader and of those that brought it in. */
static int try_rpaths(struct loading *l, struct object *loader, const char *name)
{
	int found = 0;
	for (struct object *o = loader; o && !found; o = o->loader)
		found = try_list(l, loader, name, o->elf.rpath, ":", o);
	return found;
}

static int try_cache(struct loading *l, struct object *loader, const char *name)
{
	if (!l->cache_tried) {
		l->cache_tried = true;
		ld_cache_load(&l->cache, "/etc/ld.so.cache");
	}
	const char *path = ld_cache_find(&l->cache, name);
	return path ? try_library(l, loader, name, path) : 0;
}

/* musl, ldso/dynlink.c: LD_LIBRARY_PATH, then each one's rpath or runpath up the chain, then these;
 * no cache. */
static int find_library_musl(struct loading *l, struct object *loader, const char *name)
{
	int found = try_list(l, loader, name, l->library_path, ":\n", NULL);
	for (struct object *o = loader; o && !found; o = o->loader)
		found = try_list(l, loader, name, o->elf.runpath ? o->elf.runpath : o->elf.rpath,
				 ":", o);
	return found ? found : try_list(l, loader, name, "/lib:/usr/local/lib:/usr/lib", ":", NULL);
}

/* In the order of ld.so(8). */
static int find_library_glibc(struct loading *l, struct object *loader, const char *name)
{
	int found = loader->elf.runpath ? 0 : try_rpaths(l, loader, name);
	if (!found)
		found = try_list(l, loader, name, l->library_path, ":;", loader);
	if (!found)
		found = try_list(l, loader, name, loader->elf.runpath, ":", loader);
	if (!found && !loader->elf.no_default)
		found = try_cache(l, loader, name);
	if (!found && !loader->elf.no_default)
		found = try_list(l, loader, name, elf_arch_host()->default_dirs, ":", NULL);
	return found;
}

/* 1 found, 0 not: that is no error here, ld.so will say so in the guest as it does everywhere. */
static int find_library(struct loading *l, struct object *loader, const char *name)
{
	char absolute[ROOTFS_PATH_MAX];
	if (strchr(name, '/'))
		return rootfs_absolute(name, absolute) ? 0 : try_library(l, loader, name, absolute);
	return l->musl ? find_library_musl(l, loader, name) : find_library_glibc(l, loader, name);
}

/* glibc opens libgcc_s itself when a thread is cancelled or exits: pthread_cancel(3). */
static const char *companion(const char *name)
{
	return strcmp(name, "libc.so.6") ? NULL : "libgcc_s.so.1";
}

static int load_needed(struct loading *l, struct object *o, const char *name)
{
	if (already_loaded(l, name) || !strcmp(name, l->interpreter))
		return 0;
	if (l->musl && (!strcmp(name, "libc.so") || !strncmp(name, "libc.musl-", 10)))
		return 0; /* the interpreter itself */
	int found = find_library(l, o, name);
	if (found == 1 && companion(name) && !already_loaded(l, companion(name)))
		found = find_library(l, o, companion(name));
	return found < 0 ? found : 0;
}

static int load_all(struct loading *l)
{
	int err = 0;
	for (struct object *o = l->first; o && !err; o = o->next) {
		for (char **name = o->elf.needed; *name && !err; name++)
			err = load_needed(l, o, *name);
	}
	l->r->wants_ld_cache |= !l->musl;
	return err;
}

static void loading_reset(struct loading *l)
{
	for (struct object *o = l->first; o; o = o->next)
		elf_info_free(&o->elf);
	ld_cache_free(&l->cache);
	l->first = NULL;
	l->last = &l->first;
	l->count = 0;
	l->cache_tried = false;
}

/* ---- programs ---- */

static int add_interpreter(struct loading *l, const char *path, const char *interpreter)
{
	if (access(interpreter, F_OK))
		return rootfs_fail(l->r, ENOENT, "%s: its interpreter %s: %s", path, interpreter,
				   strerror(errno));
	char absolute[ROOTFS_PATH_MAX];
	int err = rootfs_absolute(interpreter, absolute);
	return err ? rootfs_fail_path(l->r, -err, interpreter) : rootfs_mirror(l->r, absolute);
}

/* The libraries of a dynamic program; takes over elf. */
static int add_libraries(struct loading *l, const char *path, struct elf_info *elf)
{
	const char *base = strrchr(elf->interpreter, '/');
	l->interpreter = base ? base + 1 : elf->interpreter;
	l->musl = !strncmp(l->interpreter, "ld-musl-", 8);
	int err = push_object(l, NULL, NULL, path, elf);
	if (!err)
		err = load_all(l);
	loading_reset(l);
	return err;
}

static int add_elf(struct loading *l, const char *path, int fd)
{
	struct elf_info elf;
	const char *why;
	int err = elf_info_read(fd, &elf, &why);
	if (err == -ENOEXEC)
		return rootfs_fail(l->r, ENOEXEC, "%s: %s", path, why);
	if (err)
		return rootfs_fail_path(l->r, -err, path);
	if (elf.machine != elf_arch_host()->machine)
		err = rootfs_fail(l->r, ENOEXEC, "%s: a program for %s, not for %s", path,
				  elf_machine_name(elf.machine), elf_arch_host()->name);
	else if (elf.interpreter)
		err = add_interpreter(l, path, elf.interpreter);
	if (!err && elf.interpreter)
		return add_libraries(l, path, &elf);
	elf_info_free(&elf);
	return err;
}

/* The host file that name (without '/') means by the search path: 0, or -ENOENT without a text. */
static int search(const char *list, const char *name, char out[ROOTFS_PATH_MAX])
{
	for (const char *p = list; p;) {
		char path[ROOTFS_PATH_MAX];
		struct stat st;
		int n = strcspn(p, ":");
		int len = snprintf(path, sizeof(path), "%.*s/%s", n ? n : 1, n ? p : ".", name);
		if (len < (int)sizeof(path) && !stat(path, &st) && S_ISREG(st.st_mode) &&
		    (st.st_mode & 0111))
			return rootfs_absolute(path, out);
		p = p[n] ? p + n + 1 : NULL;
	}
	return -ENOENT;
}

/* "#!/usr/bin/env NAME": NAME travels too when it can be found. */
static int add_env_program(struct loading *l, const char *interpreter, const char *arg,
			   unsigned int depth)
{
	char path[ROOTFS_PATH_MAX];
	const char *base = strrchr(interpreter, '/');
	if (strcmp(base ? base + 1 : interpreter, "env") || !*arg || strpbrk(arg, "/= \t-"))
		return 0;
	return search(l->search_path, arg, path) ? 0 : add_file(l, path, depth);
}

/* line: what follows "#!", up to the newline. */
static int add_script(struct loading *l, const char *path, char *line, unsigned int depth)
{
	char absolute[ROOTFS_PATH_MAX];
	line += strspn(line, " \t");
	for (size_t end = strlen(line); end && strchr(" \t", line[end - 1]); end--)
		line[end - 1] = 0;
	size_t n = strcspn(line, " \t");
	char *arg = line + n + strspn(line + n, " \t");
	line[n] = 0;
	if (!*line)
		return rootfs_fail(l->r, ENOEXEC, "%s: #! without an interpreter", path);
	if (depth >= SCRIPT_DEPTH_MAX)
		return rootfs_fail(l->r, ELOOP, "%s: too many #! interpreters in a row", path);
	int err = rootfs_absolute(line, absolute);
	if (err)
		return rootfs_fail_path(l->r, -err, line);
	err = add_file(l, absolute, depth + 1);
	if (err == -ENOENT)
		return rootfs_fail(l->r, ENOENT, "%s: its interpreter %s", path,
				   rootfs_error(l->r));
	return err ? err : add_env_program(l, line, arg, depth + 1);
}

static int add_by_content(struct loading *l, const char *path, int fd, unsigned int depth)
{
	char head[SCRIPT_LINE_MAX + 1];
	ssize_t n = pread(fd, head, SCRIPT_LINE_MAX, 0);
	if (n < 0)
		return rootfs_fail_path(l->r, errno, path);
	head[n] = 0;
	if (n >= 2 && head[0] == '#' && head[1] == '!') {
		head[2 + strcspn(head + 2, "\n")] = 0;
		return add_script(l, path, head + 2, depth);
	}
	if (n < 4 || memcmp(head, ELFMAG, SELFMAG))
		return rootfs_fail(l->r, ENOEXEC, "%s: neither an ELF program nor a #! script",
				   path);
	return add_elf(l, path, fd);
}

/* What the executable file at an absolute path needs, but not itself. */
static int add_needs(struct loading *l, const char *path, unsigned int depth)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return rootfs_fail_path(l->r, errno == ENOTDIR ? ENOENT : errno, path);
	int err = 0;
	if (fstat(fd, &st) < 0)
		err = rootfs_fail_path(l->r, errno, path);
	else if (S_ISDIR(st.st_mode))
		err = rootfs_fail(l->r, EACCES, "%s: a directory, not a program", path);
	else if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		err = rootfs_fail(l->r, EACCES, "%s: not executable", path);
	else
		err = add_by_content(l, path, fd, depth);
	close(fd);
	return err;
}

static int add_file(struct loading *l, const char *path, unsigned int depth)
{
	int err = add_needs(l, path, depth);
	return err ? err : rootfs_mirror(l->r, path);
}

/* ---- where PROGRAM is ---- */

/* The inode at path in the tree, links followed, if it is a regular file. */
static const struct rootfs_inode *tree_file(struct rootfs *r, const char *path)
{
	struct rootfs_place at;
	if (rootfs_walk(r, path, ROOTFS_FOLLOW_LAST, &at) || !at.node)
		return NULL;
	return S_ISREG(at.node->inode->mode) ? at.node->inode : NULL;
}

/* A bare name by the search path within an archive's root. */
static bool search_tree(struct rootfs *r, const char *list, const char *name,
			char out[ROOTFS_PATH_MAX])
{
	for (const char *p = r->has_archive ? list : NULL; p;) {
		int n = strcspn(p, ":");
		int len = snprintf(out, ROOTFS_PATH_MAX, "%.*s/%s", n, p, name);
		if (*p == '/' && len < ROOTFS_PATH_MAX && tree_file(r, out))
			return true;
		p = p[n] ? p + n + 1 : NULL;
	}
	return false;
}

static int locate(struct rootfs *r, const char *program, const char *list,
		  char path[ROOTFS_PATH_MAX])
{
	struct stat st;
	int err = *program ? rootfs_absolute(program, path) : -ENOENT;
	if (err)
		return rootfs_fail_path(r, -err, *program ? program : "''");
	if (strchr(program, '/') || search_tree(r, list, program, path) ||
	    (!stat(program, &st) && S_ISREG(st.st_mode)) || !search(list, program, path))
		return 0;
	return rootfs_fail(r, ENOENT, "%s: not found, neither here nor in PATH", program);
}

/* The tree's own PROGRAM: a host file brings what it needs, an archive is complete by itself. */
static int add_tree_needs(struct loading *l, const char *path, const struct rootfs_inode *i)
{
	if (!(i->mode & 0111))
		return rootfs_fail(l->r, EACCES, "%s: not executable", path);
	return i->source == SOURCE_HOST ? add_needs(l, i->host, 0) : 0;
}

int rootfs_add_program(struct rootfs *r, const char *program, const char *search_path,
		       const char *library_path, const char **path)
{
	char absolute[ROOTFS_PATH_MAX];
	struct loading l = {.r = r, .search_path = search_path, .library_path = library_path};
	if (!search_path)
		l.search_path = getenv("PATH");
	int err = locate(r, program, l.search_path, absolute);
	if (err)
		return err;
	loading_reset(&l);
	const struct rootfs_inode *own = tree_file(r, absolute);
	err = own ? add_tree_needs(&l, absolute, own) : add_file(&l, absolute, 0);
	if (err)
		return err;
	*path = rootfs_strndup(r, absolute, strlen(absolute));
	return *path ? 0 : rootfs_fail_path(r, ENOMEM, absolute);
}
