#include "cpu.h"

#include <linux/futex.h>
#include "kernel/mm/vm.h"
#include "kernel/task/task.h"
#include "shared/abi/hypercall.h"

/* From here on asking the VMM is cheaper than the emulated string instruction: 0.65 µs a word against about 15 µs. */
#define HYPERCALL_MIN 160

static bool ask_host(size_t n)
{
	return unlikely(n >= HYPERCALL_MIN) && bulk_by_host();
}

/*
 * Move n bytes between user address `user` and kernel memory at `kernel` (0: clear) by hypercall, faulting in what the VMM finds
 * missing. Bytes left. The VMM judges by the page table, as mm_fault() does; should they ever disagree, one
 * retry without progress is enough.
 */
static size_t move_by_host(unsigned int call, vaddr user, phys_addr kernel, size_t n)
{
	struct mm *mm = task_current()->mm;
	enum fault_access access = call == HC_COPY_FROM_USER ? FAULT_READ : FAULT_WRITE;
	bool stuck = false;

	while (n && mm) {
		long done = kernel ? arch_hypercall(call, mm->pgtable.root, user, kernel, n)
				   : arch_hypercall(call, mm->pgtable.root, user, n, 0);

		if (done < 0 || (!done && stuck))
			break;
		stuck = !done;
		user += (u64)done;
		n -= (u64)done;
		if (kernel)
			kernel += (u64)done;
		if (n && mm_fault(mm, user & PAGE_MASK, access))
			break;
	}
	return n;
}

size_t arch_copy_from_user(void *dst, const void __user *src, size_t n)
{
	if (ask_host(n))
		return move_by_host(HC_COPY_FROM_USER, (__force vaddr)src, virt_to_phys(dst), n);
	return user_copy(dst, (__force const void *)src, n);
}

size_t arch_copy_to_user(void __user *dst, const void *src, size_t n)
{
	if (ask_host(n))
		return move_by_host(HC_COPY_TO_USER, (__force vaddr)dst, virt_to_phys(src), n);
	return user_copy((__force void *)dst, src, n);
}

size_t arch_clear_user(void __user *dst, size_t n)
{
	if (ask_host(n))
		return move_by_host(HC_CLEAR_USER, (__force vaddr)dst, 0, n);
	return user_clear((__force void *)dst, n);
}

int arch_user_cmpxchg32(u32 __user *p, u32 old, u32 new, u32 *seen)
{
	return user_cmpxchg32((__force u32 *)p, old, new, seen) ? -EFAULT : 0;
}

static int futex_op(int op, u32 old, u32 arg, u32 *new)
{
	switch (op) {
	case FUTEX_OP_SET:
		*new = arg;
		return 0;
	case FUTEX_OP_ADD:
		*new = old + arg;
		return 0;
	case FUTEX_OP_OR:
		*new = old | arg;
		return 0;
	case FUTEX_OP_ANDN:
		*new = old & ~arg;
		return 0;
	case FUTEX_OP_XOR:
		*new = old ^ arg;
		return 0;
	default:
		return -ENOSYS;
	}
}

int arch_user_atomic32(int op, u32 __user *p, u32 arg, u32 *old)
{
	u32 expected, seen, new;

	if (user_load32((__force const u32 *)p, &seen))
		return -EFAULT;
	do {
		expected = seen;
		if (futex_op(op, expected, arg, &new))
			return -ENOSYS;
		if (user_cmpxchg32((__force u32 *)p, expected, new, &seen))
			return -EFAULT;
	} while (seen != expected);
	*old = expected;
	return 0;
}
