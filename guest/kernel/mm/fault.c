#include <linux/mman.h>
#include "kernel/fs/vfs.h"
#include "kernel/mm/page.h"
#include "kernel/mm/vma.h"
#include "kernel/task/task.h"

/*
 * A fault costs far more than mapping one page more, so neighbours that will probably be wanted come along: cached pages of a file
 * around the fault, and fresh pages ahead of a program that goes through its memory in order. A window never crosses an aligned block of
 * WINDOW pages, hence no page table either: mapping it succeeds or fails as a whole.
 */
#define WINDOW 16

/* Inner answer: state may have changed while asleep, look again. */
#define RETRY (-EAGAIN)

struct window {
	vaddr start;
	unsigned int n;
	phys_addr pa[WINDOW];
};

/* The block of pages around va, cut to v. */
static void window_around(struct window *w, const struct vma *v, vaddr va)
{
	vaddr start = va & ~(WINDOW * PAGE_SIZE - 1), end = start + WINDOW * PAGE_SIZE;

	w->start = MAX(start, v->start);
	w->n = (MIN(end, v->end) - w->start) >> PAGE_SHIFT;
}

/* Map the pages collected in w (0: none there); their references become the entries'. On failure they are dropped. */
static int window_map(struct vma *v, struct window *w, unsigned int flags)
{
	struct mm *mm = v->mm;
	unsigned int count = 0;
	int err = arch_pgtable_map_batch(&mm->pgtable, w->start, w->pa, w->n, flags);

	for (unsigned int i = 0; i < w->n; i++) {
		if (err && w->pa[i] && phys_is_ram(w->pa[i]))
			page_put(phys_to_page(w->pa[i]));
		count += !!w->pa[i];
	}
	if (err)
		return err;
	vma_touch(v, w->start, w->n);
	mm->rss_pages += count;
	if (mm->rss_pages > mm->peak_rss_pages)
		mm->peak_rss_pages = mm->rss_pages;
	return 0;
}

/* Replace or fill the one entry at va by p, whose reference it takes over. */
static int map_one(struct vma *v, vaddr va, struct page *p, unsigned int flags, bool was_present)
{
	struct mm *mm = v->mm;

	if (arch_pgtable_map(&mm->pgtable, va, page_to_phys(p), flags)) {
		page_put(p);
		return -ENOMEM;
	}
	vma_touch(v, va, 1);
	if (was_present) {
		arch_tlb_flush_range(mm, va, va + PAGE_SIZE);
	} else if (++mm->rss_pages > mm->peak_rss_pages) {
		mm->peak_rss_pages = mm->rss_pages;
	}
	return 0;
}

/* ---- anonymous memory ---- */
/* How many pages to map at once; v remembers, and doubles while faults come one after the other. */
static void anon_window(struct vma *v, vaddr va, struct window *w)
{
	vaddr block = va & ~(WINDOW * PAGE_SIZE - 1);
	vaddr low = MAX(block, v->start), high = MIN(block + WINDOW * PAGE_SIZE, v->end);
	bool down = v->flags & VMA_GROWSDOWN;
	unsigned int room = down ? (va - low) / PAGE_SIZE + 1 : (high - va) / PAGE_SIZE;

	v->ahead = va == v->next_fault && v->ahead < WINDOW ? v->ahead * 2 : va == v->next_fault ? WINDOW : 1;
	w->n = MIN(room, v->ahead);
	w->start = down ? va - (w->n - 1) * PAGE_SIZE : va;
	v->next_fault = down ? w->start - PAGE_SIZE : va + w->n * PAGE_SIZE;
}

/* Reading memory that was never written: the page of zeros, when the vma is not going to be written or memory is scarce. */
static bool want_zero_page(const struct vma *v, bool write)
{
	return !write && (!(v->prot & PROT_WRITE) || page_available() < 8192);
}

