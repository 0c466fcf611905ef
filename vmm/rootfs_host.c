/* Host files in the tree: --file, and the way to a program as the host has it. */
#include "rootfs_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- hard links ---- */

static unsigned int link_bucket(uint64_t dev, uint64_t ino)
{
	return (ino ^ ino >> 6 ^ dev) % ROOTFS_LINK_BUCKETS;
}

struct rootfs_inode *rootfs_link_find(struct rootfs *r, uint64_t dev, uint64_t ino)
{
	struct rootfs_link *l = r->links[link_bucket(dev, ino)];
	while (l && !(l->dev == dev && l->ino == ino))
		l = l->next;
	return l ? l->inode : NULL;
}

int rootfs_link_add(struct rootfs *r, uint64_t dev, uint64_t ino, struct rootfs_inode *inode)
{
	struct rootfs_link *l = rootfs_alloc(r, sizeof(*l));
	if (!l)
		return -ENOMEM;
	struct rootfs_link **bucket = &r->links[link_bucket(dev, ino)];
	*l = (struct rootfs_link){.dev = dev, .ino = ino, .inode = inode, .next = *bucket};
	*bucket = l;
	return 0;
}

/* ---- inodes ---- */

static int read_link(struct rootfs *r, const char *host, struct rootfs_inode *i)
{
	char target[ROOTFS_PATH_MAX];
	ssize_t n = readlink(host, target, sizeof(target));
	if (n < 0)
		return rootfs_fail_path(r, errno, host);
	if (n == sizeof(target))
		return rootfs_fail_path(r, ENAMETOOLONG, host);
	i->size = n;
	i->data = rootfs_strndup(r, target, n);
	return i->data ? rootfs_charge(r, n, host) : rootfs_fail_path(r, ENOMEM, host);
}

static int fill_inode(struct rootfs *r, const char *host, const struct stat *st,
		      struct rootfs_inode *i)
{
	i->uid = st->st_uid;
	i->gid = st->st_gid;
	i->mtime_ns = st->st_mtim.tv_sec * 1000000000ll + st->st_mtim.tv_nsec;
	if (S_ISLNK(st->st_mode))
		return read_link(r, host, i);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		i->major = major(st->st_rdev);
		i->minor = minor(st->st_rdev);
	}
	if (!S_ISREG(st->st_mode))
		return 0;
	i->size = st->st_size;
	i->source = SOURCE_HOST;
	i->host = rootfs_strndup(r, host, strlen(host));
	if (!i->host)
		return rootfs_fail_path(r, ENOMEM, host);
	if (i->size > r->limit)
		return rootfs_charge(r, i->size, host);
	return rootfs_charge(r, (i->size + 4095) & ~(uint64_t)4095, host);
}

struct rootfs_inode *rootfs_host_inode(struct rootfs *r, const char *host, const struct stat *st)
{
	bool shared = st->st_nlink > 1 && !S_ISDIR(st->st_mode);
	struct rootfs_inode *i = shared ? rootfs_link_find(r, st->st_dev, st->st_ino) : NULL;
	if (i)
		return i;
	i = rootfs_inode_create(r, st->st_mode & (S_IFMT | 07777), host);
	if (!i || fill_inode(r, host, st, i))
		return NULL;
	if (shared && rootfs_link_add(r, st->st_dev, st->st_ino, i)) {
		rootfs_fail_path(r, ENOMEM, host);
		return NULL;
	}
	return i;
}

/* ---- recursion ---- */

/* A pair of paths that grow and shrink together while a directory is walked. */
struct host_walk {
	struct rootfs *r;
	char host[ROOTFS_PATH_MAX], guest[ROOTFS_PATH_MAX];
};

static int add_tree(struct host_walk *w, const struct stat *st);

/* Append "/name" to path[ROOTFS_PATH_MAX]; the old length, or -ENAMETOOLONG. */
static ssize_t path_push(char *path, const char *name)
{
	size_t len = strlen(path), add = strlen(name);
	if (len + add + 2 > ROOTFS_PATH_MAX)
		return -ENAMETOOLONG;
	bool slash = len && path[len - 1] == '/';
	if (!slash)
		path[len] = '/';
	memcpy(path + len + !slash, name, add + 1);
	return len;
}

