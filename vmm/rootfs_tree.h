/*
 * The tree behind vmm/rootfs.h: nodes (names) over inodes, all in one arena that goes with the
 * tree. Internal to the rootfs files.
 */
#ifndef VMM_ROOTFS_TREE_H
#define VMM_ROOTFS_TREE_H

#include <stdarg.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "rootfs.h"

#define ROOTFS_NAME_MAX	    255
#define ROOTFS_PATH_MAX	    4096 /* with NUL */
#define ROOTFS_SYMLINKS_MAX 40

/* Where a regular file's bytes come from when the image is written. */
enum rootfs_source {
	SOURCE_MEMORY, /* data, in the arena or in an archive's buffer */
	SOURCE_HOST,   /* the host file `host` */
	SOURCE_FD,     /* `fd` at `fd_offset` (a plain archive): owned by the tree */
};

struct rootfs_inode {
	unsigned int mode, uid, gid;
	unsigned int major, minor; /* of a device node */
	unsigned int nlink;	   /* names; a directory: 2 + subdirectories */
	uint64_t size;		   /* regular: bytes; symlink: length of the target */
	int64_t mtime_ns;
	enum rootfs_source source;
	int fd;
	uint64_t fd_offset;
	const char *host;
	const void *data; /* SOURCE_MEMORY; symlink: the target, NUL-terminated */
	/* layout */
	bool placed;
	uint32_t index;
	uint64_t data_offset;
};

struct rootfs_node {
	struct rootfs_node *parent; /* itself at the root */
	struct rootfs_node *children, *sibling;
	struct rootfs_node *hash_next;
	struct rootfs_inode *inode;
	unsigned int hash;
	unsigned int child_count;
	unsigned int first_entry; /* layout, directories */
	unsigned char name_len;
	char name[];
};

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(16) unsigned char bytes[];
};

/* Host files with several links: (dev, ino) -> inode. */
struct rootfs_link {
	uint64_t dev, ino;
	struct rootfs_inode *inode;
	struct rootfs_link *next;
};

struct rootfs_buffer { /* an inflated archive */
	void *base;
	size_t size;
	struct rootfs_buffer *next;
};

#define ROOTFS_LINK_BUCKETS 64
#define ROOTFS_FDS_MAX	    16

struct rootfs {
	struct rootfs_node *root;
	uint64_t limit;
	uint64_t cost; /* a close upper bound of the image's size so far */
	struct arena_chunk *arena;
	struct rootfs_node **hash;
	size_t hash_size, node_count; /* hash_size: power of two */
	struct rootfs_link *links[ROOTFS_LINK_BUCKETS];
	struct rootfs_buffer *buffers;
	int fds[ROOTFS_FDS_MAX];
	unsigned int fd_count;
	bool has_archive;
	bool wants_ld_cache; /* a glibc program is there, linked dynamically */
	int64_t now_ns;
	/* layout, valid while laid_out */
	bool laid_out;
	uint32_t inode_count;
	uint64_t entry_count, name_len, size;
	char error[ROOTFS_PATH_MAX + 256];
};

/* Record the text of a failure and answer -err. */
int rootfs_fail(struct rootfs *r, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for "PATH: strerror(err)". */
int rootfs_fail_path(struct rootfs *r, int err, const char *path);

/* Memory that lives as long as the tree, aligned to 16, not cleared; NULL when out. */
void *rootfs_alloc(struct rootfs *r, size_t n);
char *rootfs_strndup(struct rootfs *r, const char *s, size_t n);

/* Charge bytes of the image (whole pages for file data) against the limit: 0 or -ENOSPC, naming
 * path. */
int rootfs_charge(struct rootfs *r, uint64_t bytes, const char *path);

/* A fresh inode owned by root, mtime now, charged; NULL with the error set. */
struct rootfs_inode *rootfs_inode_create(struct rootfs *r, unsigned int mode, const char *path);

struct rootfs_node *rootfs_child(struct rootfs *r, struct rootfs_node *dir, const char *name,
				 size_t len);
/* A new name in dir for inode (its link count goes up). NULL with the error set. The name must be
 * free. */
struct rootfs_node *rootfs_attach(struct rootfs *r, struct rootfs_node *dir, const char *name,
				  size_t len, struct rootfs_inode *inode);

/* A position reached by a path: the directory and the last name in it (len 0: the root itself). */
struct rootfs_place {
	struct rootfs_node *dir;
	struct rootfs_node *node; /* what is there, NULL when nothing */
	size_t len;
	char name[ROOTFS_NAME_MAX + 1];
};
enum rootfs_walk { ROOTFS_MAKE_DIRS = 1, ROOTFS_FOLLOW_LAST = 2 };
/* Walk path. 0; -ENOENT (only without MAKE_DIRS) -ENOTDIR -ELOOP -ENAMETOOLONG -ENOMEM -ENOSPC. */
int rootfs_walk(struct rootfs *r, const char *path, unsigned int flags, struct rootfs_place *out);
/* Put inode at path: merges directories (attributes of the new one), replaces other things.
 * -EISDIR: a directory with entries is there; -EINVAL: it is the root and inode is no directory. */
int rootfs_put(struct rootfs *r, const char *path, struct rootfs_inode *inode);

/* The absolute path of a node into buf[ROOTFS_PATH_MAX]; -ENAMETOOLONG. */
int rootfs_node_path(const struct rootfs_node *n, char *buf);

/* Take over fd until the tree goes; -EMFILE when there are too many (fd stays the caller's). */
int rootfs_keep_fd(struct rootfs *r, int fd);
/* Take over an mmap'd buffer until the tree goes. -ENOMEM (stays the caller's). */
int rootfs_keep_buffer(struct rootfs *r, void *base, size_t size);

/* An inode for the host object st describes (host = its path, link target read from there); hard
 * links give the same inode again. NULL with the error set. */
struct rootfs_inode *rootfs_host_inode(struct rootfs *r, const char *host, const struct stat *st);
/* The inode of a host file with several links, and remembering it. 0 or -ENOMEM. */
struct rootfs_inode *rootfs_link_find(struct rootfs *r, uint64_t dev, uint64_t ino);
int rootfs_link_add(struct rootfs *r, uint64_t dev, uint64_t ino, struct rootfs_inode *inode);

/* Put the host file at absolute path `path` there in the tree too, with the directories and
 * symbolic links that lead to it as they are on the host. What the tree already has on the way
 * stays. -ENOENT -ENOTDIR -ELOOP -ENAMETOOLONG -ENOMEM -ENOSPC -EACCES. */
int rootfs_mirror(struct rootfs *r, const char *path);

/* /etc/ld.so.cache for the libraries in the tree, unless it has one. Saves ld.so a search through
 * its directories for each library. 0 or an error. */
int rootfs_add_ld_cache(struct rootfs *r);

/* Absolute form of a host path by the working directory, "." and empty parts removed (".." kept:
 * links may lie before it). 0 or -errno. */
int rootfs_absolute(const char *path, char out[ROOTFS_PATH_MAX]);

#endif
