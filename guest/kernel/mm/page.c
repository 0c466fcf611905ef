#include "kernel/mm/page.h"
#include "kernel/lib/log.h"
#include "kernel/lib/refcount.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "shared/abi/boot.h"

/* Single pages are freed to a stack and reused from there; they meet their buddies when a block is
 * wanted, so many at a time. */
#define STACK_DRAIN 256

struct page *page_map;
phys_addr page_ram_end;
u64 page_slab_count, page_cache_count;

static u64 total_pages, free_pages;
static u64 reserve_pages; /* what PAGE_ALLOC_USER leaves */
static u64 fresh;	  /* index: this page and all above were never used */
static u64 fresh_end;	  /* index: end of RAM */
static struct page *stack;
static struct page *clean_stack; /* page_free_clean: all zero */
static u32 orders;		 /* bit mask: which free lists hold something */
static u64 fail_countdown, fail_nth; /* page_fail_nth: what is left of it; 0 = off */
static struct page *zero_page;
static struct list free_list[PAGE_MAX_ORDER + 1] = {
	LIST_INIT(free_list[0]), LIST_INIT(free_list[1]),  LIST_INIT(free_list[2]),
	LIST_INIT(free_list[3]), LIST_INIT(free_list[4]),  LIST_INIT(free_list[5]),
	LIST_INIT(free_list[6]), LIST_INIT(free_list[7]),  LIST_INIT(free_list[8]),
	LIST_INIT(free_list[9]), LIST_INIT(free_list[10]),
};

void page_init(const struct boot_info *info)
{
	u64 map_bytes = ALIGN_UP((info->map_end >> PAGE_SHIFT) * sizeof(struct page), PAGE_SIZE);
	u64 end = info->ram_end >> PAGE_SHIFT;

	page_map = phys_to_virt(info->free_start);
	page_ram_end = info->ram_end & PAGE_MASK;
	fresh = (info->free_start + map_bytes) >> PAGE_SHIFT;
	fresh_end = end;
	if (fresh + 256 > end)
		panic("not enough memory: %llu KiB", info->ram_end >> 10);
	zero_page = page_map + fresh++;
	zero_page->refcount = 1;
	zero_page->flags = PAGE_PINNED;
	total_pages = free_pages = end - fresh;
	reserve_pages = MIN(MAX(total_pages / 64, 64), 1024);
}

/* ---- debug kernel: freed pages are poisoned by copying a page of poison, which is cheap
 * everywhere ---- */
#define POISON 0x6b6b6b6b6b6b6b6bull

#ifdef KERNEL_DEBUG
#define DEBUG_CHAINS true
static struct page *poison_page;

static void poison(struct page *p, unsigned int order)
{
	if (!poison_page) {
		poison_page = page_alloc(0, 0);
		if (!poison_page)
			return;
		memset(page_to_virt(poison_page), POISON & 0xff, PAGE_SIZE);
	}
	for (u64 i = 0; i < 1ull << order; i++)
		arch_copy_page(page_to_virt(p + i), page_to_virt(poison_page));
}

/* Spot check: both ends of the page. Zeros are fine too: a clean page that met a used buddy. */
static void poison_check(struct page *p)
{
	const u64 *word = page_to_virt(p);
	u64 want = word[0] ? POISON : 0;

	if (poison_page &&
	    (word[0] != want || word[1] != want || word[510] != want || word[511] != want))
		panic("poison: page %#llx was written after it was freed",
		      (unsigned long long)page_to_phys(p));
}

/* The boot file system and what is part of the kernel are not counted from their start. */
void page_check(const struct page *p)
{
	if (phys_is_ram(page_to_phys(p)) && !(p->flags & (PAGE_BOOTFS | PAGE_PINNED)))
		refcount_check(&p->refcount);
}

