/* Page tables as the generic code sees them: loops over the slots of arch/arch.h. */
#ifndef KERNEL_MM_PGTABLE_H
#define KERNEL_MM_PGTABLE_H

#include "arch/arch.h"

/* The entry at va: true when present, with *pa and *flags. */
bool pgtable_lookup(struct arch_pgtable *pt, vaddr va, phys_addr *pa, unsigned int *flags);

/* Present entries of a range, one after the other. */
struct pte_walk {
	struct arch_pgtable *pt;
	vaddr va, end;	      /* va: of the entry pte_walk_next found */
	arch_pte *slot, *stop; /* the rest of the table in hand */
};
static inline struct pte_walk pte_walk_start(struct arch_pgtable *pt, vaddr start, vaddr end)
{
	return (struct pte_walk){.pt = pt, .va = start - PAGE_SIZE, .end = end};
}
/* Goes down to the next table, and over what is empty. */
arch_pte *pte_walk_seek(struct pte_walk *w);
/* The slot of the next present entry, NULL at the end. The caller may change or clear it. */
static inline arch_pte *pte_walk_next(struct pte_walk *w)
{
	w->va += PAGE_SIZE;
	if (likely(w->slot != w->stop && arch_pte_present(*w->slot)))
		return w->slot++;
	return pte_walk_seek(w);
}

#endif
