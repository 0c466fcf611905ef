/* The page cache: a file's pages by index. Owned by an inode; shared mappings and read/write see the same pages. */
#ifndef KERNEL_MM_MAPPING_H
#define KERNEL_MM_MAPPING_H

#include "kernel/lib/list.h"
#include "kernel/lib/radix.h"
#include "kernel/lib/types.h"

struct inode;
struct page;
struct mapping;

struct mapping_ops {
	/* Fill page (locked by being new, not up to date) with the data at page->index; 0 or -errno. May sleep. NULL: a hole reads as
	 * zeros (tmpfs). */
	int (*read_page)(struct mapping *m, struct page *p);
	/* Write a dirty page back; 0 or -errno. May sleep. NULL: pages live in memory only. */
	int (*write_page)(struct mapping *m, struct page *p);
};

struct mapping {
	struct inode *inode;
	const struct mapping_ops *ops;
	struct radix pages;	/* struct page *, one reference each */
	phys_addr base;		/* boot file system: pages [0, base_pages) lie here unless overridden in `pages` */
	u64 base_pages;
	u64 page_count;
	struct list vmas;	/* vma.mapping_link of shared and private maps */
};

void mapping_init(struct mapping *m, struct inode *inode, const struct mapping_ops *ops);
/*
 * The page at index with a reference in *out. create: allocate (zeroed or read from the disk) when absent.
 * 0; -ENOENT absent and not create; -ENOMEM; -EIO. May sleep with ops.
 */
int mapping_get(struct mapping *m, u64 index, bool create, struct page **out);
/* Drop pages from index first on (truncate); unmaps them from address spaces first. */
void mapping_truncate(struct mapping *m, u64 first);
/* Drop all and free. */
void mapping_destroy(struct mapping *m);

#endif
