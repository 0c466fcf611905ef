#include "kernel/mm/vma.h"

#include <linux/mman.h>
#include "kernel/fs/vfs.h"
#include "kernel/mm/page.h"
#include "kernel/mm/pgtable.h"
#include "kernel/task/task.h"

/*
 * A fault costs far more than mapping one page more, so neighbours that will probably be wanted
 * come along: cached pages of a file around the fault, and fresh pages ahead of a program that goes
 * through its memory in order. A window never crosses an aligned block of WINDOW pages, hence no
 * page table either: its slots lie one after another.
 */
#define WINDOW 16
#define BLOCK  (WINDOW * PAGE_SIZE)

/* Each way a fault goes is a function of its own, so that the short ones do not pay for the
 * registers of the long ones. */
#define __own_frame __attribute__((noinline))

/* Inner answer: state may have changed while asleep, look again. */
#define RETRY (-EAGAIN)

/* count pages more are mapped in v, the lowest at va, the highest below end. */
static inline void note_mapped(struct vma *v, vaddr va, vaddr end, unsigned int count)
{
	struct mm *mm = v->mm;

	mm->rss_pages += count;
	if (mm->rss_pages > mm->peak_rss_pages)
		mm->peak_rss_pages = mm->rss_pages;
	vma_touch(v, va, end);
}

/* ---- anonymous memory ---- */
/* Reading memory that was never written: the page of zeros, when the vma is not going to be written
 * or memory is scarce. */
static inline bool want_zero_page(const struct vma *v, bool write)
{
	return !write && (!(v->prot & PROT_WRITE) || page_available() < 8192);
}

/* How many pages to map at once: twice as many each time faults come one after the other, up to the
 * end of the block. */
static unsigned int window_size(struct vma *v, vaddr va)
{
	vaddr block = va & ~(BLOCK - 1);
	unsigned int room;

	if (v->flags & VMA_GROWSDOWN)
		room = ((va - MAX(block, v->start)) >> PAGE_SHIFT) + 1;
	else
		room = (MIN(block + BLOCK, v->end) - va) >> PAGE_SHIFT;
	v->ahead = MIN(v->ahead * 2, WINDOW);
	return MIN(v->ahead, room);
}

/* Fresh pages beyond va, in the direction the program goes, while they come easily. Slots are those
 * of va. */
static __own_frame int map_ahead(struct vma *v, vaddr va, arch_pte *slot)
{
	unsigned int n = window_size(v, va);
	unsigned int flags = vma_pte_flags(v->prot);
	bool down = v->flags & VMA_GROWSDOWN;
	unsigned int i;

	for (i = 1; i < n; i++) {
		struct page *p;

		slot += down ? -1 : 1;
		if (arch_pte_present(*slot))
			break;
		p = page_alloc(0, PAGE_ALLOC_ZERO | PAGE_ALLOC_USER);
		if (!p)
			break;
		*slot = arch_pte_make(page_to_phys(p), flags);
	}
	v->next_fault = down ? va - i * PAGE_SIZE : va + i * PAGE_SIZE;
	note_mapped(v, down ? v->next_fault + PAGE_SIZE : va, down ? va + PAGE_SIZE : v->next_fault,
		    i);
	return 0;
}

static __own_frame int map_zero_page(struct vma *v, vaddr va, arch_pte *slot)
{
	struct page *p = page_zero();

	page_get(p);
	*slot = arch_pte_make(page_to_phys(p), vma_pte_flags(v->prot) & ~PTE_WRITE);
	note_mapped(v, va, va + PAGE_SIZE, 1);
	return 0;
}

static inline int fault_anon(struct vma *v, vaddr va, arch_pte *slot, bool write)
{
	struct page *p;

	if (want_zero_page(v, write))
		return map_zero_page(v, va, slot);
	p = page_alloc(0, PAGE_ALLOC_ZERO | PAGE_ALLOC_USER);
	if (unlikely(!p))
		return -ENOMEM;
	*slot = arch_pte_make(page_to_phys(p), vma_pte_flags(v->prot));
	if (va == v->next_fault)
		return map_ahead(v, va, slot);
	v->ahead = 1;
	v->next_fault = v->flags & VMA_GROWSDOWN ? va - PAGE_SIZE : va + PAGE_SIZE;
	note_mapped(v, va, va + PAGE_SIZE, 1);
	return 0;
}

