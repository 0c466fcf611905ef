#include "rootfs_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "shared/abi/bootfs.h"

#define ARENA_CHUNK 65536
#define HASH_START  256

int rootfs_fail(struct rootfs *r, int err, const char *fmt, ...)
{
	char text[sizeof(r->error)]; /* an argument may be the old text */
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(r->error, text, strlen(text) + 1);
	return -err;
}

int rootfs_fail_path(struct rootfs *r, int err, const char *path)
{
	return rootfs_fail(r, err, "%s: %s", path, strerror(err));
}

const char *rootfs_error(const struct rootfs *r)
{
	return r->error;
}

/* ---- memory ---- */

static struct arena_chunk *arena_grow(struct rootfs *r, size_t n)
{
	size_t size = n > ARENA_CHUNK ? n : ARENA_CHUNK;
	struct arena_chunk *c = malloc(sizeof(*c) + size);
	if (!c)
		return NULL;
	c->next = r->arena;
	c->used = 0;
	c->size = size;
	r->arena = c;
	return c;
}

void *rootfs_alloc(struct rootfs *r, size_t n)
{
	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + 15) & ~(size_t)15;
	struct arena_chunk *c = r->arena;
	if (!c || c->size - c->used < n)
		c = arena_grow(r, n);
	if (!c)
		return NULL;
	void *p = c->bytes + c->used;
	c->used += n;
	return p;
}

char *rootfs_strndup(struct rootfs *r, const char *s, size_t n)
{
	char *p = rootfs_alloc(r, n + 1);
	if (!p)
		return NULL;
	memcpy(p, s, n);
	p[n] = 0;
	return p;
}

int rootfs_charge(struct rootfs *r, uint64_t bytes, const char *path)
{
	if (bytes > r->limit || r->cost > r->limit - bytes)
		return rootfs_fail(r, ENOSPC,
				   "%s: the guest's files do not fit into %llu MiB of memory", path,
				   (unsigned long long)r->limit >> 20);
	r->cost += bytes;
	return 0;
}

int rootfs_keep_fd(struct rootfs *r, int fd)
{
	if (r->fd_count == ROOTFS_FDS_MAX)
		return -EMFILE;
	r->fds[r->fd_count++] = fd;
	return 0;
}

int rootfs_keep_buffer(struct rootfs *r, void *base, size_t size)
{
	struct rootfs_buffer *b = rootfs_alloc(r, sizeof(*b));
	if (!b)
		return -ENOMEM;
	*b = (struct rootfs_buffer){.base = base, .size = size, .next = r->buffers};
	r->buffers = b;
	return 0;
}

/* ---- life ---- */

struct rootfs *rootfs_create(uint64_t limit)
{
	struct rootfs *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	r->now_ns = now.tv_sec * 1000000000ll + now.tv_nsec;
	r->limit = limit;
	r->cost = sizeof(struct bootfs_super) + 4096;
	r->hash_size = HASH_START;
	r->hash = calloc(HASH_START, sizeof(*r->hash));
	r->root = rootfs_alloc(r, sizeof(*r->root) + 1);
	struct rootfs_inode *i = rootfs_inode_create(r, S_IFDIR | 0755, "/");
	if (!r->hash || !r->root || !i) {
		rootfs_destroy(r);
		return NULL;
	}
	*r->root = (struct rootfs_node){.parent = r->root, .inode = i};
	i->nlink = 2;
	return r;
}

void rootfs_set_time(struct rootfs *r, int64_t ns)
{
	r->now_ns = r->root->inode->mtime_ns = ns;
}

