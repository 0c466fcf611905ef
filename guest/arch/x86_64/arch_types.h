/* x86_64: the types and inline functions that arch/arch.h asks for. */
#ifndef ARCH_X86_64_ARCH_TYPES_H
#define ARCH_X86_64_ARCH_TYPES_H

#include "kernel/lib/types.h"
#include "shared/abi/boot.h"

#define USER_TOP 0x7ffffffff000ul
#define KERNEL_STACK_SIZE 16384ul
#define KERNEL_STACK_ORDER 2
#define ELF_MACHINE 62 /* EM_X86_64 */
#define ELF_PLATFORM "x86_64"
/* Which column of table.def holds this architecture's numbers. */
#define ARCH_SYSCALL_NR(x86_64, aarch64) x86_64

/*
 * The user context at kernel entry, at the top of the kernel stack. A system call stores r9 and up, a trap from user mode
 * `vector` and up; the rest is stored by the entries that need a whole frame and before exit work (entry.S), and is not to be
 * looked at otherwise.
 */
struct arch_regs {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 vector; /* of a trap, or -1 */
	u64 r11, rcx, rax;
	u64 r9, r8, r10, rdx, rsi, rdi;
	u64 orig_rax; /* system-call number, or -1; the error code while a trap is decoded */
	u64 rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct arch_regs) == 22 * 8, "arch_regs layout");

struct task;
struct thread_info {
	struct task *task;
	u32 work; /* enum work_flag: tested on every way out */
	u32 cpu;
	u64 canary; /* THREAD_CANARY */
	bool unprivileged; /* its kernel code runs in user mode now: arch_heavy_begin() */
	bool leave_by_supervisor; /* syscall_open: interrupts are off */
};
#define THREAD_CANARY 0x6d6f74652d737461ull

struct arch_thread {
	u64 sp; /* saved kernel stack pointer while switched out */
	u64 fs_base, gs_base;
	u64 trap, error_code, fault_addr; /* of the last trap that became a signal: sigcontext */
	struct {
		u8 bytes[512];
	} __aligned(16) fpu; /* FXSAVE image */
};

struct page;
/* A last-level page-table entry. */
typedef u64 arch_pte;
#define ARCH_TABLE_SPAN (2ul << 20)

/* Tables used lately, by span: the stack, the heap, the program and its libraries are touched in turns. */
#define ARCH_TABLE_CACHE 4
struct arch_pgtable {
	phys_addr root; /* PML4 */
	phys_addr open_root; /* the same with the kernel open to user mode: unprivileged.c; 0 when not wanted */
	struct page *tables; /* all pages of tables, linked by page.private */
	u64 table_pages; /* how many tables there are */
	struct {
		u64 key; /* va / ARCH_TABLE_SPAN + 1, 0 when empty */
		arch_pte *table;
	} cache[ARCH_TABLE_CACHE];
};

/* SDM volume 3, 4.5.4; bit 9 is ours: not present to the processor, yet a mapping (PROT_NONE keeps its page). */
#define ARCH_PTE_PRESENT (1ull << 0)
#define ARCH_PTE_WRITE (1ull << 1)
#define ARCH_PTE_HELD (1ull << 9)
#define ARCH_PTE_ADDRESS 0x000ffffffffff000ull
/* By PTE_READ | PTE_WRITE | PTE_EXEC. */
extern const u64 arch_pte_bits[8];

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
	return (e & ARCH_PTE_WRITE) != 0;
}
static inline arch_pte arch_pte_make(phys_addr pa, unsigned int flags)
{
	return pa | arch_pte_bits[flags & 7];
}
static inline arch_pte arch_pte_read_only(arch_pte e)
{
	return e & ~ARCH_PTE_WRITE;
}
static inline arch_pte arch_pte_none(void)
{
	return 0;
}
arch_pte *arch_pgtable_slot_slow(struct arch_pgtable *pt, vaddr va);
arch_pte *arch_pgtable_seek_slow(struct arch_pgtable *pt, vaddr *va, vaddr end);

/* The slot of va when its table is in the cache, NULL otherwise. */
static inline arch_pte *arch_pgtable_cached(const struct arch_pgtable *pt, vaddr va)
{
	u64 span = va / ARCH_TABLE_SPAN;

	if (likely(pt->cache[span % ARCH_TABLE_CACHE].key == span + 1))
		return pt->cache[span % ARCH_TABLE_CACHE].table + (va >> PAGE_SHIFT & 511);
	return NULL;
}
static inline arch_pte *arch_pgtable_slot(struct arch_pgtable *pt, vaddr va)
{
	arch_pte *slot = arch_pgtable_cached(pt, va);

	return likely(slot) ? slot : arch_pgtable_slot_slow(pt, va);
}
static inline arch_pte *arch_pgtable_seek(struct arch_pgtable *pt, vaddr *va, vaddr end)
{
	arch_pte *slot = *va < end ? arch_pgtable_cached(pt, *va) : NULL;

	return likely(slot) ? slot : arch_pgtable_seek_slow(pt, va, end);
}

static inline struct thread_info *arch_thread_info(void)
{
	u64 sp;
	__asm__("mov %%rsp, %0" : "=r"(sp));
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
	u32 lo, hi;
	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}

static inline void arch_relax(void)
{
	__asm__ volatile("pause");
}

u64 arch_hwcap(void);

#endif
