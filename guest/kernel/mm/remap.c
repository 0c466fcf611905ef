#include "kernel/mm/vma.h"

#include <linux/capability.h>
#include <linux/mman.h>
#include "kernel/mm/pgtable.h"
#include "kernel/task/task.h"

/* Move the entries of [from, end) to `to`: end, or where it stopped because memory for a table is
 * out. */
static vaddr move_entries(struct mm *mm, vaddr from, vaddr end, vaddr to)
{
	struct pte_run run;
	arch_pte *old, *new;

	for_each_pte (&mm->pgtable, from, end, run, old) {
		vaddr va = pte_va(&run, old);

		new = arch_pgtable_slot(&mm->pgtable, va - from + to);
		if (!new)
			return va;
		*new = *old;
		*old = arch_pte_none();
	}
	return end;
}

/* Move the pages of [from, from + len) of v to `to`. 0, or -ENOMEM with everything where it was. */
static int move_pages(struct vma *v, vaddr from, vaddr to, size_t len)
{
	vaddr start = MAX(from, v->touched_start), end = MIN(from + len, v->touched_end), stop;
	struct mm *mm = v->mm;

	if (start >= end)
		return 0;
	to += start - from;
	stop = move_entries(mm, start, end, to);
	/* Back again: the tables of the old place are there, so this cannot fail. */
	if (stop != end)
		move_entries(mm, to, to + (stop - start), start);
	arch_tlb_flush_range(mm, start, end);
	return stop == end ? 0 : -ENOMEM;
}

/* ---- mremap(2) ---- */
struct remap_request {
	struct mm *mm;
	vaddr addr, new_addr;
	size_t old_len, new_len; /* whole pages */
	unsigned int flags;
};

static int check_request(const struct remap_request *r)
{
	unsigned int f = r->flags;

	if (f & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) || r->addr & ~PAGE_MASK ||
	    !r->new_len)
		return -EINVAL;
	if (f & (MREMAP_FIXED | MREMAP_DONTUNMAP) && !(f & MREMAP_MAYMOVE))
		return -EINVAL;
	if (f & MREMAP_DONTUNMAP && r->old_len != r->new_len)
		return -EINVAL;
	if (!(f & MREMAP_FIXED))
		return 0;
	if (r->new_addr & ~PAGE_MASK || r->new_len > USER_TOP ||
	    r->new_addr > USER_TOP - r->new_len)
		return -EINVAL;
	if (r->addr + r->old_len > r->new_addr && r->new_addr + r->new_len > r->addr)
		return -EINVAL;
	return 0;
}

/* The vma to be resized, after the checks of its kind and of the limits: 0 -EFAULT -EINVAL -EAGAIN
 * -ENOMEM. */
static int check_vma(const struct remap_request *r, struct vma **out)
{
	struct vma *v = vma_find(r->mm, r->addr);
	u64 more = r->new_len > r->old_len ? (r->new_len - r->old_len) >> PAGE_SHIFT : 0;

	if (!v)
		return -EFAULT;
	if (!r->old_len && !(v->flags & VMA_SHARED))
		return -EINVAL;
	if (r->old_len > v->end - r->addr || (more && v->flags & VMA_VDSO))
		return -EFAULT;
	if (v->mapping &&
	    vma_index(v, r->addr) + (r->new_len >> PAGE_SHIFT) > 1ull << (63 - PAGE_SHIFT))
		return -EINVAL;
	if (r->flags & MREMAP_DONTUNMAP)
		more = r->new_len >> PAGE_SHIFT;
	if (more && v->flags & VMA_LOCKED && !mm_may_lock(r->mm, more))
		return -EAGAIN;
	*out = v;
	return more ? mm_may_map(r->mm, more, v->prot,
				 v->flags | (v->file && v->mapping ? VMA_NORESERVE : 0))
		    : 0;
}

