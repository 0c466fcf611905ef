/* Lays the tree out as shared/abi/bootfs.h says. */
#include "rootfs_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "shared/abi/bootfs.h"

#define PAGE 4096ull
/* From here on a host file is mapped: a mapping costs about as much as reading this much. */
#define MAP_THRESHOLD 65536

static uint64_t page_up(uint64_t n)
{
	return (n + PAGE - 1) & ~(PAGE - 1);
}

/*
 * Directories in breadth-first order: list[0..dir_count-1]. Entries of a directory are its children
 * sorted; inodes are numbered as their first entry is met, the root first.
 */
struct layout {
	struct rootfs *r;
	struct rootfs_node **list; /* every node, root first, each directory's children together */
	size_t count;
	uint64_t name_len;
};

static int compare_names(const void *a, const void *b)
{
	const struct rootfs_node *x = *(struct rootfs_node *const *)a;
	const struct rootfs_node *y = *(struct rootfs_node *const *)b;
	size_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
	int order = memcmp(x->name, y->name, n);
	return order ? order : (int)x->name_len - (int)y->name_len;
}

static void list_children(struct layout *l, struct rootfs_node *dir)
{
	size_t first = l->count;
	for (struct rootfs_node *n = dir->children; n; n = n->sibling) {
		l->list[l->count++] = n;
		l->name_len += n->name_len;
	}
	qsort(l->list + first, l->count - first, sizeof(*l->list), compare_names);
	dir->first_entry = first - 1; /* the root is no entry */
}

/* NULL: no memory. The caller frees the list. */
static struct rootfs_node **list_nodes(struct layout *l)
{
	l->list = malloc((l->r->node_count + 1) * sizeof(*l->list));
	if (!l->list)
		return NULL;
	l->list[l->count++] = l->r->root;
	for (size_t i = 0; i < l->count; i++) {
		if (S_ISDIR(l->list[i]->inode->mode))
			list_children(l, l->list[i]);
	}
	return l->list;
}

static void place_inodes(struct layout *l, uint64_t *names)
{
	struct rootfs *r = l->r;
	r->inode_count = 0;
	for (size_t i = 0; i < l->count; i++)
		l->list[i]->inode->placed = false;
	for (size_t i = 0; i < l->count; i++) {
		struct rootfs_inode *n = l->list[i]->inode;
		if (n->placed)
			continue;
		n->placed = true;
		n->index = r->inode_count++;
		if (S_ISLNK(n->mode)) {
			n->data_offset = *names;
			*names += n->size;
		}
	}
}

/* File data follow the tables, each from a page boundary. */
static uint64_t place_data(struct layout *l, uint64_t at)
{
	for (size_t i = 0; i < l->count; i++)
		l->list[i]->inode->placed = false;
	for (size_t i = 0; i < l->count; i++) {
		struct rootfs_inode *n = l->list[i]->inode;
		if (n->placed || !S_ISREG(n->mode))
			continue;
		n->placed = true;
		n->data_offset = at;
		at += page_up(n->size);
	}
	return at;
}

static uint64_t inode_offset(void)
{
	return sizeof(struct bootfs_super);
}
static uint64_t entry_offset(const struct rootfs *r)
{
	return inode_offset() + (uint64_t)r->inode_count * sizeof(struct bootfs_inode);
}
static uint64_t name_offset(const struct rootfs *r)
{
	return entry_offset(r) + r->entry_count * sizeof(struct bootfs_entry);
}

uint64_t rootfs_size(struct rootfs *r)
{
	struct layout l = {.r = r};
	if (r->laid_out)
		return r->size;
	if (!list_nodes(&l)) {
		rootfs_fail(r, ENOMEM, "the guest's files: %s", strerror(ENOMEM));
		return 0;
	}
	place_inodes(&l, &l.name_len);
	r->entry_count = l.count - 1;
	r->name_len = l.name_len;
	r->size = 0;
	if (r->entry_count > UINT32_MAX || l.name_len > UINT32_MAX)
		rootfs_fail(r, ENOSPC, "the guest's root: too many files");
	else
		r->size = place_data(&l, page_up(name_offset(r) + l.name_len));
	free(l.list);
	r->laid_out = r->size != 0;
	return r->size;
}

/* ---- writing ---- */

static int write_fd(struct rootfs *r, int fd, uint64_t from, unsigned char *to, uint64_t n,
		    const char *name)
{
	while (n) {
		ssize_t got = pread(fd, to, n, from);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return rootfs_fail_path(r, errno, name);
		if (!got)
			return rootfs_fail(r, EIO, "%s: became shorter while it was read", name);
		to += got;
		from += got;
		n -= got;
	}
	return 0;
}

