/* A thin host-side architecture, so that kernel files can be compiled and run as unit tests. */
#ifndef FAKE_ARCH_TYPES_H
#define FAKE_ARCH_TYPES_H

#include "kernel/lib/types.h"
#include "shared/abi/boot.h"

#define USER_TOP 0x7ffffffff000ul
#define KERNEL_STACK_SIZE 16384ul
#define KERNEL_STACK_ORDER 2
#define ELF_MACHINE 62
#define ELF_PLATFORM "fake"
#define ARCH_SYSCALL_NR(x86_64, aarch64) x86_64

struct arch_regs {
	u64 pc, sp, nr, arg[6];
	s64 result;
};
struct task;
struct thread_info {
	struct task *task;
	u32 work, cpu;
	u64 canary;
};
#define THREAD_CANARY 0x6d6f74652d737461ull
struct arch_thread {
	u64 sp;
};
struct arch_pgtable {
	phys_addr root;
	u64 table_pages; /* how many tables there are */
};

/* Page tables of tests/unit/fake/pgtable.c: an entry is the address and enum pte_flag. */
typedef u64 arch_pte;
#define ARCH_TABLE_SPAN (2ul << 20)
static inline bool arch_pte_present(arch_pte e)
{
	return e != 0;
}
static inline phys_addr arch_pte_phys(arch_pte e)
{
	return e & PAGE_MASK;
}
static inline bool arch_pte_writable(arch_pte e)
{
	return e & 2;
}
static inline arch_pte arch_pte_make(phys_addr pa, unsigned int flags)
{
	return pa | 8 | (flags & 7);
}
static inline arch_pte arch_pte_read_only(arch_pte e)
{
	return e & ~2ull;
}
static inline arch_pte arch_pte_none(void)
{
	return 0;
}
arch_pte *arch_pgtable_slot(struct arch_pgtable *pt, vaddr va);
arch_pte *arch_pgtable_seek(struct arch_pgtable *pt, vaddr *va, vaddr end);

/* Set by the test: where guest-physical address 0 lies, and the running thread. */
extern unsigned char *fake_memory;
extern struct thread_info fake_thread_info;

static inline struct thread_info *arch_thread_info(void)
{
	return &fake_thread_info;
}
static inline void *phys_to_virt(phys_addr pa)
{
	return fake_memory + pa;
}
static inline phys_addr virt_to_phys(const void *va)
{
	return (phys_addr)((const unsigned char *)va - fake_memory);
}
static inline u64 arch_counter(void)
{
	return 0;
}
static inline void arch_relax(void)
{
}
u64 arch_hwcap(void);

#endif
