#include "kernel/mm/vma.h"

#include "kernel/mm/page.h"
#include "kernel/mm/pgtable.h"

/*
 * Pages are freed only after the flush: until then another CPU may still write to them through an
 * old translation. They wait in a chain through page.freelist, which nobody else uses in a page
 * that was mapped.
 */
struct zap {
	struct page_chain dead;
	u64 count;
};

static inline void zap_entry(struct zap *z, arch_pte *slot)
{
	phys_addr pa = arch_pte_phys(*slot);
	struct page *p;

	*slot = arch_pte_none();
	z->count++;
	if (!phys_is_ram(pa))
		return;
	p = phys_to_page(pa);
	page_check(p);
	if (--p->refcount)
		return;
	if (likely(!(p->flags | p->order)))
		page_chain_add(&z->dead, p);
	else
		page_free(p);
}

/* The part of [start, end) in which v ever had an entry: false when there is none. */
static bool touched(const struct vma *v, vaddr *start, vaddr *end)
{
	*start = MAX(*start, v->touched_start);
	*end = MIN(*end, v->touched_end);
	return *start < *end;
}

static void zap_vma(struct zap *z, struct vma *v, vaddr start, vaddr end)
{
	struct pte_run run;
	arch_pte *slot;

	if (!touched(v, &start, &end))
		return;
	for_each_pte (&v->mm->pgtable, start, end, run, slot)
		zap_entry(z, slot);
}

static void zap_finish(struct zap *z, struct mm *mm, vaddr start, vaddr end)
{
	if (!z->count)
		return;
	mm->rss_pages -= z->count;
	/* At the end of an address space no CPU runs it. */
	if (mm->active_cpus)
		arch_tlb_flush_range(mm, start, end);
	page_chain_free(&z->dead);
}

void zap_range(struct vma *v, vaddr start, vaddr end)
{
	struct zap z = {0};

	zap_vma(&z, v, start, end);
	zap_finish(&z, v->mm, MAX(start, v->touched_start), MIN(end, v->touched_end));
}

void zap_all(struct mm *mm)
{
	struct zap z = {0};

	for (struct rb_node *n = rb_first(&mm->vmas); n && z.count < mm->rss_pages;
	     n = rb_next(n)) {
		struct vma *v = container_of(n, struct vma, node);

		zap_vma(&z, v, v->start, v->end);
	}
	zap_finish(&z, mm, 0, USER_TOP);
}

/* What v->prot gives without asking a fault: a page that is shared, or has to be marked dirty
 * first, stays read-only. */
static unsigned int entry_flags(const struct vma *v, phys_addr pa)
{
	unsigned int flags = vma_pte_flags(v->prot);
	const struct page *p = phys_to_page(pa);
	bool own;

	if (!(flags & PTE_WRITE))
		return flags;
	if (v->flags & VMA_SHARED)
		own = !(v->flags & VMA_WRITENOTIFY) || p->flags & PAGE_DIRTY;
	else
		own = phys_is_ram(pa) && p->refcount == 1 &&
		      !(p->flags & (PAGE_CACHE | PAGE_PINNED));
	return own ? flags : flags & ~PTE_WRITE;
}

void protect_range(struct vma *v, vaddr start, vaddr end)
{
	struct pte_run run;
	arch_pte *slot;

	if (!touched(v, &start, &end))
		return;
	for_each_pte (&v->mm->pgtable, start, end, run, slot) {
		phys_addr pa = arch_pte_phys(*slot);

		*slot = arch_pte_make(pa, entry_flags(v, pa));
	}
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

static void zap_cached(struct zap *z, struct vma *v, vaddr start, vaddr end)
{
	struct pte_run run;
	arch_pte *slot;

	for_each_pte (&v->mm->pgtable, start, end, run, slot) {
		phys_addr pa = arch_pte_phys(*slot);

		if (!phys_is_ram(pa) || phys_to_page(pa)->flags & PAGE_CACHE)
			zap_entry(z, slot);
	}
}

void mapping_zap_range(struct mapping *m, u64 first, u64 last, bool cows)
{
	vaddr start, end;
	struct vma *v;

	list_for_each (v, &m->vmas, mapping_link) {
		struct zap z = {0};

		if (!vma_overlap(v, first, last, &start, &end) || !touched(v, &start, &end))
			continue;
		if (cows)
			zap_vma(&z, v, start, end);
		else
			zap_cached(&z, v, start, end);
		zap_finish(&z, v->mm, start, end);
	}
}

void mapping_protect_range(struct mapping *m, u64 first, u64 last)
{
	vaddr start, end;
	struct vma *v;

	list_for_each (v, &m->vmas, mapping_link)
		if (v->flags & VMA_SHARED && vma_overlap(v, first, last, &start, &end))
			protect_range(v, start, end);
}
