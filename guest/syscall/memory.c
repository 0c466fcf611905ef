/* mmap(2), munmap(2), mprotect(2), brk(2), mremap(2), msync(2), mincore(2), madvise(2),
 * pkeys(7). */
#include "syscall.h"

#include <linux/mman.h>
#include "kernel/fs/file.h"
#include "kernel/mm/page.h"
#include "kernel/mm/pgtable.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vma.h"
#include "kernel/task/task.h"

#define HUGE_PAGE_SIZE (2ul << 20)
#ifndef PROT_SEM
#define PROT_SEM 0x8
#endif

/* There are no huge pages here: what Linux answers when all are in use. */
static long map_huge(vaddr addr, size_t len, int flags)
{
	int type = flags & MAP_TYPE;

	if (!len || type < MAP_SHARED || type > MAP_SHARED_VALIDATE || flags & MAP_GROWSDOWN)
		return -EINVAL;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) && addr & (HUGE_PAGE_SIZE - 1))
		return -EINVAL;
	return -ENOMEM;
}

long sys_mmap(unsigned long addr, size_t len, int prot, int flags, int fd, unsigned long off)
{
	struct file *f = NULL;
	long at;

	if (off & ~PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		f = fd_get(fd);
		if (!f)
			return -EBADF;
		if (flags & MAP_HUGETLB)
			at = -EINVAL;
		else
			at = mm_map(task_current()->mm, addr, len, prot, flags, f, off, 0);
		file_put(f);
		return at;
	}
	if (flags & MAP_HUGETLB)
		return map_huge(addr, len, flags);
	return mm_map(task_current()->mm, addr, len, prot, flags, NULL, off, 0);
}

long sys_munmap(unsigned long addr, size_t len)
{
	return mm_unmap(task_current()->mm, addr, len);
}

/* PROT_GROWSDOWN: from the start of the stack that holds addr. */
static long protect_growing(struct mm *mm, vaddr addr, size_t len, unsigned int prot)
{
	vaddr end = addr + ALIGN_UP(len, PAGE_SIZE);
	struct vma *v = vma_find_next(mm, addr);

	if (!len)
		return 0;
	if (end <= addr || !v || v->start >= end)
		return -ENOMEM;
	if (!(v->flags & VMA_GROWSDOWN))
		return -EINVAL;
	return mm_protect(mm, v->start, end - v->start, prot);
}

long sys_mprotect(unsigned long addr, size_t len, int prot)
{
	const int rights = PROT_READ | PROT_WRITE | PROT_EXEC,
		  grows = PROT_GROWSDOWN | PROT_GROWSUP;
	struct mm *mm = task_current()->mm;

	if ((prot & grows) == grows || addr & ~PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	if (addr + ALIGN_UP(len, PAGE_SIZE) <= addr)
		return -ENOMEM;
	if (prot & ~(rights | grows | PROT_SEM))
		return -EINVAL;
	if (prot & PROT_GROWSUP)
		return vma_find(mm, addr) ? -EINVAL : -ENOMEM;
	if (prot & PROT_GROWSDOWN)
		return protect_growing(mm, addr, len, prot & rights);
	return mm_protect(mm, addr, len, prot & rights);
}

long sys_brk(unsigned long addr)
{
	return mm_brk(task_current()->mm, addr);
}

long sys_mremap(unsigned long addr, size_t old_len, size_t new_len, unsigned int flags,
		unsigned long new_addr)
{
	return mm_remap(task_current()->mm, addr, old_len, new_len, flags, new_addr);
}

long sys_msync(unsigned long addr, size_t len, int flags)
{
	return mm_sync(task_current()->mm, addr, len, flags);
}

long sys_madvise(unsigned long addr, size_t len, int advice)
{
	return mm_advise(task_current()->mm, addr, len, advice);
}

/* In memory: mapped, or of a file and in the page cache. */
static u8 resident(struct vma *v, vaddr va)
{
	unsigned int flags;
	phys_addr pa;

	if (pgtable_lookup(&v->mm->pgtable, va, &pa, &flags))
		return 1;
	return v->mapping && mapping_peek(v->mapping, vma_index(v, va));
}

long sys_mincore(unsigned long addr, size_t len, void __user *vec)
{
	struct mm *mm = task_current()->mm;
	vaddr end = addr + ALIGN_UP(len, PAGE_SIZE);
	u8 piece[64];

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (end < addr || end > USER_TOP || (len && end == addr))
		return -ENOMEM;
	if (!user_range_ok(vec, (end - addr) >> PAGE_SHIFT))
		return -EFAULT;
	while (addr < end) {
		unsigned int n = MIN((end - addr) >> PAGE_SHIFT, sizeof(piece));

		for (unsigned int i = 0; i < n; i++, addr += PAGE_SIZE) {
			struct vma *v = vma_find(mm, addr);

			if (!v)
				return -ENOMEM;
			piece[i] = resident(v, addr);
		}
		if (copy_to_user(vec, piece, n))
			return -EFAULT;
		vec = (u8 __user *)vec + n;
	}
	return 0;
}

/* pkeys(7): no processor this kernel runs on is asked for them, so there is no key to be had, and
 * -1 means none. */
long sys_pkey_alloc(unsigned int flags __unused, unsigned long rights __unused)
{
	return -EINVAL;
}

long sys_pkey_free(int pkey __unused)
{
	return -EINVAL;
}

long sys_pkey_mprotect(unsigned long addr, size_t len, int prot, int pkey)
{
	if (pkey == -1)
		return sys_mprotect(addr, len, prot);
	if (addr & ~PAGE_MASK || (prot & PROT_GROWSDOWN && prot & PROT_GROWSUP))
		return -EINVAL;
	if (!len)
		return 0;
	return addr + ALIGN_UP(len, PAGE_SIZE) <= addr ? -ENOMEM : -EINVAL;
}
