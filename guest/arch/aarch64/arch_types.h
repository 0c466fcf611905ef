/* aarch64: the types and inline functions that arch/arch.h asks for. */
#ifndef ARCH_AARCH64_ARCH_TYPES_H
#define ARCH_AARCH64_ARCH_TYPES_H

#include "kernel/lib/types.h"
#include "shared/abi/boot.h"

#define USER_TOP 0x1000000000000ul
#define KERNEL_STACK_SIZE 16384ul
#define KERNEL_STACK_ORDER 2
#define ELF_MACHINE 183 /* EM_AARCH64 */
#define ELF_PLATFORM "aarch64"
/* Which column of table.def holds this architecture's numbers. */
#define ARCH_SYSCALL_NR(x86_64, aarch64) aarch64

/* The user context at kernel entry, at the top of the kernel stack. */
struct arch_regs {
	u64 x[31];
	u64 sp, pc, pstate;
	u64 orig_x0;
	s64 syscall; /* number, or -1 */
};
_Static_assert(sizeof(struct arch_regs) == 36 * 8, "arch_regs layout");

struct task;
struct thread_info {
	struct task *task;
	u32 work; /* enum work_flag: tested on every way out */
	u32 cpu;
	u64 canary;	   /* THREAD_CANARY */
	vaddr fault_fixup; /* where a faulting user copy continues, 0 = none */
};
#define THREAD_CANARY 0x6d6f74652d737461ull

struct arch_thread {
	u64 sp; /* saved kernel stack pointer while switched out */
	u64 tpidr;
	struct {
		u8 bytes[528]; /* v0-v31, fpsr, fpcr */
	} __aligned(16) fpu;
};

/* A last-level page-table entry: Arm ARM D8.3, 4 KiB granule. */
typedef u64 arch_pte;
#define ARCH_TABLE_SPAN (2ul << 20)

struct arch_pgtable {
	phys_addr root; /* TTBR0 */
	u64 table_pages; /* how many tables there are */
};

#define ARCH_PTE_VALID (1ull << 0)
#define ARCH_PTE_PAGE (1ull << 1)
#define ARCH_PTE_USER (1ull << 6)      /* AP[1] */
#define ARCH_PTE_READ_ONLY (1ull << 7) /* AP[2] */
#define ARCH_PTE_SHARED (3ull << 8)
#define ARCH_PTE_ACCESSED (1ull << 10)
#define ARCH_PTE_PXN (1ull << 53)
#define ARCH_PTE_UXN (1ull << 54)
#define ARCH_PTE_HELD (1ull << 55) /* software: mapped, but nobody may access it */
#define ARCH_PTE_ADDRESS 0x0000fffffffff000ull

static inline bool arch_pte_present(arch_pte e)
{
	return e != 0;
}
static inline phys_addr arch_pte_phys(arch_pte e)
{
	return e & ARCH_PTE_ADDRESS;
}
static inline bool arch_pte_writable(arch_pte e)
{
	return e & ARCH_PTE_VALID && !(e & ARCH_PTE_READ_ONLY);
}
/* flags: enum pte_flag (read 1, write 2, execute 4) */
static inline arch_pte arch_pte_make(phys_addr pa, unsigned int flags)
{
	arch_pte e = pa | ARCH_PTE_PAGE | ARCH_PTE_USER | ARCH_PTE_SHARED | ARCH_PTE_ACCESSED | ARCH_PTE_PXN;

	e |= flags & 7 ? ARCH_PTE_VALID : ARCH_PTE_HELD;
	if (!(flags & 2))
		e |= ARCH_PTE_READ_ONLY;
	if (!(flags & 4))
		e |= ARCH_PTE_UXN;
	return e;
}
static inline arch_pte arch_pte_read_only(arch_pte e)
{
	return e | ARCH_PTE_READ_ONLY;
}
static inline arch_pte arch_pte_none(void)
{
	return 0;
}
arch_pte *arch_pgtable_slot(struct arch_pgtable *pt, vaddr va);
arch_pte *arch_pgtable_seek(struct arch_pgtable *pt, vaddr *va, vaddr end);

static inline struct thread_info *arch_thread_info(void)
{
	u64 sp;
	__asm__("mov %0, sp" : "=r"(sp));
	return (struct thread_info *)(sp & ~(KERNEL_STACK_SIZE - 1));
}

static inline void *phys_to_virt(phys_addr pa)
{
	return (void *)(pa + BOOT_DIRECT_MAP_BASE);
}

static inline phys_addr virt_to_phys(const void *va)
{
	u64 a = (u64)va;
	return a >= BOOT_KERNEL_BASE ? a - BOOT_KERNEL_BASE : a - BOOT_DIRECT_MAP_BASE;
}

static inline u64 arch_counter(void)
{
	u64 v;
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v));
	return v;
}

static inline void arch_relax(void)
{
	__asm__ volatile("yield");
}

u64 arch_hwcap(void);

#endif
