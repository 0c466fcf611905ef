/*
 * Page tables as a list of last-level tables, each a page of the fake memory, so that they fail
 * when memory is out; they refuse to be destroyed while an entry is left.
 */
#include "fake.h"
#include "arch/arch.h"
#include "kernel/lib/log.h"
#include "kernel/mm/page.h"

struct table {
	u64 root;
	vaddr va;
	struct page *page;
};

static struct table tables[1024];
static size_t table_count;
static u64 last_root;
unsigned int fake_flush_count;

unsigned int fake_pte_count(void)
{
	unsigned int n = 0;

	for (size_t i = 0; i < table_count; i++) {
		const arch_pte *e = page_to_virt(tables[i].page);

		for (size_t k = 0; k < ARCH_TABLE_SPAN / PAGE_SIZE; k++)
			n += arch_pte_present(e[k]);
	}
	return n;
}

arch_pte *arch_pgtable_slot(struct arch_pgtable *pt, vaddr va)
{
	vaddr base = ALIGN_DOWN(va, ARCH_TABLE_SPAN);
	struct table *t = tables;

	while (t != tables + table_count && (t->root != pt->root || t->va != base))
		t++;
	if (t == tables + table_count) {
		BUG_ON(table_count == ARRAY_SIZE(tables));
		t->page = page_alloc_clean();
		if (!t->page)
			return NULL;
		t->root = pt->root;
		t->va = base;
		table_count++;
		pt->table_pages++;
	}
	return (arch_pte *)page_to_virt(t->page) + ((va - base) >> PAGE_SHIFT);
}

arch_pte *arch_pgtable_seek(struct arch_pgtable *pt, vaddr *va, vaddr end)
{
	const struct table *best = NULL;

	for (const struct table *t = tables; t != tables + table_count; t++)
		if (t->root == pt->root && t->va + ARCH_TABLE_SPAN > *va && t->va < end &&
		    (!best || t->va < best->va))
			best = t;
	if (!best || *va >= end)
		return NULL;
	*va = MAX(*va, best->va);
	return (arch_pte *)page_to_virt(best->page) + ((*va - best->va) >> PAGE_SHIFT);
}

arch_pte *arch_pte_skip(arch_pte *slot, arch_pte *end)
{
	while (slot != end && !arch_pte_present(*slot))
		slot++;
	return slot;
}

unsigned int arch_pte_flags(arch_pte e)
{
	return e & 15;
}

int arch_pgtable_init(struct arch_pgtable *pt)
{
	pt->root = ++last_root;
	pt->table_pages = 0;
	/* The root table takes memory too. */
	return arch_pgtable_slot(pt, USER_TOP) ? 0 : -ENOMEM;
}

void arch_pgtable_destroy(struct arch_pgtable *pt)
{
	for (size_t i = 0; i < table_count;) {
		if (tables[i].root != pt->root) {
			i++;
			continue;
		}
		/* Finds an entry that was left. */
		page_free_clean(tables[i].page);
		tables[i] = tables[--table_count];
	}
}

void arch_tlb_flush_range(struct mm *mm __unused, vaddr start __unused, vaddr end __unused)
{
	fake_flush_count++;
}

void arch_tlb_flush_mm(struct mm *mm __unused)
{
	fake_flush_count++;
}

void arch_pgtable_switch(struct arch_pgtable *pt __unused)
{
}
