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