static int add_child(struct host_walk *w, const char *name)
{
	ssize_t host_len = path_push(w->host, name);
	if (host_len < 0)
		return rootfs_fail(w->r, ENAMETOOLONG, "%s/%s: %s", w->host, name,
				   strerror(ENAMETOOLONG));
	ssize_t guest_len = path_push(w->guest, name);
	struct stat st;
	int err;
	if (guest_len < 0)
		err = rootfs_fail_path(w->r, ENAMETOOLONG, w->host);
	else if (lstat(w->host, &st) < 0) /* gone since it was listed: as if never there */
		err = errno == ENOENT ? 0 : rootfs_fail_path(w->r, errno, w->host);
	else
		err = add_tree(w, &st);
	w->host[host_len] = 0;
	if (guest_len >= 0)
		w->guest[guest_len] = 0;
	return err;
}

static int add_children(struct host_walk *w)
{
	DIR *d = opendir(w->host);
	if (!d)
		return rootfs_fail_path(w->r, errno, w->host);
	int err = 0;
	struct dirent *e;
	while (!err && (errno = 0, e = readdir(d))) {
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			err = add_child(w, e->d_name);
	}
	if (!err && errno)
		err = rootfs_fail_path(w->r, errno, w->host);
	closedir(d);
	return err;
}

static int add_tree(struct host_walk *w, const struct stat *st)
{
	struct rootfs_inode *i = rootfs_host_inode(w->r, w->host, st);
	if (!i)
		return -ENOSPC;
	int err = rootfs_put(w->r, w->guest, i);
	if (err || !S_ISDIR(st->st_mode))
		return err;
	return add_children(w);
}

static int host_walk_start(struct host_walk *w, const char *host, const char *guest)
{
	if (strlen(host) >= ROOTFS_PATH_MAX)
		return rootfs_fail_path(w->r, ENAMETOOLONG, host);
	if (strlen(guest) >= ROOTFS_PATH_MAX)
		return rootfs_fail_path(w->r, ENAMETOOLONG, guest);
	strcpy(w->host, host);
	strcpy(w->guest, guest);
	return 0;
}

int rootfs_add_host(struct rootfs *r, const char *host, const char *guest)
{
	struct stat st;
	if (stat(host, &st) < 0)
		return rootfs_fail_path(r, errno, host);
	struct host_walk *w = malloc(sizeof(*w));
	if (!w)
		return rootfs_fail_path(r, ENOMEM, host);
	w->r = r;
	int err = host_walk_start(w, host, guest);
	if (!err)
		err = add_tree(w, &st);
	free(w);
	return err;
}

int rootfs_absolute(const char *path, char out[ROOTFS_PATH_MAX])
{
	char text[2 * ROOTFS_PATH_MAX] = "";
	if (*path != '/' && !getcwd(text, ROOTFS_PATH_MAX))
		return -errno;
	size_t at = strlen(text);
	if (strlen(path) >= ROOTFS_PATH_MAX)
		return -ENAMETOOLONG;
	text[at++] = '/';
	strcpy(text + at, path);
	char *to = out;
	for (const char *p = text; *p;) {
		p += strspn(p, "/");
		size_t n = strcspn(p, "/");
		if (n && !(n == 1 && *p == '.')) {
			if ((size_t)(to - out) + n + 2 > ROOTFS_PATH_MAX)
				return -ENAMETOOLONG;
			*to++ = '/';
			memcpy(to, p, n);
			to += n;
		}
		p += n;
	}
	if (to == out)
		*to++ = '/';
	*to = 0;
	return 0;
}

int rootfs_add_spec(struct rootfs *r, const char *spec)
{
	char host[ROOTFS_PATH_MAX], guest[ROOTFS_PATH_MAX];
	const char *colon = strrchr(spec, ':');
	if (colon == spec || !*spec)
		return rootfs_fail(r, EINVAL, "--file %s: expected HOST[:GUEST]", spec);
	if (!colon || !access(spec, F_OK)) {
		int err = rootfs_absolute(spec, guest);
		return err ? rootfs_fail_path(r, -err, spec) : rootfs_add_host(r, spec, guest);
	}
	if (!colon[1])
		return rootfs_fail(r, EINVAL, "--file %s: expected HOST[:GUEST]", spec);
	if ((size_t)(colon - spec) >= sizeof(host))
		return rootfs_fail_path(r, ENAMETOOLONG, spec);
	memcpy(host, spec, colon - spec);
	host[colon - spec] = 0;
	return rootfs_add_host(r, host, colon + 1);
}