/* The open file's pages at `to`. A file that cannot be mapped, or has changed its size, is read. */
static int write_host_fd(struct rootfs *r, const struct rootfs_inode *i, int fd, unsigned char *to)
{
	struct stat st;
	if (i->size < MAP_THRESHOLD || fstat(fd, &st) < 0 || (uint64_t)st.st_size != i->size)
		return write_fd(r, fd, 0, to, i->size, i->host);
	int prot = PROT_READ | PROT_WRITE | PROT_EXEC;
	if (mmap(to, i->size, prot, MAP_PRIVATE | MAP_FIXED, fd, 0) == to)
		return 0;
	if (mmap(to, i->size, prot & ~PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0) == to)
		return 0; /* a noexec mount: KVM does not mind */
	return write_fd(r, fd, 0, to, i->size, i->host);
}

static int write_host(struct rootfs *r, const struct rootfs_inode *i, unsigned char *to)
{
	int fd = open(i->host, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return rootfs_fail_path(r, errno, i->host);
	int err = write_host_fd(r, i, fd, to);
	close(fd);
	return err;
}

static int write_data(struct rootfs *r, const struct rootfs_inode *i, unsigned char *to)
{
	if (!i->size)
		return 0;
	if (i->source == SOURCE_HOST)
		return write_host(r, i, to);
	if (i->source == SOURCE_FD)
		return write_fd(r, i->fd, i->fd_offset, to, i->size, i->host);
	memcpy(to, i->data, i->size);
	return 0;
}

static void write_inode(const struct rootfs_node *n, struct bootfs_inode *out)
{
	const struct rootfs_inode *i = n->inode;
	*out = (struct bootfs_inode){
		.mode = i->mode,
		.nlink = i->nlink,
		.uid = i->uid,
		.gid = i->gid,
		.size = i->size,
		.data_offset = i->data_offset,
		.mtime_ns = i->mtime_ns,
		.rdev = i->major << 20 | (i->minor & 0xfffff),
	};
	if (S_ISDIR(i->mode)) {
		out->first_entry = n->first_entry;
		out->entry_count = n->child_count;
	}
}

static void write_super(const struct rootfs *r, struct bootfs_super *s)
{
	*s = (struct bootfs_super){
		.magic = BOOTFS_MAGIC,
		.version = BOOTFS_VERSION,
		.inode_count = r->inode_count,
		.entry_count = r->entry_count,
		.inode_offset = inode_offset(),
		.entry_offset = entry_offset(r),
		.name_offset = name_offset(r),
		.name_len = r->name_len,
		.size = r->size,
	};
}

static int write_nodes(struct layout *l, unsigned char *base)
{
	struct rootfs *r = l->r;
	struct bootfs_inode *inodes = (void *)(base + inode_offset());
	struct bootfs_entry *entries = (void *)(base + entry_offset(r));
	unsigned char *names = base + name_offset(r);
	uint32_t name = 0;
	for (size_t i = 0; i < l->count; i++) {
		const struct rootfs_node *n = l->list[i];
		if (i) {
			entries[i - 1] = (struct bootfs_entry){n->inode->index, name, n->name_len};
			memcpy(names + name, n->name, n->name_len);
			name += n->name_len;
		}
		struct bootfs_inode *out = &inodes[n->inode->index];
		if (out->mode)
			continue; /* another name of it came before */
		write_inode(n, out);
		if (S_ISLNK(n->inode->mode))
			memcpy(names + n->inode->data_offset, n->inode->data, n->inode->size);
		int err = S_ISREG(n->inode->mode)
				  ? write_data(r, n->inode, base + n->inode->data_offset)
				  : 0;
		if (err)
			return err;
	}
	return 0;
}

int rootfs_write(struct rootfs *r, void *base, uint64_t size)
{
	struct layout l = {.r = r};
	uint64_t need = rootfs_size(r);
	if (!need)
		return -ENOSPC;
	if (size < need)
		return rootfs_fail(r, EINVAL, "the guest's root: %llu bytes do not fit into %llu",
				   (unsigned long long)need, (unsigned long long)size);
	if (!list_nodes(&l))
		return rootfs_fail(r, ENOMEM, "the guest's files: %s", strerror(ENOMEM));
	write_super(r, base);
	int err = write_nodes(&l, base);
	free(l.list);
	return err;
}
