/* Page tables as the generic code sees them: loops over the slots of arch/arch.h. */
#ifndef KERNEL_MM_PGTABLE_H
#define KERNEL_MM_PGTABLE_H

#include "arch/arch.h"

/* The entry at va: true when present, with *pa and *flags. */
bool pgtable_lookup(struct arch_pgtable *pt, vaddr va, phys_addr *pa, unsigned int *flags);

/* A run of slots in one table: those of [va, va + (stop - slot) pages). */
struct pte_run {
	arch_pte *slot, *stop;
	vaddr va;
};
/* The run at the first table at or beyond run->va, no further than end; false when there is
 * none. */
static inline bool pte_run_next(struct arch_pgtable *pt, struct pte_run *run, vaddr end)
{
	vaddr stop;

	run->slot = arch_pgtable_seek(pt, &run->va, end);
	if (!run->slot)
		return false;
	stop = MIN(end, ALIGN_DOWN(run->va, ARCH_TABLE_SPAN) + ARCH_TABLE_SPAN);
	run->stop = run->slot + ((stop - run->va) >> PAGE_SHIFT);
	return true;
}

/* The first present slot of [slot, stop), or stop. */
static inline arch_pte *pte_present_from(arch_pte *slot, arch_pte *stop)
{
	return slot != stop && !arch_pte_present(*slot) ? arch_pte_skip(slot, stop) : slot;
}

/*
 * Every present entry of [start, end) in order: the statement that follows runs with `at` on its
 * slot; it may change or clear it. pte_va(run, at) is its address.
 */
#define for_each_pte(pt, start, end, run, at)                                                      \
	for (run = (struct pte_run){.va = (start)}; pte_run_next((pt), &run, (end));               \
	     run.va += (vaddr)(run.stop - run.slot) << PAGE_SHIFT)                                 \
		for (at = run.slot; (at = pte_present_from(at, run.stop)) != run.stop; at++)

static inline vaddr pte_va(const struct pte_run *run, const arch_pte *slot)
{
	return run->va + ((vaddr)(slot - run->slot) << PAGE_SHIFT);
}

#endif
