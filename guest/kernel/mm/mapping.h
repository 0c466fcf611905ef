/* The page cache: a file's pages by index. Owned by an inode; shared mappings and read/write see
 * the same pages. */
#ifndef KERNEL_MM_MAPPING_H
#define KERNEL_MM_MAPPING_H

#include "kernel/lib/list.h"
#include "kernel/lib/radix.h"
#include "kernel/lib/types.h"

struct inode;
struct page;
struct mapping;

struct mapping_ops {
	/* Fill page (not yet in the cache: nobody else sees it) with the data at page->index; 0 or
	 * -errno. May sleep. NULL: a hole reads as zeros (tmpfs). */
	int (*read_page)(struct mapping *m, struct page *p);
	/* Write a dirty page back; 0 or -errno. May sleep. NULL: pages live in memory only. */
	int (*write_page)(struct mapping *m, struct page *p);
};

struct mapping {
	struct inode *inode;
	const struct mapping_ops *ops;
	struct radix pages; /* struct page *, one reference each */
	phys_addr base;	    /* boot file system: pages [0, base_pages) lie here unless overridden in
			       `pages` */
	u64 base_pages;
	u64 page_count;	  /* in `pages` */
	struct list vmas; /* vma.mapping_link of shared and private maps */
	struct list all;  /* mappings with read_page: what mapping_reclaim may shrink */
};

void mapping_init(struct mapping *m, struct inode *inode, const struct mapping_ops *ops);
/*
 * The page at index with a reference in *out. create: allocate (zeroed or read from the disk) when
 * absent. 0; -ENOENT absent and not create; -ENOMEM; -EIO. May sleep with ops->read_page.
 */
int mapping_get(struct mapping *m, u64 index, bool create, struct page **out);
/* The same page without a reference and without sleeping; NULL when it is not in memory. */
struct page *mapping_peek(struct mapping *m, u64 index);
/*
 * The page's content was or is being changed: marks it for write-back (a page of a mapping in
 * memory needs none).
 */
void mapping_dirty(struct mapping *m, struct page *p);
/* Write every dirty page of [first, last] back: 0 or the first error. May sleep. */
int mapping_sync(struct mapping *m, u64 first, u64 last);
/* Drop pages from index first on (truncate); unmaps them from address spaces first. */
void mapping_truncate(struct mapping *m, u64 first);
/* Drop pages [first, last] (hole punch): they read as zeros or from the disk afterwards. Private
 * copies stay. */
void mapping_punch(struct mapping *m, u64 first, u64 last);
/* Drop all and free. */
void mapping_destroy(struct mapping *m);
/* Drop clean pages that only the cache holds, until `want` are free: how many were. Never
 * sleeps. */
u64 mapping_reclaim(u64 want);

#endif
