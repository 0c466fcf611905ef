/*
 * Page tables as a list of entries. As the real ones they take a page for each 2 MiB in use, so that they fail when memory is
 * out, and refuse to be destroyed while an entry is left.
 */
#include <stdlib.h>
#include "fake.h"
#include "arch/arch.h"
#include "kernel/lib/log.h"
#include "kernel/mm/page.h"

#define REGION (2ul << 20)

struct entry {
	u64 root;
	vaddr va;
	phys_addr pa;
	unsigned int flags;
};

struct table {
	u64 root;
	vaddr va;
	struct page *page;
};

static struct entry *entries;
static size_t entry_count, entry_room;
static struct table tables[1024];
static size_t table_count;
static u64 last_root;
unsigned int fake_flush_count;

unsigned int fake_pte_count(void)
{
	return entry_count;
}

static struct entry *find(struct arch_pgtable *pt, vaddr va)
{
	for (size_t i = 0; i < entry_count; i++)
		if (entries[i].root == pt->root && entries[i].va == va)
			return &entries[i];
	return NULL;
}

static int need_table(struct arch_pgtable *pt, vaddr va)
{
	struct page *p;

	va = ALIGN_DOWN(va, REGION);
	for (size_t i = 0; i < table_count; i++)
		if (tables[i].root == pt->root && tables[i].va == va)
			return 0;
	BUG_ON(table_count == ARRAY_SIZE(tables));
	p = page_alloc_clean();
	if (!p)
		return -ENOMEM;
	tables[table_count++] = (struct table){pt->root, va, p};
	return 0;
}

int arch_pgtable_init(struct arch_pgtable *pt)
{
	pt->root = ++last_root;
	return need_table(pt, ~0ul);
}

void arch_pgtable_destroy(struct arch_pgtable *pt)
{
	for (size_t i = 0; i < entry_count; i++)
		BUG_ON(entries[i].root == pt->root);
	for (size_t i = 0; i < table_count;) {
		if (tables[i].root != pt->root) {
			i++;
			continue;
		}
		page_free_clean(tables[i].page);
		tables[i] = tables[--table_count];
	}
}

int arch_pgtable_map(struct arch_pgtable *pt, vaddr va, phys_addr pa, unsigned int flags)
{
	struct entry *e = find(pt, va);

	BUG_ON(va & ~PAGE_MASK || pa & ~PAGE_MASK || va >= USER_TOP);
	if (!e) {
		if (need_table(pt, va))
			return -ENOMEM;
		if (entry_count == entry_room) {
			entry_room = entry_room ? entry_room * 2 : 64;
			entries = realloc(entries, entry_room * sizeof(*entries));
		}
		e = &entries[entry_count++];
	}
	*e = (struct entry){pt->root, va, pa, flags};
	return 0;
}

int arch_pgtable_map_batch(struct arch_pgtable *pt, vaddr va, const phys_addr *pa, unsigned int n, unsigned int flags)
{
	BUG_ON(n && va / REGION != (va + (n - 1) * PAGE_SIZE) / REGION);
	for (unsigned int i = 0; i < n; i++, va += PAGE_SIZE)
		if (pa[i] && !find(pt, va) && arch_pgtable_map(pt, va, pa[i], flags))
			return -ENOMEM;
	return 0;
}

bool arch_pgtable_lookup(struct arch_pgtable *pt, vaddr va, phys_addr *pa, unsigned int *flags)
{
	struct entry *e = find(pt, va & PAGE_MASK);

	if (!e)
		return false;
	*pa = e->pa;
	*flags = e->flags;
	return true;
}

void arch_pgtable_protect(struct arch_pgtable *pt, vaddr va, unsigned int flags)
{
	struct entry *e = find(pt, va);

	if (e)
		e->flags = flags;
}

static int by_address(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->va < y->va ? -1 : x->va > y->va;
}

void arch_pgtable_walk(struct arch_pgtable *pt, vaddr start, vaddr end,
		       unsigned int (*fn)(void *ctx, vaddr va, phys_addr pa, unsigned int flags), void *ctx)
{
	struct entry *found = malloc((entry_count + 1) * sizeof(*found));
	size_t n = 0;

	for (size_t i = 0; i < entry_count; i++)
		if (entries[i].root == pt->root && entries[i].va >= start && entries[i].va < end)
			found[n++] = entries[i];
	qsort(found, n, sizeof(*found), by_address);
	for (size_t i = 0; i < n; i++) {
		unsigned int flags = fn(ctx, found[i].va, found[i].pa, found[i].flags);
		struct entry *e = find(pt, found[i].va);

		BUG_ON(!e);
		if (flags == PTE_CLEAR)
			*e = entries[--entry_count];
		else if (flags != PTE_KEEP)
			e->flags = flags;
	}
	free(found);
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
