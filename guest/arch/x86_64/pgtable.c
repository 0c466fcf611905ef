/* Four-level page tables: SDM volume 3, 4.5 "4-level paging". */
#include "cpu.h"

#include "kernel/boot.h"
#include "kernel/control.h"
#include "kernel/lib/log.h"
#include "kernel/mm/page.h"

enum pte_bit {
	PTE_P = 1 << 0,
	PTE_W = 1 << 1,
	PTE_U = 1 << 2,
	PTE_A = 1 << 5,
	PTE_D = 1 << 6,
};
#define PTE_NX (1ull << 63)
#define TABLE_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A)
#define TABLE_ENTRIES 512

typedef arch_pte pte_t;

/* Accessed and dirty are set ahead, so that neither processor nor host has to come back for them. */
#define BITS(flags)                                                                              \
	[flags] = PTE_U | PTE_A | ((flags) ? PTE_P : ARCH_PTE_HELD) | ((flags) & PTE_WRITE ? PTE_W | PTE_D : 0) | \
		  ((flags) & PTE_EXEC ? 0 : PTE_NX)
const u64 arch_pte_bits[8] = {BITS(0), BITS(1), BITS(2), BITS(3), BITS(4), BITS(5), BITS(6), BITS(7)};

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
	return phys_to_virt(entry & ARCH_PTE_ADDRESS);
}

unsigned int arch_pte_flags(arch_pte e)
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
	control_note_table(p);
	p->private = pt->tables;
	p->freelist = entry;
	pt->tables = p;
	pt->table_pages++;
	return page_to_virt(p);
}

/* The VMM's tables have the user bit below the root: these two entries decide. */
static void open_kernel(pte_t *open, const pte_t *root)
{
	open[ROOT_DIRECT] = root[ROOT_DIRECT] | PTE_U;
	open[ROOT_IMAGE] = root[ROOT_IMAGE] | PTE_U;
}

static bool init_open_root(struct arch_pgtable *pt, const pte_t *root)
{
	pte_t *open = new_table(pt, NULL);

	if (!open)
		return false;
	pt->open_root = virt_to_phys(open);
	open_kernel(open, root);
	return true;
}

u64 boot_open_root(void)
{
	static pte_t open[TABLE_ENTRIES] __aligned(PAGE_SIZE);

	if (!open[ROOT_IMAGE])
		open_kernel(open, phys_to_virt(boot_info->boot_root));
	return virt_to_phys(open);
}

/* Entries of the root stand in the open root too. */
static void set_table(struct arch_pgtable *pt, pte_t *entry, pte_t value)
{
	pte_t *root = phys_to_virt(pt->root);

	*entry = value;
	if (pt->open_root && entry >= root && entry < root + TABLE_ENTRIES)
		((pte_t *)phys_to_virt(pt->open_root))[entry - root] = value;
}

int arch_pgtable_init(struct arch_pgtable *pt)
{
	const pte_t *boot = phys_to_virt(boot_info->boot_root);
	pte_t *root;

	pt->tables = NULL;
	pt->table_pages = 0;
	for (unsigned int i = 0; i < ARCH_TABLE_CACHE; i++)
		pt->cache[i].key = 0;
	root = new_table(pt, NULL);
	if (!root)
		return -ENOMEM;
	pt->root = virt_to_phys(root);
	root[ROOT_DIRECT] = boot[ROOT_DIRECT];
	root[ROOT_IMAGE] = boot[ROOT_IMAGE];
	pt->open_root = 0;
	if (supervisor_emulated && !init_open_root(pt, root)) {
		arch_pgtable_destroy(pt);
		return -ENOMEM;
	}
	return 0;
}

void arch_pgtable_destroy(struct arch_pgtable *pt)
{
	pte_t *root = phys_to_virt(pt->root);

	/*
	 * Entry by entry, with stores: a host that shadows these tables follows only what it sees the guest write, and would
	 * otherwise go on with old entries when the page becomes a table again.
	 */
	set_table(pt, &root[ROOT_DIRECT], 0);
	set_table(pt, &root[ROOT_IMAGE], 0);
	while (pt->tables) {
		struct page *p = pt->tables;
		pte_t *entry = p->freelist;

		pt->tables = p->private;
		if (entry)
			set_table(pt, entry, 0);
		page_free_clean(p);
	}
	pt->root = pt->open_root = 0;
}

static void remember(struct arch_pgtable *pt, vaddr va, pte_t *table)
{
	u64 span = va / ARCH_TABLE_SPAN;

	pt->cache[span % ARCH_TABLE_CACHE].key = span + 1;
	pt->cache[span % ARCH_TABLE_CACHE].table = table;
}

arch_pte *arch_pgtable_slot_slow(struct arch_pgtable *pt, vaddr va)
{
	pte_t *table = phys_to_virt(pt->root);

	for (unsigned int level = 3; level > 0; level--) {
		pte_t *entry = &table[table_index(va, level)];

		if (!*entry) {
			pte_t *below = new_table(pt, entry);

			if (!below)
				return NULL;
			set_table(pt, entry, virt_to_phys(below) | TABLE_FLAGS);
		}
		table = table_of(*entry);
	}
	remember(pt, va, table);
	return &table[table_index(va, 0)];
}

/* The last-level table for va, NULL and *size = what an absent table above would cover. */
static pte_t *find_table(struct arch_pgtable *pt, vaddr va, vaddr *size)
{
	pte_t *table = phys_to_virt(pt->root);

	for (unsigned int level = 3; level > 0; level--) {
		pte_t entry = table[table_index(va, level)];

		if (!entry) {
			*size = 1ul << table_shift(level);
			return NULL;
		}
		table = table_of(entry);
	}
	return table;
}

arch_pte *arch_pgtable_seek_slow(struct arch_pgtable *pt, vaddr *va, vaddr end)
{
	vaddr size = ARCH_TABLE_SPAN;

	while (*va < end) {
		pte_t *table = find_table(pt, *va, &size);

		if (table) {
			remember(pt, *va, table);
			return table + table_index(*va, 0);
		}
		*va = ALIGN_DOWN(*va, size) + size;
	}
	return NULL;
}

/* One string instruction: emulated hosts pay for every other. */
arch_pte *arch_pte_skip(arch_pte *slot, arch_pte *end)
{
	u64 left = (u64)(end - slot);
	bool empty;

	if (!left)
		return end;
	__asm__ volatile("repe scasq" : "+D"(slot), "+c"(left), "=@ccz"(empty) : "a"(0ull) : "memory");
	return empty ? end : slot - 1;
}

void arch_pgtable_switch(struct arch_pgtable *pt)
{
	write_cr3(pgtable_cr3(pt));
}
