/* mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2), membarrier(2). */
#include "syscall.h"

#include <linux/membarrier.h>
#include <linux/mman.h>
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vma.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"

/* The pages of [addr, end) that are locked already. */
static u64 locked_in(struct mm *mm, vaddr addr, vaddr end)
{
	struct vma *v = vma_find_next(mm, addr);
	u64 n = 0;

	for (; v && v->start < end; v = vma_next(v))
		if (v->flags & VMA_LOCKED)
			n += (MIN(v->end, end) - MAX(v->start, addr)) >> PAGE_SHIFT;
	return n;
}

/* The whole pages of [addr, addr + len): 0, or -EINVAL when they wrap. */
static int whole_pages(vaddr *addr, size_t *len)
{
	*len = ALIGN_UP(*len + (*addr & ~PAGE_MASK), PAGE_SIZE);
	*addr &= PAGE_MASK;
	return *addr + *len < *addr ? -EINVAL : 0;
}

static long lock(vaddr addr, size_t len, unsigned int flags)
{
	struct mm *mm = task_current()->mm;
	u64 n;
	int err;

	if (!mm_may_lock_any())
		return -EPERM;
	err = whole_pages(&addr, &len);
	n = len >> PAGE_SHIFT;
	if (!mm_may_lock(mm, n) && !mm_may_lock(mm, n - MIN(n, locked_in(mm, addr, addr + len))))
		return -ENOMEM;
	if (err || !len)
		return err;
	err = mm_lock_range(mm, addr, len, flags);
	if (err || flags & VMA_LOCKONFAULT)
		return err;
	err = mm_populate(mm, addr, len, false);
	return err ? -ENOMEM : 0;
}

long sys_mlock(unsigned long addr, size_t len)
{
	return lock(addr, len, VMA_LOCKED);
}

long sys_mlock2(unsigned long addr, size_t len, unsigned int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return lock(addr, len, flags ? VMA_LOCKED | VMA_LOCKONFAULT : VMA_LOCKED);
}

long sys_munlock(unsigned long addr, size_t len)
{
	int err = whole_pages(&addr, &len);

	return err ? err : mm_lock_range(task_current()->mm, addr, len, 0);
}

/* Give every vma the flags; what cannot be populated stays as it is: mlockall(2). */
static int lock_all(struct mm *mm, unsigned int flags)
{
	struct vma *v = vma_find_next(mm, 0);

	while (v) {
		vaddr start = v->start, end = v->end;
		int err = v->flags & VMA_VDSO ? 0 : mm_lock_range(mm, start, end - start, flags);

		if (err)
			return err;
		if (flags == VMA_LOCKED)
			mm_populate(mm, start, end - start, false);
		v = vma_find_next(mm, end);
	}
	return 0;
}

long sys_mlockall(int flags)
{
	struct mm *mm = task_current()->mm;
	unsigned int want = flags & MCL_ONFAULT ? VMA_LOCKED | VMA_LOCKONFAULT : VMA_LOCKED;

	if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!mm_may_lock_any())
		return -EPERM;
	if (flags & MCL_CURRENT && !mm_may_lock(mm, mm->total_pages - mm->locked_pages))
		return -ENOMEM;
	mm->future = flags & MCL_FUTURE ? want : 0;
	return flags & MCL_CURRENT ? lock_all(mm, want) : 0;
}

long sys_munlockall(void)
{
	struct mm *mm = task_current()->mm;

	mm->future = 0;
	return lock_all(mm, 0);
}

/* ---- membarrier(2) ---- */
#ifndef MEMBARRIER_CMD_GET_REGISTRATIONS /* Linux 6.3 */
#define MEMBARRIER_CMD_GET_REGISTRATIONS (1 << 9)
#endif
#define EXPEDITED_BITS                                                                             \
	(MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |              \
	 MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |            \
	 MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |                                              \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)
#define SUPPORTED (MEMBARRIER_CMD_GLOBAL | EXPEDITED_BITS | MEMBARRIER_CMD_GET_REGISTRATIONS)

/* Every CPU that runs a program passes a barrier: a flush interrupts each and waits for it. */
static void barrier_everywhere(void)
{
	for (unsigned int i = 0; i < cpu_count; i++)
		if (cpu_table[i].mm)
			arch_tlb_flush_mm(cpu_table[i].mm);
}

/* The barrier among the threads of mm needs its registration first. */
static long barrier_private(struct mm *mm, u32 registration)
{
	if (!(mm->membarrier & registration))
		return -EPERM;
	arch_tlb_flush_mm(mm);
	return 0;
}

static long barrier_register(struct mm *mm, u32 registration)
{
	mm->membarrier |= registration;
	return 0;
}

long sys_membarrier(int cmd, unsigned int flags, int cpu __unused)
{
	struct mm *mm = task_current()->mm;

	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return SUPPORTED;
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		barrier_everywhere();
		return 0;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		return barrier_register(mm, cmd);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return barrier_private(mm, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return barrier_private(mm, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE);
	case MEMBARRIER_CMD_GET_REGISTRATIONS:
		return mm->membarrier;
	default:
		return -EINVAL;
	}
}
