/* Four-level page tables: SDM volume 3, 4.5 "4-level paging". */
#include "cpu.h"

#include "kernel/boot.h"
#include "kernel/lib/log.h"
#include "kernel/mm/page.h"

enum pte_bit {
	PTE_P = 1 << 0,
	PTE_W = 1 << 1,
	PTE_U = 1 << 2,
	PTE_A = 1 << 5,
	PTE_D = 1 << 6,
	/* Not present to the processor, yet a mapping: PROT_NONE keeps its page. */
	PTE_HELD = 1 << 9,
};
#define PTE_NX (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull
#define PTE_MAPPED (PTE_P | PTE_HELD)
#define TABLE_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A)
#define TABLE_ENTRIES 512
#define USER_ROOT_ENTRIES 256

typedef u64 pte_t;

/* The root entries of the kernel's half that the VMM filled: the direct map and the image (boot.h). */
#define ROOT_DIRECT ((BOOT_DIRECT_MAP_BASE >> 39) & 511)
#define ROOT_IMAGE ((BOOT_KERNEL_BASE >> 39) & 511)

static inline unsigned int table_shift(unsigned int level)
{
	return PAGE_SHIFT + 9 * level;
}

static inline unsigned int table_index(vaddr va, unsigned int level)
{
	return (va >> table_shift(level)) & (TABLE_ENTRIES - 1);
}

static inline pte_t *table_of(pte_t entry)
{
	return phys_to_virt(entry & PTE_ADDRESS);
}

/* Accessed and dirty are set ahead, so that neither processor nor host has to come back for them. */
static pte_t make_pte(phys_addr pa, unsigned int flags)
{
	pte_t e = pa | PTE_U | PTE_A;

	e |= flags & (PTE_READ | PTE_WRITE | PTE_EXEC) ? PTE_P : PTE_HELD;
	if (flags & PTE_WRITE)
		e |= PTE_W | PTE_D;
	if (!(flags & PTE_EXEC))
		e |= PTE_NX;
	return e;
}

static unsigned int pte_flags(pte_t e)
{
	unsigned int flags = PTE_USER;

	if (e & PTE_P)
		flags |= PTE_READ;
	if (e & PTE_W)
		flags |= PTE_WRITE;
	if (!(e & PTE_NX))
		flags |= PTE_EXEC;
	return flags;
}

/* A new table, to be entered at *entry (NULL: the root), which its descriptor remembers. */
static pte_t *new_table(struct arch_pgtable *pt, pte_t *entry)
{
	struct page *p = page_alloc_clean();

	if (!p)
		return NULL;
	p->private = pt->tables;
	p->freelist = entry;
	pt->tables = p;
	return page_to_virt(p);
}

int arch_pgtable_init(struct arch_pgtable *pt)
{
	const pte_t *boot = phys_to_virt(boot_info->boot_root);
	pte_t *root;

	pt->tables = NULL;
	root = new_table(pt, NULL);
	if (!root)
		return -ENOMEM;
	pt->root = virt_to_phys(root);
	root[ROOT_DIRECT] = boot[ROOT_DIRECT];
	root[ROOT_IMAGE] = boot[ROOT_IMAGE];
	return 0;
}

void arch_pgtable_destroy(struct arch_pgtable *pt)
{
	pte_t *root = phys_to_virt(pt->root);

	/*
	 * Entry by entry, with stores: a host that shadows these tables follows only what it sees the guest write, and would
	 * otherwise go on with old entries when the page becomes a table again.
	 */
	root[ROOT_DIRECT] = root[ROOT_IMAGE] = 0;
	while (pt->tables) {
		struct page *p = pt->tables;
		pte_t *entry = p->freelist;

		pt->tables = p->private;
		if (entry)
			*entry = 0;
		page_free_clean(p);
	}
	pt->root = 0;
}

/* The last-level table for va, or NULL; with create, NULL means no memory. */
static pte_t *last_table(struct arch_pgtable *pt, vaddr va, bool create)
{
	pte_t *table = phys_to_virt(pt->root);

	for (unsigned int level = 3; level > 0; level--) {
		pte_t *entry = &table[table_index(va, level)];

		if (!*entry) {
			pte_t *below = create ? new_table(pt, entry) : NULL;

			if (!below)
				return NULL;
			*entry = virt_to_phys(below) | TABLE_FLAGS;
		}
		table = table_of(*entry);
	}
	return table;
}

