#include "kernel/mm/pgtable.h"

bool pgtable_lookup(struct arch_pgtable *pt, vaddr va, phys_addr *pa, unsigned int *flags)
{
	vaddr at = va & PAGE_MASK;
	arch_pte *slot = arch_pgtable_seek(pt, &at, at + PAGE_SIZE);

	if (!slot || !arch_pte_present(*slot))
		return false;
	*pa = arch_pte_phys(*slot);
	*flags = arch_pte_flags(*slot);
	return true;
}

arch_pte *pte_walk_seek(struct pte_walk *w)
{
	for (;;) {
		arch_pte *from = w->slot;

		if (from != w->stop) {
			w->slot = arch_pte_skip(from, w->stop);
			w->va += (vaddr)(w->slot - from) << PAGE_SHIFT;
			if (w->slot != w->stop)
				return w->slot++;
		}
		if (w->va >= w->end)
			return NULL;
		w->slot = arch_pgtable_seek(w->pt, &w->va, w->end);
		if (!w->slot)
			return NULL;
		w->stop = w->slot + ((MIN(w->end, ALIGN_DOWN(w->va, ARCH_TABLE_SPAN) + ARCH_TABLE_SPAN) - w->va) >> PAGE_SHIFT);
	}
}
