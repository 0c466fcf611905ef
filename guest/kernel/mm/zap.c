#include "kernel/mm/page.h"
#include "kernel/mm/vma.h"

/*
 * Pages are freed only after the flush: until then another CPU may still write to them through an old translation. They wait in a
 * chain through page.freelist, which nobody else uses in a page that was mapped.
 */
struct zap {
	struct page *dead;
	u64 count;
};

static unsigned int zap_entry(void *ctx, vaddr va __unused, phys_addr pa, unsigned int flags __unused)
{
	struct zap *z = ctx;
	struct page *p;

	z->count++;
	if (!phys_is_ram(pa))
		return PTE_CLEAR;
	p = phys_to_page(pa);
	if (--p->refcount == 0) {
		p->freelist = z->dead;
		z->dead = p;
	}
	return PTE_CLEAR;
}

/* The pages of v in [start, end): only those ever mapped are looked at. */
static void zap_vma(struct zap *z, struct vma *v, vaddr start, vaddr end)
{
	start = MAX(start, v->touched_start);
	end = MIN(end, v->touched_end);
	if (start < end)
		arch_pgtable_walk(&v->mm->pgtable, start, end, zap_entry, z);
}

static void zap_finish(struct zap *z, struct mm *mm, vaddr start, vaddr end)
{
	struct page *p = z->dead;

	if (!z->count)
		return;
	mm->rss_pages -= z->count;
	/* At the end of an address space no CPU runs it. */
	if (mm->active_cpus)
		arch_tlb_flush_range(mm, start, end);
	while (p) {
		struct page *next = p->freelist;

		page_free(p);
		p = next;
	}
}

void zap_range(struct vma *v, vaddr start, vaddr end)
{
	struct zap z = {0};

	zap_vma(&z, v, start, end);
	zap_finish(&z, v->mm, start, end);
}

void zap_all(struct mm *mm)
{
	struct zap z = {0};

	for (struct rb_node *n = rb_first(&mm->vmas); n && z.count < mm->rss_pages; n = rb_next(n)) {
		struct vma *v = container_of(n, struct vma, node);

		zap_vma(&z, v, v->start, v->end);
	}
	zap_finish(&z, mm, 0, USER_TOP);
}

static unsigned int mark_present(void *ctx, vaddr va, phys_addr pa __unused, unsigned int flags __unused)
{
	u32 *mask = ctx;

	/* Windows lie within a 32-page aligned block, so the low bits of the page number name the page. */
	*mask |= 1u << (va >> PAGE_SHIFT & 31);
	return PTE_KEEP;
}

u32 present_mask(struct mm *mm, vaddr va, unsigned int n)
{
	u32 mask = 0;

	arch_pgtable_walk(&mm->pgtable, va, va + ((vaddr)n << PAGE_SHIFT), mark_present, &mask);
	return mask >> (va >> PAGE_SHIFT & 31);
}

static unsigned int protect_entry(void *ctx, vaddr va __unused, phys_addr pa, unsigned int old __unused)
{
	struct vma *v = ctx;
	unsigned int flags = vma_pte_flags(v->prot);
	struct page *p = phys_to_page(pa);
	bool own;

	if (!(flags & PTE_WRITE))
		return flags;
	if (v->flags & VMA_SHARED)
		own = !(v->flags & VMA_WRITENOTIFY) || p->flags & PAGE_DIRTY;
	else
		own = phys_is_ram(pa) && p->refcount == 1 && !(p->flags & (PAGE_CACHE | PAGE_PINNED));
	return own ? flags : flags & ~PTE_WRITE;
}

void protect_range(struct vma *v, vaddr start, vaddr end)
{
	start = MAX(start, v->touched_start);
	end = MIN(end, v->touched_end);
	if (start >= end)
		return;
	arch_pgtable_walk(&v->mm->pgtable, start, end, protect_entry, v);
	if (v->mm->active_cpus)
		arch_tlb_flush_range(v->mm, start, end);
}

/* ---- from the page cache's side ---- */
/* The part of v that maps [first, last] of its mapping: false when there is none. */
static bool vma_overlap(const struct vma *v, u64 first, u64 last, vaddr *start, vaddr *end)
{
	u64 v_last = v->pgoff + vma_pages(v) - 1;
	u64 from = MAX(first, v->pgoff), to = MIN(last, v_last);

	if (from > to)
		return false;
	*start = v->start + ((from - v->pgoff) << PAGE_SHIFT);
	*end = v->start + ((to - v->pgoff + 1) << PAGE_SHIFT);
	return true;
}

static unsigned int zap_cache_entry(void *ctx, vaddr va, phys_addr pa, unsigned int flags)
{
	if (!(phys_to_page(pa)->flags & PAGE_CACHE))
		return PTE_KEEP;
	return zap_entry(ctx, va, pa, flags);
}

void mapping_zap_range(struct mapping *m, u64 first, u64 last, bool cows)
{
	vaddr start, end;
	struct vma *v;

	list_for_each(v, &m->vmas, mapping_link) {
		struct zap z = {0};

		if (!vma_overlap(v, first, last, &start, &end))
			continue;
		arch_pgtable_walk(&v->mm->pgtable, start, end, cows ? zap_entry : zap_cache_entry, &z);
		zap_finish(&z, v->mm, start, end);
	}
}

void mapping_protect_range(struct mapping *m, u64 first, u64 last)
{
	vaddr start, end;
	struct vma *v;

	list_for_each(v, &m->vmas, mapping_link)
		if (v->flags & VMA_SHARED && vma_overlap(v, first, last, &start, &end))
			protect_range(v, start, end);
}