/* ---- files and shared memory ---- */
/* The first index behind the end of what v maps. */
static u64 end_index(const struct vma *v)
{
	if (v->shmem)
		return v->shmem->pages;
	return ALIGN_UP(v->mapping->inode->size, PAGE_SIZE) >> PAGE_SHIFT;
}

/*
 * The cache page at index, without a reference: 0, -ENXIO, -ENOMEM, or RETRY after it had to be
 * read (v may be gone then).
 */
static int cache_page(struct vma *v, u64 index, struct page **out)
{
	struct mapping *m = v->mapping;
	struct file *file = v->file;
	struct page *p;
	int err;

	if (index >= end_index(v))
		return -ENXIO;
	p = mapping_peek(m, index);
	*out = p;
	if (likely(p))
		return 0;
	if (!m->ops || !m->ops->read_page) {
		err = mapping_get(m, index, true, out);
		if (!err)
			page_put(*out); /* the cache holds it */
		return err;
	}
	file_get(file);
	task_current()->maj_faults++;
	err = mapping_get(m, index, true, &p);
	if (!err)
		page_put(p);
	file_put(file);
	return !err ? RETRY : err == -ENOMEM ? err : -ENXIO;
}

/* Fill the empty ones of n slots with the consecutive pages of the boot file system from pa on: how
 * many. */
static unsigned int map_boot_pages(arch_pte *slot, unsigned int n, phys_addr pa, unsigned int flags)
{
	arch_pte e = arch_pte_make(pa, flags), *end = slot + n;
	unsigned int count = 0;

	for (; slot != end; slot++, e += PAGE_SIZE) {
		if (arch_pte_present(*slot))
			continue;
		*slot = e;
		count++;
	}
	return count;
}

/* The same with whatever the cache holds from index on. */
static unsigned int map_cache_pages(struct mapping *m, arch_pte *slot, unsigned int n, u64 index,
				    unsigned int flags)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct page *p = arch_pte_present(slot[i]) ? NULL : mapping_peek(m, index + i);

		if (!p)
			continue;
		slot[i] = arch_pte_make(page_to_phys(p), flags);
		if (phys_is_ram(page_to_phys(p)))
			page_get(p);
		count++;
	}
	return count;
}

/* Map what the cache holds of the pages around va (whose slot this is), the one at va being
 * there. */
static void map_around(struct vma *v, vaddr va, arch_pte *slot, unsigned int flags)
{
	vaddr start = MAX(va & ~(BLOCK - 1), v->start),
	      end = MIN((va & ~(BLOCK - 1)) + BLOCK, v->end);
	u64 index = vma_index(v, start), n = MIN((end - start) >> PAGE_SHIFT, end_index(v) - index);
	struct mapping *m = v->mapping;
	unsigned int count;

	slot -= (va - start) >> PAGE_SHIFT;
	if (!m->page_count && index + n <= m->base_pages)
		count = map_boot_pages(slot, n, m->base + (index << PAGE_SHIFT), flags);
	else
		count = map_cache_pages(m, slot, n, index, flags);
	note_mapped(v, start, start + (n << PAGE_SHIFT), count);
}

/* A private copy of the page at `from` in va's slot. */
static int map_copy(struct vma *v, vaddr va, arch_pte *slot, phys_addr from)
{
	struct page *p = page_alloc(0, PAGE_ALLOC_USER);
	bool was_present = arch_pte_present(*slot);

	if (!p)
		return -ENOMEM;
	arch_copy_page(page_to_virt(p), phys_to_virt(from));
	*slot = arch_pte_make(page_to_phys(p), vma_pte_flags(v->prot));
	if (!was_present) {
		note_mapped(v, va, va + PAGE_SIZE, 1);
		return 0;
	}
	arch_tlb_flush_range(v->mm, va, va + PAGE_SIZE);
	if (phys_is_ram(from))
		page_put(phys_to_page(from));
	return 0;
}