/* ---- the way to a file ---- */

/*
 * Mirroring walks the host and the tree together. As long as both agree a missing name is taken
 * over from the host; where the tree has something of its own (an archive's /lib that is a
 * directory), the rest of the way is made of plain directories there, and the file still comes from
 * the host's path.
 */
struct mirror {
	struct rootfs *r;
	const char *path;
	unsigned int links;
	char rest[2 * ROOTFS_PATH_MAX];
	char here[ROOTFS_PATH_MAX]; /* guest path walked so far, free of links */
	char name[ROOTFS_NAME_MAX + 1];
};

/* Put target in front of what is left to walk. */
static int mirror_expand(struct mirror *m, const char *target, size_t len)
{
	size_t left = strlen(m->rest);
	if (++m->links > ROOTFS_SYMLINKS_MAX)
		return rootfs_fail_path(m->r, ELOOP, m->path);
	if (left + len + 2 > ROOTFS_PATH_MAX)
		return rootfs_fail_path(m->r, ENAMETOOLONG, m->path);
	memmove(m->rest + len + 1, m->rest, left + 1);
	memcpy(m->rest, target, len);
	m->rest[len] = '/';
	if (!left)
		m->rest[len] = 0;
	if (*target == '/')
		strcpy(m->here, "/");
	return 0;
}

/* Take name off the front of rest; false at the end. */
static bool mirror_next(struct mirror *m)
{
	size_t skip = strspn(m->rest, "/"), len = strcspn(m->rest + skip, "/");
	if (len > ROOTFS_NAME_MAX)
		len = ROOTFS_NAME_MAX; /* the host will not find it */
	memcpy(m->name, m->rest + skip, len);
	m->name[len] = 0;
	size_t used = skip + len;
	memmove(m->rest, m->rest + used, strlen(m->rest + used) + 1);
	return len != 0;
}

static void path_pop(char *path)
{
	char *slash = strrchr(path, '/');
	slash[slash == path] = 0;
}

/* The name in the tree is absent: take the host's. */
static int mirror_create(struct mirror *m, bool last)
{
	struct stat st;
	struct rootfs_inode *i;
	if (lstat(m->here, &st) == 0 && (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode))) {
		i = rootfs_host_inode(m->r, m->here, &st);
		if (i && S_ISDIR(i->mode)) /* it holds nothing but what is put there: the host's changes are not its */
			i->mtime_ns = m->r->now_ns;
	} else if (last) {
		if (stat(m->path, &st) < 0)
			return rootfs_fail_path(m->r, errno, m->path);
		i = rootfs_host_inode(m->r, m->path, &st);
	} else {
		i = rootfs_inode_create(m->r, S_IFDIR | 0755, m->here);
	}
	return i ? rootfs_put(m->r, m->here, i) : -ENOSPC;
}

static int mirror_step(struct mirror *m)
{
	if (!strcmp(m->name, "."))
		return 0;
	if (!strcmp(m->name, "..")) {
		path_pop(m->here);
		return 0;
	}
	if (path_push(m->here, m->name) < 0)
		return rootfs_fail_path(m->r, ENAMETOOLONG, m->path);
	bool last = !m->rest[strspn(m->rest, "/")];
	struct rootfs_place at;
	int err = rootfs_walk(m->r, m->here, ROOTFS_MAKE_DIRS, &at);
	if (!err && !at.node) {
		err = mirror_create(m, last);
		if (!err)
			err = rootfs_walk(m->r, m->here, 0, &at);
	}
	if (err)
		return err;
	const struct rootfs_inode *i = at.node->inode;
	if (S_ISLNK(i->mode)) {
		path_pop(m->here);
		return mirror_expand(m, i->data, i->size);
	}
	if (!last && !S_ISDIR(i->mode))
		return rootfs_fail_path(m->r, ENOTDIR, m->path);
	return 0;
}

int rootfs_mirror(struct rootfs *r, const char *path)
{
	struct mirror m = {.r = r, .path = path, .here = "/"};
	if (strlen(path) >= ROOTFS_PATH_MAX)
		return rootfs_fail_path(r, ENAMETOOLONG, path);
	strcpy(m.rest, path);
	int err = 0;
	while (!err && mirror_next(&m))
		err = mirror_step(&m);
	return err;
}
