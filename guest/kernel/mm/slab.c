#include "kernel/mm/slab.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"

#define LARGEST_CLASS 2048

static struct list caches = LIST_INIT(caches);
static bool asking; /* slab_ask_page_fail */

/*
 * Debug kernel: each object is followed by a state word and the free-list link; what kmalloc was asked for ends
 * before the object does, and the rest is guard bytes; a freed object is filled with poison. So a write past the end, a second
 * free and (on reuse) a write after free are found.
 */
#ifdef KERNEL_DEBUG
#define STATE_USED   0x600dc0deull /* and, from bit 32 on, how many guard bytes there are */
#define STATE_FREE   0xdeadf1eeull
#define POISON	     0x6b
#define POISON_WORD  0x6b6b6b6b6b6b6b6bull
#define POISON_BYTES 256ul /* of a larger object the rest is left as it is */
#define GUARD	     0xa5

static u64 *state_of(const struct slab_cache *c, void *object)
{
	return (u64 *)((char *)object + ALIGN_UP(c->size, 8ul));
}

static void **link_of(const struct slab_cache *c, void *object)
{
	return (void **)(state_of(c, object) + 1);
}

static void mark_used(const struct slab_cache *c, void *object, bool recycled)
{
	const u64 *word = object;

	if (recycled) {
		if (*state_of(c, object) != STATE_FREE)
			panic("poison: %s %p: free object overwritten", c->name, object);
		for (size_t i = 0; i < MIN(c->size, POISON_BYTES) / sizeof(*word); i++)
			if (word[i] != POISON_WORD)
				panic("poison: %s %p: written after it was freed", c->name, object);
	}
	*state_of(c, object) = STATE_USED;
}

/* Only size bytes of the object are asked for. */
static void set_guard(const struct slab_cache *c, void *object, size_t size)
{
	size_t guards = c->size - size;

	if (!object)
		return;
	memset((char *)object + size, GUARD, guards);
	*state_of(c, object) = STATE_USED | (u64)guards << 32;
}

static bool guard_is_whole(const struct slab_cache *c, const void *object, size_t guards)
{
	const unsigned char *bytes = object;

	for (size_t i = c->size - guards; i < c->size; i++)
		if (bytes[i] != GUARD)
			return false;
	return true;
}

static void mark_free(const struct slab_cache *c, void *object)
{
	u64 state = *state_of(c, object);

	if (state == STATE_FREE)
		panic("poison: %s %p: freed twice", c->name, object);
	if ((u32)state != STATE_USED || state >> 32 > c->size || !guard_is_whole(c, object, state >> 32))
		panic("poison: %s %p: written past its end", c->name, object);
	memset(object, POISON, MIN(c->size, POISON_BYTES));
	*state_of(c, object) = STATE_FREE;
}
#else
static inline void **link_of(const struct slab_cache *c __unused, void *object)
{
	return object;
}
static inline void mark_used(const struct slab_cache *c __unused, void *object __unused,
			     bool recycled __unused)
{
}
static inline void mark_free(const struct slab_cache *c __unused, void *object __unused)
{
}
static inline void set_guard(const struct slab_cache *c __unused, void *object __unused, size_t size __unused)
{
}
#endif

/* The cache has no slab with room: a new one, NULL when memory is out. */
static struct page *slab_grow(struct slab_cache *c)
{
	struct page *p;

	BUG_ON(!c->capacity);
	if (list_empty(&c->all)) {
		list_push_back(&caches, &c->all);
		c->spares = asking ? SLAB_SPARES : 0;
	}
	p = page_alloc(c->order, 0);
	if (!p)
		return NULL;
	p->flags = PAGE_SLAB;
	p->cache = c;
	p->freelist = NULL;
	p->inuse = p->carved = 0;
	list_push_front(&c->partial, &p->link);
	page_slab_count += 1ull << c->order;
	return p;
}

static void slab_release(struct slab_cache *c, struct page *p)
{
	list_remove(&p->link);
	page_slab_count -= 1ull << c->order;
	p->flags = 0;
	page_put(p);
}

/* An object from a slab. */
static __attribute__((noinline)) void *alloc_slow(struct slab_cache *c)
{
	struct page *p;
	void *object;

	if (unlikely(asking) && page_fail_due())
		return NULL;
	if (list_empty(&c->partial)) {
		p = slab_grow(c);
		if (!p)
			return NULL;
	} else {
		p = list_first(&c->partial, struct page, link);
	}
	object = p->freelist;
	if (object) {
		p->freelist = *link_of(c, object);
		mark_used(c, object, true);
	} else {
		object = (char *)page_to_virt(p) + (size_t)p->carved++ * c->stride;
		mark_used(c, object, false);
	}
	c->objects++;
	if (++p->inuse == c->capacity)
		list_remove(&p->link);
	return object;
}

void *slab_alloc(struct slab_cache *c)
{
	void *object = c->spare;

	if (unlikely(!object))
		return alloc_slow(c);
	c->spare = *link_of(c, object);
	c->spares--;
	c->objects++;
	mark_used(c, object, true);
	return object;
}

void *slab_zalloc(struct slab_cache *c)
{
	void *object = slab_alloc(c);

	if (object)
		memset(object, 0, c->size);
	return object;
}

static struct page *slab_of(const struct slab_cache *c, void *object)
{
	size_t mask = (PAGE_SIZE << c->order) - 1;

