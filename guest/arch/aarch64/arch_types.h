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

struct arch_pgtable {
	phys_addr root; /* TTBR0 */
};

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
