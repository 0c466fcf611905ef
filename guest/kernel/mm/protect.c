#include "kernel/mm/vma.h"

#include <linux/mman.h>

/* Give v other rights and flags, counters and page tables included. It may then equal its
 * neighbours. */
static struct vma *vma_change(struct vma *v, unsigned int prot, unsigned int flags)
{
	u64 n = vma_pages(v);
	bool rights = prot != v->prot;

	vma_account(v, -(s64)n);
	v->prot = prot;
	v->flags = flags;
	vma_account(v, n);
	if (rights)
		protect_range(v, v->start, v->end);
	return vma_merge(v->mm, v);
}

static bool may_have(const struct vma *v, unsigned int prot)
{
	return !(prot & PROT_WRITE && !(v->flags & VMA_MAYWRITE)) &&
	       !(prot & PROT_EXEC && !(v->flags & VMA_MAYEXEC));
}

/* The pages of [start, end) that become private data count against RLIMIT_DATA. */
static int check_data(struct vma *v, vaddr start, vaddr end, unsigned int prot)
{
	u64 n = (MIN(v->end, end) - MAX(v->start, start)) >> PAGE_SHIFT;

	if (!vma_is_data(prot, v->flags) || vma_is_data(v->prot, v->flags))
		return 0;
	/* total_pages has them already. */
	v->mm->total_pages -= n;
	if (mm_may_map(v->mm, n, prot, v->flags)) {
		v->mm->total_pages += n;
		return -ENOMEM;
	}
	v->mm->total_pages += n;
	return 0;
}

int mm_protect(struct mm *mm, vaddr addr, size_t len, unsigned int prot)
{
	vaddr end = addr + ALIGN_UP(len, PAGE_SIZE);
	struct vma *v;
	int err;

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	if (end <= addr)
		return -ENOMEM;
	/* One vma after the other, as mprotect(2) does: those before a hole are changed. */
	while (addr < end) {
		v = vma_find(mm, addr);
		if (!v)
			return -ENOMEM;
		if (!may_have(v, prot))
			return -EACCES;
		err = check_data(v, addr, end, prot);
		if (err)
			return err;
		if (v->prot == prot) {
			addr = v->end;
			continue;
		}
		v = vma_isolate(mm, addr, MIN(v->end, end), &err);
		if (!v)
			return err;
		addr = v->end;
		vma_change(v, prot, v->flags);
	}
	return 0;
}

int mm_lock_range(struct mm *mm, vaddr addr, size_t len, unsigned int flags)
{
	const unsigned int mask = VMA_LOCKED | VMA_LOCKONFAULT;
	vaddr end = addr + len;
	struct vma *v;
	int err;

	while (addr < end) {
		v = vma_find(mm, addr);
		if (!v)
			return -ENOMEM;
		v = vma_isolate(mm, addr, MIN(v->end, end), &err);
		if (!v)
			return err;
		addr = v->end;
		if ((v->flags & mask) != flags)
			vma_change(v, v->prot, (v->flags & ~mask) | flags);
	}
	return 0;
}
