#include "kernel/mm/vma.h"

#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include "kernel/fs/vfs.h"
#include "kernel/mm/page.h"

/* madvise(2) of the part [start, end) of v: 0 or -errno. May sleep, and v may be gone
 * afterwards. */
struct advice {
	int value;
	int (*apply)(struct vma *v, vaddr start, vaddr end);
	unsigned int set, clear; /* vma flags to change instead */
};

static int no_effect(struct vma *v __unused, vaddr start __unused, vaddr end __unused)
{
	return 0;
}

static int drop(struct vma *v, vaddr start, vaddr end)
{
	if (v->flags & (VMA_LOCKED | VMA_VDSO))
		return -EINVAL;
	zap_range(v, start, end);
	return 0;
}

static int drop_locked(struct vma *v, vaddr start, vaddr end)
{
	if (v->flags & VMA_VDSO)
		return -EINVAL;
	zap_range(v, start, end);
	return 0;
}

/* Nothing of locked memory ages, nor of the kernel's data page beside the vDSO. */
static int unlocked_only(struct vma *v, vaddr start __unused, vaddr end __unused)
{
	bool kernels = v->flags & VMA_VDSO && !(v->prot & PROT_EXEC);

	return v->flags & VMA_LOCKED || kernels ? -EINVAL : 0;
}

/* The pages may be freed at any time from now on; at once is such a time. */
static int free_lazily(struct vma *v, vaddr start, vaddr end)
{
	if (v->mapping || v->flags & VMA_VDSO)
		return -EINVAL;
	zap_range(v, start, end);
	return 0;
}

/* Punch a hole into what backs the range. */
static int remove_backing(struct vma *v, vaddr start, vaddr end)
{
	u64 first = vma_index(v, start), n = (end - start) >> PAGE_SHIFT;
	struct file *f = v->file;
	int err;

	if (v->flags & VMA_LOCKED || !v->mapping)
		return -EINVAL;
	if ((v->flags & (VMA_SHARED | VMA_MAYWRITE)) != (VMA_SHARED | VMA_MAYWRITE))
		return -EACCES;
	if (v->shmem) {
		mapping_punch(v->mapping, first, first + n - 1);
		return 0;
	}
	if (!f->ops->fallocate)
		return -EOPNOTSUPP;
	file_get(f);
	err = f->ops->fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, first << PAGE_SHIFT,
				n << PAGE_SHIFT);
	file_put(f);
	return err;
}

static int populate(struct vma *v, vaddr start, vaddr end, enum fault_access access)
{
	struct mm *mm = v->mm;

	for (vaddr va = start; va < end; va += PAGE_SIZE) {
		struct page *p;
		int err = mm_get_page(mm, va, access, &p);

		if (err)
			return err == -ENXIO ? -EFAULT : err == -EACCES ? -EINVAL : err;
		page_put(p);
	}
	return 0;
}

static int populate_read(struct vma *v, vaddr start, vaddr end)
{
	return populate(v, start, end, FAULT_READ);
}

static int populate_write(struct vma *v, vaddr start, vaddr end)
{
	return populate(v, start, end, FAULT_WRITE);
}

static int wipe_on_fork(struct vma *v, vaddr start __unused, vaddr end __unused)
{
	return v->mapping || v->file ? -EINVAL : 0;
}

