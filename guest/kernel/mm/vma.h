/* Inside the virtual-memory code (kernel/mm and syscall/memory*.c): vmas, their pages, and
 * limits. */
#ifndef KERNEL_MM_VMA_H
#define KERNEL_MM_VMA_H

#include "kernel/mm/mapping.h"
#include "kernel/mm/vm.h"

#define MAX_MAP_COUNT 65530		    /* vm.max_map_count */
#define STACK_GUARD   (256ul << PAGE_SHIFT) /* kept free below a VMA_GROWSDOWN */
#define MMAP_MIN_ADDR 0x10000ul		    /* vm.mmap_min_addr */

/* ---- vma.c ---- */
/* A zeroed vma of mm, not linked; NULL. */
struct vma *vma_alloc(struct mm *mm);
/* Drop the references v holds, and v, which is not linked (any more). */
void vma_free(struct vma *v);
/* A copy of v with references of its own, not linked; NULL. */
struct vma *vma_copy(struct mm *mm, const struct vma *v);
/* Into and out of mm's tree and the mapping's list, with the counters. */
void vma_link(struct mm *mm, struct vma *v);
/* The same when the vma that will follow v is known (NULL: none): no search. */
void vma_link_before(struct mm *mm, struct vma *v, struct vma *next);
void vma_unlink(struct mm *mm, struct vma *v);
/* Count pages more (or less) with v's kind in its mm. Whoever changes prot or flags of a linked vma
 * takes its pages out first and adds them again. */
void vma_account(struct vma *v, s64 pages);
/* v ends at `at` (inside it), a new vma follows. 0 or -ENOMEM. */
int vma_split(struct mm *mm, struct vma *v, vaddr at);
/* Could a (ending where b starts) and b be one? */
bool vma_mergeable(const struct vma *a, const struct vma *b);
/* Join v with equal neighbours: the one that is left. */
struct vma *vma_merge(struct mm *mm, struct vma *v);
struct vma *vma_prev(struct vma *v);
/* Split so that [start, end) is covered by whole vmas. The first of them, NULL with *err = -ENOMEM;
 * or NULL and *err = 0 when none is there. */
struct vma *vma_isolate(struct mm *mm, vaddr start, vaddr end, int *err);

/* Page-table flags of a fully permitted access under prot. */
static inline unsigned int vma_pte_flags(unsigned int prot)
{
	/* PROT_READ, PROT_WRITE, PROT_EXEC are PTE_READ, PTE_WRITE, PTE_EXEC; every access right
	 * includes reading. */
	return prot ? prot | PTE_READ | PTE_USER : PTE_USER;
}
/* Private and writable, no stack: RLIMIT_DATA counts it. */
static inline bool vma_is_data(unsigned int prot, unsigned int flags)
{
	return prot & PTE_WRITE && !(flags & (VMA_SHARED | VMA_GROWSDOWN));
}

/* ---- zap.c: pages out of page tables ---- */
/* Unmap every page of v (linked or not) in [start, end), flush, then free. */
void zap_range(struct vma *v, vaddr start, vaddr end);
/* Unmap everything: no CPU runs mm any more. */
void zap_all(struct mm *mm);
/* Pages of [start, end) were mapped: whoever unmaps or copies looks only at what was touched. */
static inline void vma_touch(struct vma *v, vaddr start, vaddr end)
{
	if (start < v->touched_start || !v->touched_end)
		v->touched_start = start;
	if (end > v->touched_end)
		v->touched_end = end;
}
/* Make the entries of v in [start, end) fit v->prot, as far as no fault has to decide. */
void protect_range(struct vma *v, vaddr start, vaddr end);

/* ---- map.c ---- */
/* Would n pages more of this kind break RLIMIT_AS, RLIMIT_DATA or the memory of this machine? 0 or
 * -ENOMEM. */
int mm_may_map(struct mm *mm, u64 n, unsigned int prot, unsigned int flags);
/* May n pages more be locked (RLIMIT_MEMLOCK, CAP_IPC_LOCK)? */
bool mm_may_lock(struct mm *mm, u64 n);
bool mm_may_lock_any(void);
/* A hole of len bytes for a new mapping, 0 when there is none. */
vaddr mm_find_hole(struct mm *mm, size_t len);
/* The memory below end became free, next is the vma above (NULL: none): the next search sees it. */
void mm_hole_freed(struct mm *mm, vaddr end, const struct vma *next);
/* First address that a mapping right below v must not reach (guard gap of a stack). */
vaddr vma_guard_start(const struct vma *v);

/* ---- shmem.c: shared anonymous memory ---- */
struct shmem {
	struct mapping mapping;
	u64 pages; /* beyond: SIGBUS */
	u32 refcount;
};
struct shmem *shmem_create(u64 pages); /* NULL: no memory */
struct shmem *shmem_get(struct shmem *s);
void shmem_put(struct shmem *s);

/* ---- fault.c ---- */
/* Grow the stack v down so that it holds addr: 0, or -EFAULT when RLIMIT_STACK, RLIMIT_AS or the
 * guard gap forbid. */
int vma_grow_down(struct vma *v, vaddr addr);

/* ---- the calls behind syscall/memory*.c ---- */
/* mremap(2): the new address or -EINVAL -EFAULT -ENOMEM -EAGAIN. */
long mm_remap(struct mm *mm, vaddr addr, size_t old_len, size_t new_len, unsigned int flags,
	      vaddr new_addr);
/* madvise(2): 0 or -EINVAL -ENOMEM -EBADF -EACCES -EIO -EPERM -EFAULT. */
int mm_advise(struct mm *mm, vaddr addr, size_t len, int advice);
/* mlock(2), munlock(2): set flags (VMA_LOCKED, VMA_LOCKONFAULT) on the range: 0, -ENOMEM. */
int mm_lock_range(struct mm *mm, vaddr addr, size_t len, unsigned int flags);
/* msync(2) */
int mm_sync(struct mm *mm, vaddr addr, size_t len, int flags);

/* ---- oom.c ---- */
/* An allocation for user memory failed for the tries-th time: reclaim or kill and let others run.
 * False: give up, the current task is being killed or nothing helps. May sleep. */
bool oom_wait(unsigned int tries);
/* An address space went: whoever waits for memory tries again. */
void oom_memory_freed(void);

#endif