void rootfs_destroy(struct rootfs *r)
{
	if (!r)
		return;
	while (r->fd_count)
		close(r->fds[--r->fd_count]);
	for (struct rootfs_buffer *b = r->buffers; b; b = b->next)
		munmap(b->base, b->size);
	for (struct arena_chunk *c = r->arena, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(r->hash);
	free(r);
}

/* ---- nodes ---- */

static unsigned int node_hash(const struct rootfs_node *dir, const char *name, size_t len)
{
	unsigned int h = 2166136261u ^ (unsigned int)((uintptr_t)dir >> 4);
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return h ^ h >> 15;
}

struct rootfs_node *rootfs_child(struct rootfs *r, struct rootfs_node *dir, const char *name,
				 size_t len)
{
	unsigned int h = node_hash(dir, name, len);
	struct rootfs_node *n = r->hash[h & (r->hash_size - 1)];
	while (n && !(n->hash == h && n->parent == dir && n->name_len == len &&
		      !memcmp(n->name, name, len)))
		n = n->hash_next;
	return n;
}

/* Twice the buckets; staying with the old ones is no error. */
static void hash_grow(struct rootfs *r)
{
	size_t size = r->hash_size * 2;
	struct rootfs_node **table = calloc(size, sizeof(*table));
	if (!table)
		return;
	for (size_t i = 0; i < r->hash_size; i++) {
		for (struct rootfs_node *n = r->hash[i], *next; n; n = next) {
			next = n->hash_next;
			n->hash_next = table[n->hash & (size - 1)];
			table[n->hash & (size - 1)] = n;
		}
	}
	free(r->hash);
	r->hash = table;
	r->hash_size = size;
}

struct rootfs_inode *rootfs_inode_create(struct rootfs *r, unsigned int mode, const char *path)
{
	if (rootfs_charge(r, sizeof(struct bootfs_inode), path))
		return NULL;
	struct rootfs_inode *i = rootfs_alloc(r, sizeof(*i));
	if (!i) {
		rootfs_fail_path(r, ENOMEM, path);
		return NULL;
	}
	*i = (struct rootfs_inode){.mode = mode, .mtime_ns = r->now_ns, .fd = -1, .data = ""};
	return i;
}

static void node_count_link(struct rootfs_node *dir, struct rootfs_inode *inode, int by)
{
	if (S_ISDIR(inode->mode)) {
		dir->inode->nlink += by;
		inode->nlink = by > 0 ? 2 : 0;
	} else {
		inode->nlink += by;
	}
}

struct rootfs_node *rootfs_attach(struct rootfs *r, struct rootfs_node *dir, const char *name,
				  size_t len, struct rootfs_inode *inode)
{
	if (rootfs_charge(r, sizeof(struct bootfs_entry) + len, name))
		return NULL;
	struct rootfs_node *n = rootfs_alloc(r, sizeof(*n) + len + 1);
	if (!n) {
		rootfs_fail_path(r, ENOMEM, name);
		return NULL;
	}
	*n = (struct rootfs_node){
		.parent = dir, .sibling = dir->children, .inode = inode, .name_len = len};
	memcpy(n->name, name, len);
	n->name[len] = 0;
	n->hash = node_hash(dir, name, len);
	if (++r->node_count > r->hash_size)
		hash_grow(r);
	struct rootfs_node **bucket = &r->hash[n->hash & (r->hash_size - 1)];
	n->hash_next = *bucket;
	*bucket = n;
	dir->children = n;
	dir->child_count++;
	node_count_link(dir, inode, 1);
	r->laid_out = false;
	return n;
}

int rootfs_node_path(const struct rootfs_node *n, char *buf)
{
	char text[ROOTFS_PATH_MAX];
	size_t at = sizeof(text) - 1;
	text[at] = 0;
	for (; n->parent != n; n = n->parent) {
		if (at < n->name_len + 1u)
			return -ENAMETOOLONG;
		at -= n->name_len;
		memcpy(text + at, n->name, n->name_len);
		text[--at] = '/';
	}
	if (!text[at])
		text[--at] = '/';
	memcpy(buf, text + at, sizeof(text) - at);
	return 0;
}

/* ---- paths ---- */

/* A walk in progress: what is still to be walked lies in rest. */
struct walk {
	struct rootfs *r;
	unsigned int flags, links;
	struct rootfs_node *dir;
	char *rest, *buf; /* rest points into buf[2 * ROOTFS_PATH_MAX] */
};

/* Replace the component just read by the link's target. */
static int walk_link(struct walk *w, const struct rootfs_inode *link)
{
	size_t left = strlen(w->rest), len = link->size;
	if (++w->links > ROOTFS_SYMLINKS_MAX)
		return -ELOOP;
	if (len == 0)
		return -ENOENT;
	if (left + len + 2 > ROOTFS_PATH_MAX)
		return -ENAMETOOLONG;
	memmove(w->buf + len + 1, w->rest, left + 1);
	memcpy(w->buf, link->data, len);
	w->buf[len] = '/';
	/* "link" alone must stay a last component, "link/" not */
	if (!left)
		w->buf[len] = 0;
	w->rest = w->buf;
	if (*w->rest == '/')
		w->dir = w->r->root;
	return 0;
}

static int walk_down(struct walk *w, struct rootfs_node *n, const char *name, size_t len)
{
	if (!n) {
		if (!(w->flags & ROOTFS_MAKE_DIRS))
			return -ENOENT;
		struct rootfs_inode *i = rootfs_inode_create(w->r, S_IFDIR | 0755, name);
		n = i ? rootfs_attach(w->r, w->dir, name, len, i) : NULL;
		if (!n)
			return -ENOSPC;
	}
	if (!S_ISDIR(n->inode->mode))
		return -ENOTDIR;
	w->dir = n;
	return 0;
}

/* One component off the front of rest into out; out->len 0 at the end. */
static int walk_next(struct walk *w, struct rootfs_place *out)
{
	w->rest += strspn(w->rest, "/");
	out->len = strcspn(w->rest, "/");
	if (out->len > ROOTFS_NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(out->name, w->rest, out->len);
	out->name[out->len] = 0;
	w->rest += out->len;
	return 0;
}

/* One component. 1: it was the last one and *out is complete. */
static int walk_step(struct walk *w, struct rootfs_place *out)
{
	int err = walk_next(w, out);
	if (err)
		return err;
	bool last = !w->rest[strspn(w->rest, "/")];
	bool dots = !strcmp(out->name, ".") || !strcmp(out->name, "..");
	if (out->len && dots) {
		if (out->name[1])
			w->dir = w->dir->parent;
		if (!last)
			return 0;
		out->len = 0;
	}
	if (!out->len) { /* the directory reached so far, under its own name */
		out->node = w->dir;
		out->dir = w->dir->parent;
		if (w->dir != w->r->root)
			out->len = w->dir->name_len;
		memcpy(out->name, w->dir->name, out->len);
		out->name[out->len] = 0;
		return 1;
	}
	struct rootfs_node *n = rootfs_child(w->r, w->dir, out->name, out->len);
	bool follow = !last || *w->rest || (w->flags & ROOTFS_FOLLOW_LAST);
	if (n && S_ISLNK(n->inode->mode) && follow)
		return walk_link(w, n->inode);
	if (!last)
		return walk_down(w, n, out->name, out->len);
	out->dir = w->dir;
	out->node = n;
	return 1;
}

int rootfs_walk(struct rootfs *r, const char *path, unsigned int flags, struct rootfs_place *out)
{
	char buf[2 * ROOTFS_PATH_MAX];
	size_t len = strlen(path);
	if (len >= ROOTFS_PATH_MAX)
		return rootfs_fail_path(r, ENAMETOOLONG, path);
	memcpy(buf, path, len + 1);
	struct walk w = {.r = r, .flags = flags, .dir = r->root, .rest = buf, .buf = buf};
	int done;
	while ((done = walk_step(&w, out)) == 0)
		;
	if (done == 1)
		return 0;
	if (done == -ENOSPC)
		return done; /* its text is set */
	return rootfs_fail_path(r, -done, path);
}

/* A directory put over a directory: the new attributes, the old entries. */
static void merge_dir(struct rootfs_inode *old, const struct rootfs_inode *new)
{
	old->mode = new->mode;
	old->uid = new->uid;
	old->gid = new->gid;
	old->mtime_ns = new->mtime_ns;
}

static int replace(struct rootfs *r, struct rootfs_node *n, struct rootfs_inode *inode,
		   const char *path)
{
	bool dir = S_ISDIR(n->inode->mode);
	if (dir && S_ISDIR(inode->mode)) {
		merge_dir(n->inode, inode);
		return 0;
	}
	if (n == r->root)
		return rootfs_fail(r, EINVAL, "%s: the root must be a directory", path);
	if (n->inode == inode)
		return 0;
	if (dir && n->child_count)
		return rootfs_fail_path(r, EISDIR, path);
	node_count_link(n->parent, n->inode, -1);
	n->inode = inode;
	node_count_link(n->parent, inode, 1);
	r->laid_out = false;
	return 0;
}

int rootfs_put(struct rootfs *r, const char *path, struct rootfs_inode *inode)
{
	struct rootfs_place at;
	int err = rootfs_walk(r, path, ROOTFS_MAKE_DIRS, &at);
	if (err)
		return err;
	if (at.node && S_ISLNK(at.node->inode->mode) && S_ISDIR(inode->mode)) {
		struct rootfs_place target; /* "lib" -> usr/lib stays when a directory lib comes */
		if (!rootfs_walk(r, path, ROOTFS_FOLLOW_LAST, &target) && target.node &&
		    S_ISDIR(target.node->inode->mode))
			at = target;
	}
	if (at.node)
		return replace(r, at.node, inode, path);
	return rootfs_attach(r, at.dir, at.name, at.len, inode) ? 0 : -ENOSPC;
}

unsigned int rootfs_lookup(struct rootfs *r, const char *path)
{
	struct rootfs_place at;
	if (rootfs_walk(r, path, ROOTFS_FOLLOW_LAST, &at) || !at.node)
		return 0;
	return at.node->inode->mode;
}