static const struct advice table[] = {
	{MADV_NORMAL, no_effect, 0, 0},
	{MADV_RANDOM, no_effect, 0, 0},
	{MADV_SEQUENTIAL, no_effect, 0, 0},
	{MADV_WILLNEED, no_effect, 0, 0}, /* what is in memory is mapped at the first touch */
	{MADV_DONTNEED, drop, 0, 0},
	{MADV_DONTNEED_LOCKED, drop_locked, 0, 0},
	{MADV_FREE, free_lazily, 0, 0},
	{MADV_REMOVE, remove_backing, 0, 0},
	{MADV_DONTFORK, no_effect, VMA_DONTFORK, 0},
	{MADV_DOFORK, no_effect, 0, VMA_DONTFORK},
	{MADV_WIPEONFORK, wipe_on_fork, VMA_WIPEONFORK, 0},
	{MADV_KEEPONFORK, no_effect, 0, VMA_WIPEONFORK},
	{MADV_POPULATE_READ, populate_read, 0, 0},
	{MADV_POPULATE_WRITE, populate_write, 0, 0},
	/* Hints about things that are not here: huge pages, same-page merging, core dumps, swap. */
	{MADV_MERGEABLE, no_effect, 0, 0},
	{MADV_UNMERGEABLE, no_effect, 0, 0},
	{MADV_HUGEPAGE, no_effect, 0, 0},
	{MADV_NOHUGEPAGE, no_effect, 0, 0},
	{MADV_DONTDUMP, no_effect, 0, 0},
	{MADV_DODUMP, no_effect, 0, 0},
	{MADV_COLD, unlocked_only, 0, 0},
	{MADV_PAGEOUT, unlocked_only, 0, 0},
};

static const struct advice *find_advice(int value)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].value == value)
			return &table[i];
	return NULL;
}

static int apply(const struct advice *a, struct mm *mm, struct vma *v, vaddr start, vaddr end)
{
	unsigned int before = v->flags, flags = (before | a->set) & ~a->clear;
	int err = a->apply(v, start, end);

	if (err || flags == before)
		return err;
	v = vma_isolate(mm, start, end, &err);
	if (!v)
		return err;
	v->flags = flags;
	vma_merge(mm, v);
	return 0;
}

int mm_advise(struct mm *mm, vaddr addr, size_t len, int advice)
{
	const struct advice *a = find_advice(advice);
	vaddr end = addr + ALIGN_UP(len, PAGE_SIZE);
	int result = 0;

	if (!a || addr & ~PAGE_MASK || end < addr || (len && end == addr))
		return -EINVAL;
	while (addr < end) {
		struct vma *v = vma_find_next(mm, addr);
		vaddr start, stop;
		int err;

		if (!v || v->start >= end)
			return -ENOMEM;
		/* Holes are passed over, and told of in the end: madvise(2), ENOMEM. But nothing can be populated there. */
		if (v->start > addr)
			result = -ENOMEM;
		if (result && (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE))
			return result;
		start = MAX(v->start, addr);
		stop = MIN(v->end, end);
		err = apply(a, mm, v, start, stop);
		if (err)
			return err;
		addr = stop;
	}
	return result;
}

/* ---- msync(2) ---- */
/* The part of v in [start, end): 0 or -errno. May sleep. */
static int sync_vma(struct vma *v, vaddr start, vaddr end, int flags)
{
	struct file *f = v->file;
	u64 first;
	int err;

	if (flags & MS_INVALIDATE && v->flags & VMA_LOCKED)
		return -EBUSY;
	if (!(flags & MS_SYNC) || !f || !v->mapping || !(v->flags & VMA_SHARED))
		return 0;
	first = vma_index(v, start);
	file_get(f);
	err = mapping_sync(v->mapping, first, first + ((end - start) >> PAGE_SHIFT) - 1);
	file_put(f);
	return err;
}

int mm_sync(struct mm *mm, vaddr addr, size_t len, int flags)
{
	vaddr end = addr + ALIGN_UP(len, PAGE_SIZE);
	int result = 0;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || addr & ~PAGE_MASK ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	if (end < addr)
		return -ENOMEM;
	while (addr < end) {
		struct vma *v = vma_find_next(mm, addr);
		vaddr stop;
		int err;

		if (!v || v->start >= end)
			return -ENOMEM;
		if (v->start > addr)
			result = -ENOMEM;
		stop = MIN(v->end, end);
		err = sync_vma(v, MAX(v->start, addr), stop, flags);
		if (err)
			return err;
		addr = stop;
	}
	return result;
}