/* First write to a page of a shared mapping (since it was last clean). */
static void fault_shared_write(struct vma *v, vaddr va, arch_pte *slot, struct page *p)
{
	unsigned int flags = vma_pte_flags(v->prot);

	if (v->file)
		inode_touch(v->mapping->inode, true);
	if (!(v->flags & VMA_WRITENOTIFY)) {
		map_around(v, va, slot, flags);
		return;
	}
	mapping_dirty(v->mapping, p);
	map_around(v, va, slot, flags & ~PTE_WRITE);
	*slot = arch_pte_make(arch_pte_phys(*slot), flags);
}

static __own_frame int fault_cache(struct vma *v, vaddr va, arch_pte *slot, bool write)
{
	unsigned int flags = vma_pte_flags(v->prot);
	bool shared = v->flags & VMA_SHARED;
	struct page *p;
	int err = cache_page(v, vma_index(v, va), &p);

	if (err)
		return err;
	if (write && !shared)
		return map_copy(v, va, slot, page_to_phys(p));
	if (write) {
		fault_shared_write(v, va, slot, p);
		return 0;
	}
	if (!shared || v->flags & VMA_WRITENOTIFY)
		flags &= ~PTE_WRITE;
	map_around(v, va, slot, flags);
	return 0;
}

/* ---- a write to a present page that is read-only in the table ---- */
static __own_frame int fault_protected(struct vma *v, vaddr va, arch_pte *slot)
{
	phys_addr pa = arch_pte_phys(*slot);
	struct page *p = phys_to_page(pa);

	if (v->flags & VMA_SHARED)
		mapping_dirty(v->mapping, p);
	else if (!phys_is_ram(pa) || p->refcount > 1 || p->flags & (PAGE_CACHE | PAGE_PINNED))
		return map_copy(v, va, slot, pa);
	/* Nobody else has it (any more). */
	*slot = arch_pte_make(pa, vma_pte_flags(v->prot));
	arch_tlb_flush_range(v->mm, va, va + PAGE_SIZE);
	return 0;
}

/* ---- stacks ---- */
int vma_grow_down(struct vma *v, vaddr addr)
{
	struct mm *mm = v->mm;
	struct vma *prev = vma_prev(v);
	vaddr start = addr & PAGE_MASK;
	vaddr lowest =
		prev ? prev->end + (prev->prot && !(prev->flags & VMA_GROWSDOWN) ? STACK_GUARD : 0)
		     : MMAP_MIN_ADDR;
	u64 n = (v->start - start) >> PAGE_SHIFT;

	if (start < lowest || v->end - start > rlimit_current(RLIMIT_STACK) ||
	    mm_may_map(mm, n, v->prot, v->flags))
		return -EFAULT;
	if (v->flags & VMA_LOCKED && !mm_may_lock(mm, n))
		return -EFAULT;
	vma_account(v, n);
	v->start = start;
	return 0;
}

/* addr lies in no vma: the stack above it, grown down to it, or NULL. */
static __own_frame struct vma *stack_for(struct mm *mm, vaddr addr)
{
	struct vma *v = addr < USER_TOP ? vma_find_next(mm, addr) : NULL;

	if (!v || !(v->flags & VMA_GROWSDOWN))
		return NULL;
	/* By a whole window when that is allowed: deep recursion faults less. */
	if (vma_grow_down(v, addr & ~(BLOCK - 1)) && vma_grow_down(v, addr))
		return NULL;
	return v;
}

/* What each access needs; any right at all lets one read. */
static const u8 access_needs[] = {[FAULT_READ] = PROT_READ | PROT_WRITE | PROT_EXEC,
				  [FAULT_WRITE] = PROT_WRITE,
				  [FAULT_EXEC] = PROT_EXEC};

static inline __attribute__((always_inline)) int fault_once(struct mm *mm, vaddr addr,
							    enum fault_access access)
{
	bool write = access == FAULT_WRITE;
	vaddr va = addr & PAGE_MASK;
	struct vma *v = vma_find(mm, addr);
	arch_pte *slot;