/* Is some word of the page not zero? */
static bool is_dirty(const struct page *p)
{
	const u64 *word = page_to_virt(p);

	for (size_t i = 0; i < PAGE_SIZE / sizeof(*word); i++)
		if (word[i])
			return true;
	return false;
}
#else
#define DEBUG_CHAINS false
static inline bool is_dirty(const struct page *p __unused)
{
	return false;
}
static inline void poison(struct page *p __unused, unsigned int order __unused)
{
}
static inline void poison_check(struct page *p __unused)
{
}
#endif

/* ---- blocks of 2^order, merged with their buddies (Knuth, TAOCP 1, 2.5) ---- */
static void buddy_insert(struct page *p, unsigned int order, u32 clean)
{
	u64 i = p - page_map;

	while (order < PAGE_MAX_ORDER) {
		u64 b = i ^ 1ull << order;
		struct page *buddy = page_map + b;

		/* Beyond the watermark descriptors are zero, so never PAGE_BUDDY. */
		if (b >= fresh || !(buddy->flags & PAGE_BUDDY) || buddy->order != order)
			break;
		list_remove(&buddy->link);
		if (list_empty(&free_list[order]))
			orders &= ~(1u << order);
		clean &= buddy->flags & PAGE_CLEAN;
		buddy->flags = 0;
		i &= ~(1ull << order);
		order++;
	}
	p = page_map + i;
	p->flags = PAGE_BUDDY | clean;
	p->order = order;
	p->refcount = 0;
	list_push_front(&free_list[order], &p->link);
	orders |= 1u << order;
}

/* A block from the free lists, split down to order; flags say whether it is PAGE_CLEAN. */
static struct page *buddy_take(unsigned int order)
{
	u32 fit = orders & ~0u << order;
	unsigned int o;
	struct page *p;
	u32 clean;

	if (!fit)
		return NULL;
	o = __builtin_ctz(fit);
	p = list_first(&free_list[o], struct page, link);
	list_remove(&p->link);
	if (list_empty(&free_list[o]))
		orders &= ~(1u << o);
	clean = p->flags & PAGE_CLEAN;
	while (o > order) {
		struct page *half = p + (1u << --o);

		half->flags = PAGE_BUDDY | clean;
		half->order = o;
		list_push_front(&free_list[o], &half->link);
		orders |= 1u << o;
	}
	p->flags = clean;
	return p;
}

/* The free lists' share of [from, to), never used, in aligned blocks. */
static void give_clean(u64 from, u64 to)
{
	while (from < to) {
		unsigned int order = __builtin_ctzll(from | 1ull << PAGE_MAX_ORDER);

		while (from + (1ull << order) > to)
			order--;
		buddy_insert(page_map + from, order, PAGE_CLEAN);
		from += 1ull << order;
	}
}

/* A block of never used pages at the watermark. */
static struct page *fresh_take(unsigned int order)
{
	u64 n = 1ull << order, start = ALIGN_UP(fresh, n), skipped = fresh;
	struct page *p = page_map + start;

	if (start + n > fresh_end)
		return NULL;
	fresh = start + n;
	if (start != skipped)
		give_clean(skipped, start);
	p->flags = PAGE_CLEAN;
	return p;
}

/* Some of the stack's pages meet their buddies. False when there are none. */
static bool stack_drain(void)
{
	unsigned int n = 0;
	struct page *p;

	while (n < STACK_DRAIN && (p = stack)) {
		stack = p->freelist;
		buddy_insert(p, 0, 0);
		n++;
	}
	return n > 0;
}

static struct page *clean_take(void)
{
	struct page *p = clean_stack;

	if (p) {
		clean_stack = p->freelist;
		p->flags = PAGE_CLEAN;
	}
	return p;
}

/* Neither the free lists nor untouched memory have it: single pages and clean ones meet their
 * buddies until they do. */
static struct page *take_hard(unsigned int order)
{
	struct page *p = NULL;

	while (!p && stack_drain())
		p = buddy_take(order);
	while (!p && (p = clean_take())) {
		buddy_insert(p, 0, PAGE_CLEAN);
		p = buddy_take(order);
	}
	return p;
}

static struct page *take(unsigned int order)
{
	struct page *p = buddy_take(order);

