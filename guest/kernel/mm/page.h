/*
 * Physical pages. One struct page for every page of RAM and of the boot file system, in an array at
 * the start of free memory that is all zero until touched: a zero descriptor above the watermark means free and never
 * used, and such a page is itself all zero. Boot costs nothing in proportion to memory size.
 */
#ifndef KERNEL_MM_PAGE_H
#define KERNEL_MM_PAGE_H

#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

struct mapping;
struct slab_cache;
struct boot_info;

enum page_flag {
	PAGE_BUDDY = 1 << 0,	/* free, head of a block of 2^order */
	PAGE_SLAB = 1 << 1,
	PAGE_BOOTFS = 1 << 2,	/* belongs to the boot file system: never returns to the allocator */
	PAGE_CACHE = 1 << 3,	/* in a mapping's page cache (mapping, index valid) */
	PAGE_DIRTY = 1 << 4,	/* cache page newer than its disk */
	PAGE_UPTODATE = 1 << 5, /* cache page holds the file's data */
	PAGE_PINNED = 1 << 6,	/* part of the kernel: zero page, vDSO */
};

struct page {
	u32 flags;
	u32 order;    /* of a free or allocated block, in its head */
	u32 refcount; /* 0 = free; page tables, page cache and kernel users each hold one */
	u32 mapcount; /* how many user page-table entries point here */
	union {
		struct list link; /* free list, slab list, LRU */
		struct {
			struct mapping *mapping;
			u64 index; /* in pages */
		};
	};
	union {
		struct slab_cache *cache;
		void *private;
	};
	void *freelist; /* slabs: first free object */
};
_Static_assert(sizeof(struct page) == 48, "struct page size");

void page_init(const struct boot_info *info);

enum page_alloc_flag {
	PAGE_ALLOC_ZERO = 1 << 0,
	PAGE_ALLOC_USER = 1 << 1, /* leave the reserve for the kernel */
};
/* 2^order contiguous pages (order <= 10), refcount 1, or NULL. Never sleeps. */
struct page *page_alloc(unsigned int order, unsigned int flags);
void page_get(struct page *p);
/* Drop a reference; frees the block at zero. */
void page_put(struct page *p);

struct page *phys_to_page(phys_addr pa); /* pa inside the map */
phys_addr page_to_phys(const struct page *p);
void *page_to_virt(const struct page *p);
struct page *virt_to_page(const void *va); /* direct-map address */
bool phys_is_ram(phys_addr pa);

/* The shared page of zeros. */
struct page *page_zero(void);

struct page_counts {
	u64 total, free, slab, cache; /* in pages */
};
void page_counts(struct page_counts *out);

/* Test control: make the n-th allocation from now fail (0 = off). */
void page_fail_nth(u64 n);

#endif
