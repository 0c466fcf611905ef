/* The table of all named dentries, by parent and name: for dentry.c and path walk. */
#ifndef KERNEL_FS_DCACHE_H
#define KERNEL_FS_DCACHE_H

#include "kernel/fs/name.h"
#include "kernel/fs/vfs.h"

#define DCACHE_BUCKETS 2048
extern struct dentry *dcache[DCACHE_BUCKETS];

static inline struct dentry **dcache_bucket(const struct dentry *parent, u32 hash)
{
	u64 h = hash + ((u64)parent >> 6);
	return &dcache[(h ^ h >> 11) & (DCACHE_BUCKETS - 1)];
}

/* Borrowed, or NULL. */
static inline struct dentry *dcache_find(const struct dentry *parent, const char *name, size_t len, u32 hash)
{
	struct dentry *d = *dcache_bucket(parent, hash);
	for (; d; d = d->hash_next)
		if (d->hash == hash && d->parent == parent && d->name_len == len && name_equal(d->name, name, len))
			return d;
	return NULL;
}

#endif