static pte_t *find_pte(struct arch_pgtable *pt, vaddr va)
{
	pte_t *table = last_table(pt, va, false);
	pte_t *e = table ? &table[table_index(va, 0)] : NULL;

	return e && *e & PTE_MAPPED ? e : NULL;
}

int arch_pgtable_map(struct arch_pgtable *pt, vaddr va, phys_addr pa, unsigned int flags)
{
	pte_t *table = last_table(pt, va, true);

	if (!table)
		return -ENOMEM;
	table[table_index(va, 0)] = make_pte(pa, flags);
	return 0;
}

int arch_pgtable_map_batch(struct arch_pgtable *pt, vaddr va, const phys_addr *pa, unsigned int n, unsigned int flags)
{
	pte_t bits = make_pte(0, flags);

	while (n) {
		unsigned int i = table_index(va, 0);
		pte_t *table = last_table(pt, va, true);

		if (!table)
			return -ENOMEM;
		for (; n && i < TABLE_ENTRIES; n--, i++, pa++, va += PAGE_SIZE)
			if (*pa && !table[i])
				table[i] = *pa | bits;
	}
	return 0;
}

bool arch_pgtable_lookup(struct arch_pgtable *pt, vaddr va, phys_addr *pa, unsigned int *flags)
{
	const pte_t *e = find_pte(pt, va);

	if (!e)
		return false;
	*pa = *e & PTE_ADDRESS;
	*flags = pte_flags(*e);
	return true;
}

void arch_pgtable_protect(struct arch_pgtable *pt, vaddr va, unsigned int flags)
{
	pte_t *e = find_pte(pt, va);

	if (e)
		*e = make_pte(*e & PTE_ADDRESS, flags);
}

struct walk {
	unsigned int (*fn)(void *ctx, vaddr va, phys_addr pa, unsigned int flags);
	void *ctx;
};

static void walk_leaf(const struct walk *w, pte_t *e, vaddr va)
{
	phys_addr pa = *e & PTE_ADDRESS;
	unsigned int answer = w->fn(w->ctx, va, pa, pte_flags(*e));

	if (answer == PTE_CLEAR)
		*e = 0;
	else if (answer != PTE_KEEP)
		*e = make_pte(pa, answer);
}

/* The first entry of [e, end) that is not empty, or end. One instruction: emulated hosts pay for every one. */
static pte_t *skip_empty(pte_t *e, pte_t *end)
{
	u64 left = (u64)(end - e);
	bool empty;

	if (!left)
		return end;
	__asm__ volatile("repe scasq" : "+D"(e), "+c"(left), "=@ccz"(empty) : "a"(0ull) : "memory");
	return empty ? end : e - 1;
}

/* [start, end) lies within what table (at level) covers; end may be where it ends. */
static void walk_table(const struct walk *w, pte_t *table, unsigned int level, vaddr start, vaddr end)
{
	unsigned int shift = table_shift(level);
	vaddr base = ALIGN_DOWN(start, 1ul << (shift + 9));
	pte_t *last = table + ((end - base + (1ul << shift) - 1) >> shift);
	pte_t *e = table + ((start - base) >> shift);

	for (; (e = skip_empty(e, last)) != last; e++) {
		vaddr va = base + ((u64)(e - table) << shift);

		if (level)
			walk_table(w, table_of(*e), level - 1, MAX(va, start), MIN(va + (1ul << shift), end));
		else
			walk_leaf(w, e, va);
	}
}

void arch_pgtable_walk(struct arch_pgtable *pt, vaddr start, vaddr end,
		       unsigned int (*fn)(void *ctx, vaddr va, phys_addr pa, unsigned int flags), void *ctx)
{
	struct walk w = {fn, ctx};

	walk_table(&w, phys_to_virt(pt->root), 3, start, end);
}

void arch_pgtable_switch(struct arch_pgtable *pt)
{
	write_cr3(pt ? pt->root : boot_info->boot_root);
}
