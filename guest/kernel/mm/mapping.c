#include "kernel/mm/mapping.h"
#include "kernel/lib/log.h"
#include "kernel/mm/page.h"
#include "kernel/mm/vm.h"

static struct list reclaimable = LIST_INIT(reclaimable);

static bool on_disk(const struct mapping *m)
{
	return m->ops && m->ops->read_page;
}

void mapping_init(struct mapping *m, struct inode *inode, const struct mapping_ops *ops)
{
	*m = (struct mapping){.inode = inode, .ops = ops};
	list_init(&m->vmas);
	list_init(&m->all);
}

/* Page index of the boot file system's image, described on first sight. */
static struct page *boot_page(struct mapping *m, u64 index)
{
	struct page *p = phys_to_page(m->base + (index << PAGE_SHIFT));

	if (!(p->flags & PAGE_CACHE)) {
		p->flags |= PAGE_BOOTFS | PAGE_CACHE | PAGE_UPTODATE;
		p->mapping = m;
		p->index = index;
	}
	return p;
}

struct page *mapping_peek(struct mapping *m, u64 index)
{
	struct page *p = m->page_count ? radix_get(&m->pages, index) : NULL;

	if (!p && index < m->base_pages)
		p = boot_page(m, index);
	return p;
}

/* Make p the page at index: 0, -ENOMEM. The caller's reference becomes the cache's. */
static int cache_insert(struct mapping *m, struct page *p)
{
	if (radix_set(&m->pages, p->index, p))
		return -ENOMEM;
	p->flags |= PAGE_CACHE | PAGE_UPTODATE;
	m->page_count++;
	page_cache_count++;
	if (on_disk(m) && list_empty(&m->all))
		list_push_back(&reclaimable, &m->all);
	return 0;
}

static void cache_remove(struct mapping *m, struct page *p)
{
	radix_set(&m->pages, p->index, NULL);
	p->flags &= ~(PAGE_CACHE | PAGE_DIRTY);
	p->mapping = NULL;
	m->page_count--;
	page_cache_count--;
	page_put(p);
}

static struct page *alloc_cache_page(void)
{
	struct page *p = page_alloc(0, PAGE_ALLOC_ZERO | PAGE_ALLOC_USER);

	if (!p && mapping_reclaim(32))
		p = page_alloc(0, PAGE_ALLOC_ZERO | PAGE_ALLOC_USER);
	return p;
}

int mapping_get(struct mapping *m, u64 index, bool create, struct page **out)
{
	struct page *p = mapping_peek(m, index), *other;
	int err = 0;

	if (likely(p))
		goto found;
	if (!create)
		return -ENOENT;
	p = alloc_cache_page();
	if (!p)
		return -ENOMEM;
	p->mapping = m;
	p->index = index;
	if (on_disk(m)) {
		err = m->ops->read_page(m, p);
		/* Somebody else may have read the same page while this one slept: his is the one.
		 */
		other = mapping_peek(m, index);
		if (err || other) {
			page_put(p);
			p = other;
			if (!p)
				return err;
			goto found;
		}
	}
	err = cache_insert(m, p);
	if (err) {
		page_put(p);
		return err;
	}
found:
	page_get(p);
	*out = p;
	return 0;
}

void mapping_dirty(struct mapping *m, struct page *p)
{
	if (m->ops && m->ops->write_page)
		p->flags |= PAGE_DIRTY;
}

int mapping_sync(struct mapping *m, u64 first, u64 last)
{
	struct page *p;
	int result = 0;

	if (!m->ops || !m->ops->write_page)
		return 0;
	for (u64 i = first; i <= last && (p = radix_next(&m->pages, &i)) && i <= last; i++) {
		int err;

		if (!(p->flags & PAGE_DIRTY))
			continue;
		/* Cleared and write-protected first: a write during the transfer makes it dirty
		 * again. */
		p->flags &= ~PAGE_DIRTY;
		mapping_protect_range(m, i, i);
		page_get(p);
		err = m->ops->write_page(m, p);
		if (err) {
			p->flags |= PAGE_DIRTY;
			result = result ? result : err;
		}
		page_put(p);
	}
	return result;
}

/* Drop [first, last] from the cache; nobody maps them any more. */
static void drop_range(struct mapping *m, u64 first, u64 last)
{
	struct page *p;

	for (u64 i = first;
	     i <= last && m->page_count && (p = radix_next(&m->pages, &i)) && i <= last; i++)
		cache_remove(m, p);
}

void mapping_truncate(struct mapping *m, u64 first)
{
	if (!list_empty(&m->vmas))
		mapping_zap_range(m, first, ~0ull, true);
	drop_range(m, first, ~0ull);
	m->base_pages = MIN(m->base_pages, first);
}

void mapping_punch(struct mapping *m, u64 first, u64 last)
{
	if (!list_empty(&m->vmas))
		mapping_zap_range(m, first, last, false);
	drop_range(m, first, last);
	for (u64 i = first; i <= last && i < m->base_pages; i++)
		arch_clear_pages(phys_to_virt(m->base + (i << PAGE_SHIFT)), 1);
}

void mapping_destroy(struct mapping *m)
{
	DEBUG_ASSERT(list_empty(&m->vmas));
	mapping_truncate(m, 0);
	radix_destroy(&m->pages);
	list_remove(&m->all);
}

static u64 reclaim_from(struct mapping *m, u64 want)
{
	struct page *p;
	u64 freed = 0;

	for (u64 i = 0; freed < want && (p = radix_next(&m->pages, &i)); i++) {
		if (p->refcount > 1 || p->flags & PAGE_DIRTY)
			continue;
		cache_remove(m, p);
		freed++;
	}
	return freed;
}

u64 mapping_reclaim(u64 want)
{
	struct mapping *m;
	u64 freed = 0;

	list_for_each (m, &reclaimable, all) {
		freed += reclaim_from(m, want - freed);
		if (freed >= want)
			break;
	}
	return freed;
}