static int fault_anon(struct vma *v, vaddr va, bool write)
{
	bool zero = want_zero_page(v, write);
	unsigned int flags = vma_pte_flags(v->prot) & ~(zero ? PTE_WRITE : 0);
	u32 present = 0;
	struct window w;

	anon_window(v, va, &w);
	if (w.n > 1)
		present = present_mask(v->mm, w.start, w.n);
	for (unsigned int i = 0; i < w.n; i++) {
		bool wanted = w.start + i * PAGE_SIZE == va;
		struct page *p;

		w.pa[i] = 0;
		if (present >> i & 1)
			continue;
		p = zero ? page_zero() : page_alloc(0, PAGE_ALLOC_ZERO | PAGE_ALLOC_USER);
		if (zero)
			page_get(p);
		if (p)
			w.pa[i] = page_to_phys(p);
		else if (wanted)
			goto no_memory;
	}
	return window_map(v, &w, flags);
no_memory:
	for (unsigned int i = 0; w.start + i * PAGE_SIZE < va; i++)
		if (w.pa[i])
			page_put(phys_to_page(w.pa[i]));
	return -ENOMEM;
}

/* ---- files and shared memory ---- */
static bool beyond_end(const struct vma *v, u64 index)
{
	if (v->shmem)
		return index >= v->shmem->pages;
	return index >= ALIGN_UP(v->mapping->inode->size, PAGE_SIZE) >> PAGE_SHIFT;
}

/*
 * The cache page at index, without a reference: 0, -ENXIO, -ENOMEM, or RETRY after it had to be read (v may be gone then).
 */