	return virt_to_page((void *)((uintptr_t)object & ~mask));
}

/* Give a free object back to its slab. An empty slab goes unless it is the cache's last with
 * room. */
static __attribute__((noinline)) void give_back(struct slab_cache *c, void *object)
{
	struct page *p = slab_of(c, object);

	*link_of(c, object) = p->freelist;
	p->freelist = object;
	if (p->inuse-- == c->capacity)
		list_push_front(&c->partial, &p->link);
	else if (!p->inuse && c->partial.next != c->partial.prev)
		slab_release(c, p);
}

void slab_free(struct slab_cache *c, void *object)
{
	DEBUG_ASSERT(slab_of(c, object)->flags & PAGE_SLAB && slab_of(c, object)->cache == c);
	mark_free(c, object);
	c->objects--;
	if (unlikely(c->spares >= SLAB_SPARES)) {
		give_back(c, object);
		return;
	}
	*link_of(c, object) = c->spare;
	c->spare = object;
	c->spares++;
}

static void shrink_cache(struct slab_cache *c)
{
	struct page *p, *tmp;

	while (c->spare) {
		void *object = c->spare;

		c->spare = *link_of(c, object);
		c->spares--;
		give_back(c, object);
	}
	list_for_each_safe (p, tmp, &c->partial, link)
		if (!p->inuse)
			slab_release(c, p);
}

void slab_shrink(void)
{
	struct slab_cache *c;

	list_for_each (c, &caches, all)
		shrink_cache(c);
}

/*
 * A cache that seems to have its fill of spares and has none takes the slow ways, so the quick ones need
 * not know of tests. The page allocator counts for itself.
 */
void slab_ask_page_fail(bool on)
{
	struct slab_cache *c;

	if (on == asking)
		return;
	asking = on;
	slab_shrink();
	list_for_each (c, &caches, all)
		c->spares = on ? SLAB_SPARES : 0;
}

void slab_for_each(void (*fn)(void *ctx, const struct slab_cache *c), void *ctx)
{
	struct slab_cache *c;

	list_for_each (c, &caches, all)
		fn(ctx, c);
}

/* ---- kmalloc: a slab of one page per class up to LARGEST_CLASS, whole pages beyond ---- */
#define CLASS(i, bytes)                                                                            \
	[i] = {.name = "kmalloc-" #bytes,                                                          \
	       SLAB_LAYOUT(bytes - SLAB_DEBUG_TAIL, 16),                                           \
	       .partial = LIST_INIT(class[i].partial),                                             \
	       .all = LIST_INIT(class[i].all)}
static struct slab_cache class[] = {
	CLASS(0, 32),	 CLASS(1, 48),	  CLASS(2, 64),	   CLASS(3, 96),  CLASS(4, 128),
	CLASS(5, 192),	 CLASS(6, 256),	  CLASS(7, 384),   CLASS(8, 512), CLASS(9, 768),
	CLASS(10, 1024), CLASS(11, 1360), CLASS(12, 2048),
};

/* Class for a size: by (size + SLAB_DEBUG_TAIL - 1) / 16. */
static const u8 class_of[LARGEST_CLASS / 16] = {
	[0 ... 1] = 0,	  [2] = 1,	    [3] = 2,	       [4 ... 5] = 3,	[6 ... 7] = 4,
	[8 ... 11] = 5,	  [12 ... 15] = 6,  [16 ... 23] = 7,   [24 ... 31] = 8, [32 ... 47] = 9,
	[48 ... 63] = 10, [64 ... 84] = 11, [85 ... 127] = 12,
};

static unsigned int order_for(size_t size)
{
	return size <= PAGE_SIZE ? 0 : 64 - PAGE_SHIFT - __builtin_clzll(size - 1);
}

static void *alloc_pages(size_t size, unsigned int flags)
{
	struct page *p;

	if (size > PAGE_SIZE << PAGE_MAX_ORDER)
		return NULL;
	p = page_alloc(order_for(size), flags);
	return p ? page_to_virt(p) : NULL;
}

void *kmalloc(size_t size)
{
	if (unlikely(size > LARGEST_CLASS - SLAB_DEBUG_TAIL))
		return alloc_pages(size, 0);
	struct slab_cache *c = &class[class_of[(size + SLAB_DEBUG_TAIL - !!size) / 16]];
	void *p = slab_alloc(c);

	set_guard(c, p, size);
	return p;
}

void *kzalloc(size_t size)
{
	void *p;

	if (unlikely(size > LARGEST_CLASS - SLAB_DEBUG_TAIL))
		return alloc_pages(size, PAGE_ALLOC_ZERO);
	p = kmalloc(size);
	if (p)
		memset(p, 0, size);
	return p;
}

void kfree(void *p)
{
	struct page *page;

	if (!p)
		return;
	page = virt_to_page(p);
	if (page->flags & PAGE_SLAB) {
		DEBUG_ASSERT(page->cache->order == 0);
		slab_free(page->cache, p);
	} else {
		DEBUG_ASSERT(!((uintptr_t)p & ~PAGE_MASK) && page->refcount);
		page_put(page);
	}
}

char *kstrndup(const char *s, size_t n)
{
	char *copy = n < SIZE_MAX ? kmalloc(n + 1) : NULL;

	if (copy) {
		memcpy(copy, s, n);
		copy[n] = '\0';
	}
	return copy;
}
