/* Small objects: caches of one size, and kmalloc over a set of them. Never sleeps. */
#ifndef KERNEL_MM_SLAB_H
#define KERNEL_MM_SLAB_H

#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

struct slab_cache {
	const char *name;
	size_t size;  /* object bytes */
	size_t align; /* power of two */
	void *spare;  /* objects freed lately, at most SLAB_SPARES: no slab is touched for them */
	u32 spares;   /* how many; SLAB_SPARES without one: none are kept (slab_ask_page_fail) */
	struct list partial; /* slabs with a free object */
	u64 objects;	     /* in use */
	struct list all;
	u32 stride;   /* bytes from object to object */
	u16 capacity; /* objects a slab */
	u16 order;    /* pages a slab, log2 */
};

#define SLAB_SPARES 32

/* Debug kernel: room behind each object for a state word and the free-list link. */
#ifdef KERNEL_DEBUG
#define SLAB_DEBUG_TAIL 16
#else
#define SLAB_DEBUG_TAIL 0
#endif

/*
 * The layout of a cache, all of it known to the compiler: a slab is the smallest of one, two or
 * four pages that wastes no more than a quarter.
 */
#define SLAB_UP(n, to) (((n) + (to)-1ul) / (to) * (to))
#define SLAB_STRIDE(bytes, align)                                                                  \
	SLAB_UP(SLAB_UP(bytes, 8) + SLAB_DEBUG_TAIL, (align) > 8 ? (align) : 8)
#define SLAB_FITS(stride, order)                                                                   \
	((PAGE_SIZE << (order)) >= (stride) &&                                                     \
	 (PAGE_SIZE << (order)) % (stride)*4 <= PAGE_SIZE << (order))
#define SLAB_ORDER(stride) (SLAB_FITS(stride, 0) ? 0 : SLAB_FITS(stride, 1) ? 1 : 2)
#define SLAB_LAYOUT(bytes, to)                                                                     \
	.size = (bytes), .align = (to), .stride = SLAB_STRIDE(bytes, to),                          \
	.order = SLAB_ORDER(SLAB_STRIDE(bytes, to)),                                               \
	.capacity = (PAGE_SIZE << SLAB_ORDER(SLAB_STRIDE(bytes, to))) / SLAB_STRIDE(bytes, to)

/* A static cache: usable without a set-up call (linked into the list of caches at first use). */
#define SLAB_CACHE(var, text, type)                                                                \
	struct slab_cache var = {.name = text,                                                     \
				 SLAB_LAYOUT(sizeof(type), _Alignof(type)),                        \
				 .partial = LIST_INIT(var.partial),                                \
				 .all = LIST_INIT(var.all)}

/* An object (contents undefined / zeroed) or NULL. */
void *slab_alloc(struct slab_cache *c);
void *slab_zalloc(struct slab_cache *c);
/* object: from this cache, not NULL */
void slab_free(struct slab_cache *c, void *object);

/* Any size up to 4 MiB; NULL when memory is out. Aligned to 16 (whole pages from 4096 up: page
 * aligned). kfree(NULL) is fine. */
void *kmalloc(size_t size);
void *kzalloc(size_t size);
void kfree(void *p);
/* A copy of n bytes plus a terminating NUL. */
char *kstrndup(const char *s, size_t n);

/* Give back spare objects, and the slabs that hold none. */
void slab_shrink(void);
/* For page_fail_nth: from now on every allocation asks page_fail_due() (or no longer does). */
void slab_ask_page_fail(bool on);

/* For each cache in use: fn(ctx, cache). /proc/slabinfo and leak checks. */
void slab_for_each(void (*fn)(void *ctx, const struct slab_cache *c), void *ctx);

#endif