	if (!p)
		p = fresh_take(order);
	return p ? p : take_hard(order);
}

static inline bool injected_failure(void)
{
	return unlikely(fail_countdown) && --fail_countdown == 0;
}

bool page_fail_due(void)
{
	return injected_failure();
}

static struct page *alloc_slow(unsigned int order, unsigned int flags)
{
	u64 n = 1ull << order;
	struct page *p;

	if (order > PAGE_MAX_ORDER ||
	    free_pages < n + (flags & PAGE_ALLOC_USER ? reserve_pages : 0))
		return NULL;
	p = take(order);
	if (!p)
		return NULL;
	free_pages -= n;
	p->order = order;
	p->refcount = 1;
	if (!(p->flags & PAGE_CLEAN)) {
		poison_check(p);
		if (flags & PAGE_ALLOC_ZERO)
			arch_clear_pages(page_to_virt(p), n);
	}
	p->flags = 0;
	return p;
}

struct page *page_alloc(unsigned int order, unsigned int flags)
{
	struct page *p = stack;

	if (unlikely(injected_failure()))
		return NULL;
	if (unlikely(order || free_pages <= reserve_pages))
		return alloc_slow(order, flags);
	/* The common cases: a page freed lately, or one never used. */
	if (p) {
		stack = p->freelist;
		poison_check(p);
		if (flags & PAGE_ALLOC_ZERO)
			arch_clear_pages(page_to_virt(p), 1);
	} else {
		if (unlikely(orders || fresh == fresh_end))
			return alloc_slow(order, flags);
		p = page_map + fresh++;
	}
	free_pages--;
	p->refcount = 1;
	return p;
}

void page_free(struct page *p)
{
	if (!phys_is_ram(page_to_phys(p)) || p->flags & (PAGE_BOOTFS | PAGE_PINNED))
		return;
	DEBUG_ASSERT(!(p->flags & (PAGE_BUDDY | PAGE_CACHE)));
	poison(p, p->order);
	free_pages += 1ull << p->order;
	p->flags = 0;
	if (p->order) {
		buddy_insert(p, p->order, 0);
		return;
	}
	p->freelist = stack;
	stack = p;
}

void page_chain_free(const struct page_chain *c)
{
	struct page *p = c->first;

	if (!p)
		return;
	for (u64 i = 0; DEBUG_CHAINS && i < c->count; i++, p = p->freelist) {
		DEBUG_ASSERT(!p->flags && !p->order && !p->refcount);
		poison(p, 0);
	}
	c->last->freelist = stack;
	stack = c->first;
	free_pages += c->count;
}

struct page *page_alloc_clean(void)
{
	struct page *p = clean_stack;

	if (!p)
		return page_alloc(0, PAGE_ALLOC_ZERO | PAGE_ALLOC_USER);
	if (unlikely(injected_failure() || free_pages <= reserve_pages))
		return NULL;
	clean_take();
	free_pages--;
	p->flags = 0;
	p->order = 0;
	p->refcount = 1;
	return p;
}

void page_free_clean(struct page *p)
{
	DEBUG_ASSERT(p->refcount == 1 && !p->order && !is_dirty(p));
	p->refcount = 0;
	p->freelist = clean_stack;
	clean_stack = p;
	free_pages++;
}

struct page *page_zero(void)
{
	return zero_page;
}

void page_counts(struct page_counts *out)
{
	slab_shrink();
	out->total = total_pages;
	out->free = free_pages;
	out->slab = page_slab_count;
	out->cache = page_cache_count;
}

u64 page_total(void)
{
	return total_pages;
}

u64 page_available(void)
{
	return free_pages > reserve_pages ? free_pages - reserve_pages : 0;
}

void page_fail_nth(u64 n)
{
	fail_countdown = fail_nth = n;
	slab_ask_page_fail(n != 0);
}

u64 page_fail_counted(bool *failed)
{
	*failed = fail_nth && !fail_countdown;
	return fail_nth - fail_countdown;
}
