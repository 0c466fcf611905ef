/*
 * Physical pages. One struct page for every page of RAM and of the boot file system, in an array at
 * the start of free memory that is all zero until touched: a zero descriptor above the watermark
 * means free and never used, and such a page is itself all zero. Boot costs nothing in proportion
 * to memory size.
 *
 * Pages below boot_info.free_start (the kernel image) and those of the boot file system have
 * descriptors and may be referenced, but never enter the allocator.
 */
#ifndef KERNEL_MM_PAGE_H
#define KERNEL_MM_PAGE_H

#include "arch/arch.h"
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

struct mapping;
struct slab_cache;
struct boot_info;

enum page_flag {
	PAGE_BUDDY = 1 << 0, /* free, head of a block of 2^order */
	PAGE_SLAB = 1 << 1,
	PAGE_BOOTFS = 1 << 2, /* belongs to the boot file system: never returns to the allocator */
	PAGE_CACHE = 1 << 3,  /* in a mapping's page cache (mapping, index valid) */
	PAGE_DIRTY = 1 << 4,  /* cache page newer than its disk */
	PAGE_UPTODATE = 1 << 5, /* cache page holds the file's data */
	PAGE_PINNED = 1 << 6,	/* part of the kernel: zero page, vDSO */
	PAGE_CLEAN = 1 << 7,	/* with PAGE_BUDDY: every page of the block is still all zero */
};

#define PAGE_MAX_ORDER 10

struct page {
	u32 flags;
	u32 order;    /* of a free or allocated block, in its head */
	u32 refcount; /* 0 = free; page-table entries, the page cache and kernel users each hold one
		       */
	struct { /* slabs: objects in use; objects ever handed out (the rest was never touched) */
		u16 inuse, carved;
	};
	union {
		struct list link; /* free list, slab list */
		struct {
			struct mapping *mapping;
			u64 index; /* in pages */
		};
	};
	union {
		struct slab_cache *cache;
		void *private;
	};
	void *freelist; /* slabs: first free object; free single pages: the next one */
};
_Static_assert(sizeof(struct page) == 48, "struct page size");

/* Descriptor of physical page 0, and the first address beyond RAM. Written by page_init only. */
extern struct page *page_map;
extern phys_addr page_ram_end;

void page_init(const struct boot_info *info);

enum page_alloc_flag {
	PAGE_ALLOC_ZERO = 1 << 0,
	PAGE_ALLOC_USER = 1 << 1, /* leave the reserve for the kernel */
};
/* 2^order contiguous pages (order <= PAGE_MAX_ORDER), refcount 1, or NULL. Never sleeps. Free with
 * page_put of the head. */
struct page *page_alloc(unsigned int order, unsigned int flags);
/*
 * A page of zeros whose owner hands it back as zeros: page tables, whose every entry is cleared
 * before. They are kept apart: no clearing, and a host that shadows page tables meets the same
 * pages again. NULL when memory is out but for the reserve: programs decide how many tables they
 * need.
 */
struct page *page_alloc_clean(void);
void page_free_clean(struct page *p);
/* page_put's slow half: the last reference of p's block is gone. */
void page_free(struct page *p);

/* Pages whose last reference went, chained by page.freelist, to be freed together: single pages
 * only. */
struct page_chain {
	struct page *first, *last;
	u64 count;
};
static inline void page_chain_add(struct page_chain *c, struct page *p)
{
	p->freelist = c->first;
	if (!c->first)
		c->last = p;
	c->first = p;
	c->count++;
}
/* Free them. Leaves the chain as it is. */
void page_chain_free(const struct page_chain *c);

/* Debug kernel: stop when the page is free, so that nobody can hold it. */
#ifdef KERNEL_DEBUG
void page_check(const struct page *p);
#else
static inline void page_check(const struct page *p __unused)
{
}
#endif

static inline void page_get(struct page *p)
{
	page_check(p);
	p->refcount++;
}
/* Drop a reference; frees the block at zero. */
static inline void page_put(struct page *p)
{
	page_check(p);
	if (--p->refcount == 0)
		page_free(p);
}

/* pa inside the map */
static inline struct page *phys_to_page(phys_addr pa)
{
	return page_map + (pa >> PAGE_SHIFT);
}
static inline phys_addr page_to_phys(const struct page *p)
{
	return (phys_addr)(p - page_map) << PAGE_SHIFT;
}
static inline void *page_to_virt(const struct page *p)
{
	return phys_to_virt(page_to_phys(p));
}
/* va: in the direct map or the kernel image */
static inline struct page *virt_to_page(const void *va)
{
	return phys_to_page(virt_to_phys(va));
}
/* RAM, not the boot file system: only these pages are counted by references. */
static inline bool phys_is_ram(phys_addr pa)
{
	return pa < page_ram_end;
}

/* The shared page of zeros (no reference taken). */
struct page *page_zero(void);

struct page_counts {
	u64 total, free, slab, cache; /* in pages */
};
/* Slabs kept empty for reuse are given back first, so that equal use gives equal counts. */
void page_counts(struct page_counts *out);
/* All pages the allocator manages, in use or free. */
u64 page_total(void);
/* How many pages PAGE_ALLOC_USER may still take. */
u64 page_available(void);
/* Running counts kept by the slab allocator and the page cache. */
extern u64 page_slab_count, page_cache_count;

/* Test control: of the allocations from now on, pages and slab objects alike, the n-th fails (0 = none).
 * One that needs a new slab counts as two. */
void page_fail_nth(u64 n);
/* How many allocations there were since page_fail_nth(n), at most n; *failed: the n-th was made, and failed. */
u64 page_fail_counted(bool *failed);
/* For the slab allocator: count one, and answer whether it is the one to fail. */
bool page_fail_due(void);

#endif