static int cache_page(struct vma *v, u64 index, struct page **out)
{
	struct mapping *m = v->mapping;
	struct file *file = v->file;
	struct page *p = mapping_peek(m, index);
	int err;

	if (beyond_end(v, index))
		return -ENXIO;
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

/* Map what the cache holds of the pages around va, the one at va being there. */
static int map_around(struct vma *v, vaddr va, unsigned int flags)
{
	struct window w;
	u64 index;
	u32 present;

	window_around(&w, v, va);
	present = present_mask(v->mm, w.start, w.n);
	if (present >> ((va - w.start) >> PAGE_SHIFT) & 1)
		return 0;
	index = vma_index(v, w.start);
	for (unsigned int i = 0; i < w.n; i++) {
		struct page *p = present >> i & 1 ? NULL : mapping_peek(v->mapping, index + i);

		w.pa[i] = 0;
		if (!p || beyond_end(v, index + i))
			continue;
		w.pa[i] = page_to_phys(p);
		if (phys_is_ram(w.pa[i]))
			page_get(p);
	}
	return window_map(v, &w, flags);
}

/* A private copy of `from` at va. */
static int map_copy(struct vma *v, vaddr va, struct page *from, bool was_present)
{
	struct page *p = page_alloc(0, PAGE_ALLOC_USER);
	int err;

	if (!p)
		return -ENOMEM;
	arch_copy_page(page_to_virt(p), page_to_virt(from));
	err = map_one(v, va, p, vma_pte_flags(v->prot), was_present);
	if (!err && was_present && phys_is_ram(page_to_phys(from)))
		page_put(from);
	return err;
}

/* First write to a page of a shared mapping since it was last clean. */
static int fault_shared_write(struct vma *v, vaddr va, struct page *p)
{
	unsigned int flags = vma_pte_flags(v->prot);
	int err = 0;

	if (v->file)
		inode_touch(v->mapping->inode, true);
	if (v->flags & VMA_WRITENOTIFY) {
		mapping_dirty(v->mapping, p);
		err = map_around(v, va, flags & ~PTE_WRITE);
		arch_pgtable_protect(&v->mm->pgtable, va, flags);
		return err;
	}
	return map_around(v, va, flags);
}

static int fault_cache(struct vma *v, vaddr va, bool write)
{
	unsigned int flags = vma_pte_flags(v->prot);
	bool shared = v->flags & VMA_SHARED;
	struct page *p;
	int err = cache_page(v, vma_index(v, va), &p);

	if (err)
		return err;
	if (write && !shared)
		return map_copy(v, va, p, false);
	if (write)
		return fault_shared_write(v, va, p);
	if (!shared || v->flags & VMA_WRITENOTIFY)
		flags &= ~PTE_WRITE;
	return map_around(v, va, flags);
}

/* ---- a write to a present page that is read-only in the table ---- */
static int fault_protected(struct vma *v, vaddr va, phys_addr pa)
{
	struct page *p = phys_to_page(pa);

	if (v->flags & VMA_SHARED) {
		mapping_dirty(v->mapping, p);
	} else if (!phys_is_ram(pa) || p->refcount > 1 || p->flags & (PAGE_CACHE | PAGE_PINNED)) {
		return map_copy(v, va, p, true);
	}
	/* Nobody else has it (any more). */
	arch_pgtable_protect(&v->mm->pgtable, va, vma_pte_flags(v->prot));
	arch_tlb_flush_range(v->mm, va, va + PAGE_SIZE);
	return 0;
}

/* ---- stacks ---- */
int vma_grow_down(struct vma *v, vaddr addr)
{
	struct mm *mm = v->mm;
	struct vma *prev = vma_prev(v);
	vaddr start = addr & PAGE_MASK;
	vaddr lowest = prev ? prev->end + (prev->prot && !(prev->flags & VMA_GROWSDOWN) ? STACK_GUARD : 0) : MMAP_MIN_ADDR;
	u64 n = (v->start - start) >> PAGE_SHIFT;

	if (start < lowest || v->end - start > rlimit_current(RLIMIT_STACK) || mm_may_map(mm, n, v->prot, v->flags))
		return -EFAULT;
	if (v->flags & VMA_LOCKED && !mm_may_lock(mm, n))
		return -EFAULT;
	vma_account(v, n);
	v->start = start;
	return 0;
}

/* The vma for an access at addr: NULL and -EFAULT or -EACCES in *err. */
static struct vma *vma_for_access(struct mm *mm, vaddr addr, enum fault_access access, int *err)
{
	/* What each access needs; any right at all lets one read. */
	static const u8 needs[] = {
		[FAULT_READ] = PROT_READ | PROT_WRITE | PROT_EXEC, [FAULT_WRITE] = PROT_WRITE, [FAULT_EXEC] = PROT_EXEC};
	struct vma *v = vma_find(mm, addr);

	*err = -EFAULT;
	if (unlikely(!v)) {
		v = addr < USER_TOP ? vma_find_next(mm, addr) : NULL;
		if (!v || !(v->flags & VMA_GROWSDOWN))
			return NULL;
		/* By a whole window when that is allowed: deep recursion faults less. */
		if (vma_grow_down(v, addr & ~(WINDOW * PAGE_SIZE - 1)) && vma_grow_down(v, addr))
			return NULL;
	}
	*err = -EACCES;
	return v->prot & needs[access] ? v : NULL;
}

static int fault_once(struct mm *mm, vaddr addr, enum fault_access access)
{
	bool write = access == FAULT_WRITE;
	vaddr va = addr & PAGE_MASK;
	unsigned int flags;
	phys_addr pa;
	int err;
	struct vma *v = vma_for_access(mm, addr, access, &err);

	if (!v)
		return err;
	/* A read of a file page need not ask: mapping leaves present entries alone. */
	if ((write || !v->mapping) && arch_pgtable_lookup(&mm->pgtable, va, &pa, &flags))
		return write && !(flags & PTE_WRITE) ? fault_protected(v, va, pa) : 0;
	if (v->flags & VMA_VDSO)
		return -EFAULT;
	return v->mapping ? fault_cache(v, va, write) : fault_anon(v, va, write);
}

int mm_fault(struct mm *mm, vaddr addr, enum fault_access access)
{
	unsigned int tries = 0;
	int err;

	task_current()->min_faults++;
	for (;;) {
		err = fault_once(mm, addr, access);
		if (likely(err != RETRY && err != -ENOMEM))
			return err;
		if (err == -ENOMEM && !oom_wait(tries++))
			return -ENOMEM;
	}
}

int mm_populate(struct mm *mm, vaddr addr, size_t len, bool write)
{
	vaddr end = ALIGN_UP(addr + len, PAGE_SIZE), va = addr & PAGE_MASK;
	int err = 0;

	while (va < end && !err) {
		struct vma *v = vma_find(mm, va);
		bool dirty = v && (write || (v->prot & PROT_WRITE && !(v->flags & VMA_SHARED)));
		bool last = va + PAGE_SIZE >= end;

		/* Memory is going to be filled in order: as if a program had just touched the page before. */
		if (v && !v->mapping && !last && !(v->flags & VMA_GROWSDOWN)) {
			v->next_fault = va;
			v->ahead = WINDOW;
		}
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

		if (arch_pgtable_lookup(&mm->pgtable, va, &pa, &flags) && flags & PTE_READ &&
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
