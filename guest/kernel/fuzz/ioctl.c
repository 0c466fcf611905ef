#include "kernel/fuzz/fuzz.h"

#include <asm/mman.h>

#include "arch/arch.h"
#include "kernel/fuzz/census.h"
#include "kernel/mm/page.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/task.h"
#include "shared/abi/fuzz.h"
#include "shared/abi/hypercall.h"
#include "shared/abi/testdev.h"

/* A VMM that does not know the call is one that does not fuzz. */
static long fuzz_hypercall(unsigned int nr, u64 a, u64 b, u64 c)
{
	long r = arch_hypercall(nr, a, b, c, 0);

	return r == -ENOSYS ? -EOPNOTSUPP : r;
}

/* May [start, end) be shared with the host? 0, -EFAULT, -EINVAL. */
static int check_range(struct mm *mm, vaddr start, vaddr end)
{
	const struct vma *v;

	for (vaddr at = start; at < end; at = v->end) {
		v = vma_find(mm, at);
		if (!v || !(v->prot & PROT_WRITE))
			return -EFAULT;
		if (!(v->flags & VMA_SHARED))
			return -EINVAL;
	}
	return 0;
}

/* The page keeps the reference for ever: nobody else may come to own what lies on the host's memory. */
static long share_page(u64 area, u64 index, vaddr at)
{
	struct page *p;
	int err = mm_get_page(task_current()->mm, at, FAULT_WRITE, &p);
	long r = err ? -EFAULT : fuzz_hypercall(HC_FUZZ_SHARE, area, index, page_to_phys(p));

	if (!err && r)
		page_put(p);
	return r;
}

static long ioctl_share(const struct mote_fuzz_area __user *arg)
{
	struct mote_fuzz_area a;
	long r;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	if (a.area >= FUZZ_AREAS || a.reserved || !a.length || (a.address | a.length) & ~PAGE_MASK)
		return -EINVAL;
	if (!user_range_ok((void __user *)a.address, a.length))
		return -EFAULT;
	r = check_range(task_current()->mm, a.address, a.address + a.length);
	for (u64 at = 0; !r && at < a.length; at += PAGE_SIZE)
		r = share_page(a.area, at >> PAGE_SHIFT, a.address + at);
	return r;
}

static long ioctl_end(unsigned long stage)
{
	return stage > FUZZ_STAGE_CLEAN ? -EINVAL : fuzz_hypercall(HC_FUZZ_END, stage, 0, 0);
}

static long ioctl_census(struct fuzz_census __user *arg)
{
	struct fuzz_census out;
	int err = census_take(&out);

	return err ? err : copy_to_user(arg, &out, sizeof(out));
}

long fuzz_ioctl(unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case MOTE_FUZZ_SHARE:
		return ioctl_share(p);
	case MOTE_FUZZ_END:
		return ioctl_end(arg);
	case MOTE_CENSUS:
		return ioctl_census(p);
	default:
		return -ENOTTY;
	}
}