/* v's part at addr, old_len bytes, goes to new_addr with new_len bytes; the place is free. */
static long move_vma(struct remap_request *r, struct vma *v, vaddr to)
{
	size_t len = MIN(r->old_len, r->new_len);
	struct mm *mm = r->mm;
	struct vma *new;
	int err;

	/* Cutting out the old place may split it in three. */
	if (mm->vma_count + 3 > MAX_MAP_COUNT)
		return -ENOMEM;
	new = vma_copy(mm, v);
	if (!new)
		return -ENOMEM;
	new->start = to;
	new->end = to + r->new_len;
	new->pgoff = vma_index(v, r->addr);
	new->touched_start = new->touched_end = 0;
	new->flags &= ~VMA_GROWSDOWN;
	err = move_pages(v, r->addr, to, len);
	if (err) {
		vma_free(new);
		return err;
	}
	if (len)
		vma_touch(new, to, to + len);
	vma_link(mm, new);
	if (v->flags & VMA_VDSO && mm->vdso >= r->addr && mm->vdso < r->addr + len)
		mm->vdso += to - r->addr;
	if (r->flags & MREMAP_DONTUNMAP)
		err = mm_lock_range(mm, r->addr, r->old_len, 0);
	else if (r->old_len)
		err = mm_unmap(mm, r->addr, r->old_len);
	vma_merge(mm, new);
	return err ? err : (long)to;
}

/* Is there room behind v for new_len bytes from addr on? */
static bool can_grow(const struct remap_request *r, struct vma *v)
{
	struct vma *next = vma_next(v);
	vaddr end = r->addr + r->new_len;

	return r->addr + r->old_len == v->end && r->old_len && end > r->addr && end <= USER_TOP &&
	       (!next || vma_guard_start(next) >= end);
}

static void grow(struct vma *v, vaddr end)
{
	vma_account(v, (end - v->end) >> PAGE_SHIFT);
	v->end = end;
	vma_merge(v->mm, v);
}

static long remap_fixed(struct remap_request *r)
{
	struct vma *v;
	int err;

	if (r->flags & MREMAP_FIXED) {
		err = mm_unmap(r->mm, r->new_addr, r->new_len);
		if (err)
			return err;
	}
	if (r->old_len > r->new_len) {
		err = mm_unmap(r->mm, r->addr + r->new_len, r->old_len - r->new_len);
		if (err)
			return err;
		r->old_len = r->new_len;
	}
	err = check_vma(r, &v);
	if (err)
		return err;
	if (r->flags & MREMAP_FIXED && r->new_addr < MMAP_MIN_ADDR && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (!(r->flags & MREMAP_FIXED))
		r->new_addr = mm_find_hole(r->mm, r->new_len);
	return r->new_addr || r->flags & MREMAP_FIXED ? move_vma(r, v, r->new_addr) : -ENOMEM;
}

static long remap(struct remap_request *r)
{
	struct vma *v;
	vaddr to;
	int err;

	/* Shrinking is unmapping, of whatever lies there. */
	if (r->old_len > r->new_len) {
		err = mm_unmap(r->mm, r->addr + r->new_len, r->old_len - r->new_len);
		return err ? err : (long)r->addr;
	}
	if (r->old_len == r->new_len) {
		v = vma_find(r->mm, r->addr);
		return v && r->old_len <= v->end - r->addr ? (long)r->addr : -EFAULT;
	}
	err = check_vma(r, &v);
	if (err)
		return err;
	if (can_grow(r, v)) {
		grow(v, r->addr + r->new_len);
		return r->addr;
	}
	to = r->flags & MREMAP_MAYMOVE ? mm_find_hole(r->mm, r->new_len) : 0;
	return to ? move_vma(r, v, to) : -ENOMEM;
}

long mm_remap(struct mm *mm, vaddr addr, size_t old_len, size_t new_len, unsigned int flags,
	      vaddr new_addr)
{
	struct remap_request r = {.mm = mm,
				  .addr = addr,
				  .new_addr = new_addr,
				  .old_len = ALIGN_UP(old_len, PAGE_SIZE),
				  .new_len = ALIGN_UP(new_len, PAGE_SIZE),
				  .flags = flags};
	struct vma *v;
	long at;
	int err = check_request(&r);

	if (err)
		return err;
	if (!vma_find(mm, addr))
		return -EFAULT;
	at = flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) ? remap_fixed(&r) : remap(&r);
	if (at < 0)
		return at;
	v = r.new_len > r.old_len ? vma_find(mm, at) : NULL;
	if (v && (v->flags & (VMA_LOCKED | VMA_LOCKONFAULT)) == VMA_LOCKED)
		mm_populate(mm, at, r.new_len, false);
	return at;
}