	if (unlikely(!v)) {
		v = stack_for(mm, addr);
		if (!v)
			return -EFAULT;
	}
	if (unlikely(!(v->prot & access_needs[access])))
		return -EACCES;
	slot = arch_pgtable_slot(&mm->pgtable, va);
	if (unlikely(!slot))
		return -ENOMEM;
	if (arch_pte_present(*slot))
		return write && !arch_pte_writable(*slot) ? fault_protected(v, va, slot) : 0;
	if (v->mapping)
		return fault_cache(v, va, slot, write);
	return v->flags & VMA_VDSO ? -EFAULT : fault_anon(v, va, slot, write);
}

/* It did not come off at once: make memory, look again. */
static __own_frame int fault_again(struct mm *mm, vaddr addr, enum fault_access access, int err)
{
	unsigned int tries = 0;

	while (err == RETRY || err == -ENOMEM) {
		if (err == -ENOMEM && !oom_wait(tries++))
			return -ENOMEM;
		err = fault_once(mm, addr, access);
	}
	return err;
}

int mm_fault(struct mm *mm, vaddr addr, enum fault_access access)
{
	int err = fault_once(mm, addr, access);

	task_current()->min_faults++;
	return likely(!err) ? 0 : fault_again(mm, addr, access, err);
}

/* Fill the empty slots of [start, end) of anonymous memory that may be written: 0, or -ENOMEM on
 * the way. */
static int populate_anon(struct vma *v, vaddr start, vaddr end)
{
	unsigned int flags = vma_pte_flags(v->prot), count = 0;
	int err = 0;

	for (vaddr va = start; va < end; va += PAGE_SIZE) {
		arch_pte *slot = arch_pgtable_slot(&v->mm->pgtable, va);
		struct page *p;

		if (slot && arch_pte_present(*slot))
			continue;
		p = slot ? page_alloc(0, PAGE_ALLOC_ZERO | PAGE_ALLOC_USER) : NULL;
		if (!p) {
			err = -ENOMEM;
			break;
		}
		*slot = arch_pte_make(page_to_phys(p), flags);
		count++;
	}
	note_mapped(v, start, end, count);
	return err;
}

/* Is the page at va mapped as a program's access of that kind needs it? */
static bool mapped_for(struct mm *mm, vaddr va, bool write)
{
	arch_pte *slot = arch_pgtable_slot(&mm->pgtable, va);

	return slot && arch_pte_present(*slot) && (!write || arch_pte_writable(*slot));
}

int mm_populate(struct mm *mm, vaddr addr, size_t len, bool write)
{
	vaddr end = ALIGN_UP(addr + len, PAGE_SIZE), va = addr & PAGE_MASK;
	int err = 0;

	while (va < end && !err) {
		struct vma *v = vma_find(mm, va);
		bool dirty = v && (write || (v->prot & PROT_WRITE && !(v->flags & VMA_SHARED)));

		if (v && v->prot & PROT_WRITE && !v->mapping &&
		    !populate_anon(v, va, MIN(end, v->end))) {
			va = v->end;
			continue;
		}
		if (!v || !v->prot || !mapped_for(mm, va, dirty))
			err = mm_fault(mm, va, dirty ? FAULT_WRITE : FAULT_READ);
		va += PAGE_SIZE;
	}
	return err;
}

int mm_get_page(struct mm *mm, vaddr addr, enum fault_access access, struct page **out)
{
	vaddr va = addr & PAGE_MASK;
	unsigned int flags;
	phys_addr pa;

	if (addr >= USER_TOP)
		return -EFAULT;
	for (;;) {
		int err;

		if (pgtable_lookup(&mm->pgtable, va, &pa, &flags) && flags & PTE_READ &&
		    (access != FAULT_WRITE || flags & PTE_WRITE))
			break;
		err = mm_fault(mm, addr, access);
		if (err)
			return err;
	}
	*out = phys_to_page(pa);
	page_get(*out);
	return 0;
}
