/*
 * The architecture seam: everything the kernel asks of a processor, once, with its contract.
 * <arch/$ARCH/arch_types.h> supplies the types and the few inline functions marked so;
 * nothing outside guest/arch/$ARCH may test for an architecture.
 *
 * Concurrency in the whole kernel: interrupts are off and the kernel lock (kernel/task/sched.h) is held
 * from entry to exit; the only exceptions are schedule() and the idle loop, which drop both. So
 * none of these functions needs a lock of its own unless it says so.
 */
#ifndef GUEST_ARCH_ARCH_H
#define GUEST_ARCH_ARCH_H

#include "kernel/lib/types.h"
#include "arch_types.h"
/* arch_types.h defines:
 *	struct arch_regs	the user context saved at kernel entry (at the top of the kernel stack)
 *	struct arch_thread	per-task state kept across switches: kernel stack pointer, TLS base, FPU area
 *	struct arch_pgtable	{ phys_addr root; u64 table_pages; ... } of an address space
 *	USER_TOP		first address beyond user space (0x7ffffffff000 on x86_64)
 *	KERNEL_STACK_SIZE	16384
 *	ELF_MACHINE, ELF_PLATFORM (auxv AT_PLATFORM string), arch_hwcap()
 *	struct thread_info	lies at the lowest address of each kernel stack:
 *				{ struct task *task; u32 work; u32 cpu; u64 canary; ... }
 */

struct task;
struct mm;
struct ksignal;
struct boot_info;

/* ---- kernel stack and current task (inline) ---- */
/* The thread_info of the running context, from the stack pointer. */
static inline struct thread_info *arch_thread_info(void);

/* ---- memory map (inline) ---- */
static inline void *phys_to_virt(phys_addr pa);
static inline phys_addr virt_to_phys(const void *va); /* direct map and kernel image */

/* ---- page tables ---- */
/* An entry without PTE_READ stays in the table (lookup and walk see it, with its flags) but nobody can
 * access the page, as PROT_NONE asks. */
enum pte_flag {
	PTE_READ = 1,
	PTE_WRITE = 2,
	PTE_EXEC = 4,
	PTE_USER = 8,
};
/* A new root with the kernel's half in place. 0 or -ENOMEM. */
int arch_pgtable_init(struct arch_pgtable *pt);
/* Free every table page of the user half and the root. The pages mapped are the caller's affair:
 * every leaf must have been cleared before. */
void arch_pgtable_destroy(struct arch_pgtable *pt);
/*
 * Last-level entries. A slot is the place of one page's entry; the slots of an aligned ARCH_TABLE_SPAN of addresses lie one after
 * another, so work on neighbours goes down the tree once. A slot stays valid until arch_pgtable_destroy. arch_types.h defines
 * arch_pte, ARCH_TABLE_SPAN and inline
 *	bool arch_pte_present(arch_pte e)		something is mapped, accessible or not
 *	phys_addr arch_pte_phys(arch_pte e)
 *	bool arch_pte_writable(arch_pte e)
 *	arch_pte arch_pte_make(phys_addr pa, unsigned int flags)
 *	arch_pte arch_pte_read_only(arch_pte e)		without its right to write
 *	arch_pte arch_pte_none(void)			the empty entry
 *	arch_pte *arch_pgtable_slot(struct arch_pgtable *pt, vaddr va)
 *		the slot of va (below USER_TOP), its table made when missing; NULL: no memory
 *	arch_pte *arch_pgtable_seek(struct arch_pgtable *pt, vaddr *va, vaddr end)
 *		the slot of *va, which first moves up over addresses that have no table; NULL when it comes to end
 * Changing an entry that was present takes a flush; filling an empty one does not.
 */
unsigned int arch_pte_flags(arch_pte e); /* enum pte_flag */
/* The first present entry of [slot, end), or end. */
arch_pte *arch_pte_skip(arch_pte *slot, arch_pte *end);
/* Make edits of [start, end) in mm visible on every CPU that runs it now. */
void arch_tlb_flush_range(struct mm *mm, vaddr start, vaddr end);
void arch_tlb_flush_mm(struct mm *mm);
/* Called again and again by a CPU that waits for the kernel lock, turns counting from 1: answers flush requests of the one that holds
 * it, and from time to time gives way to it on the host. */
void arch_lock_spin(unsigned int turns);
/* Run user addresses through pt from now on (NULL: the boot tables). */
void arch_pgtable_switch(struct arch_pgtable *pt);

/* ---- entry frames (struct arch_regs of a task in the kernel) ---- */
struct arch_regs *arch_task_regs(struct task *t);
/* Prepare the frame for a fresh program: everything zero, pc and sp as given. */
void arch_regs_start(struct arch_regs *r, vaddr pc, vaddr sp);
vaddr arch_regs_pc(const struct arch_regs *r);
vaddr arch_regs_sp(const struct arch_regs *r);
void arch_regs_set_sp(struct arch_regs *r, vaddr sp);
/* The system-call number at entry, -1 when the entry was no system call. */
long arch_regs_syscall(const struct arch_regs *r);
void arch_regs_args(const struct arch_regs *r, u64 arg[6]);
long arch_regs_result(const struct arch_regs *r);
void arch_regs_set_result(struct arch_regs *r, long value);
/* Arrange that returning to user mode executes the system call again: same number and arguments; or, with
 * restart_block, restart_syscall(2). */
void arch_regs_restart(struct arch_regs *r, bool restart_block);

/* ---- tasks ---- */
/* Give t (whose kernel stack is allocated, thread_info filled) a first switch: copy the parent's user frame (result 0),
 * FPU state and TLS, sp and TLS replaced when non-zero / set_tls. Its first step is sched_finish_switch(),
 * then user mode. */
void arch_thread_fork(struct task *t, const struct arch_regs *parent, vaddr sp, bool set_tls, u64 tls);
/* A task that runs fn(arg) in the kernel (and may return to user mode by returning from fn when a frame was started). */
void arch_thread_kernel(struct task *t, void (*fn)(void *), void *arg);
/* Forget FPU state and TLS for execve. */
void arch_thread_reset(struct task *t);
/* Switch stacks, TLS bases, FPU state from prev (= current) to next; returns in next's context. The
 * address space is switched by the caller. */
void arch_switch(struct task *prev, struct task *next);
/* Free what arch_thread holds. */
void arch_thread_release(struct task *t);
/* arch_prctl(2) and whatever is particular to the architecture. */
long arch_prctl_call(int code, unsigned long addr);
/* Is tls a TLS base that user mode can have (CLONE_SETTLS)? */
bool arch_tls_valid(u64 tls);

/* ---- user memory: raw copies with fault recovery ---- */
/* Answer the number of bytes NOT copied (0 = all). Addresses are already checked to lie below USER_TOP. */
size_t arch_copy_from_user(void *dst, const void __user *src, size_t n);
size_t arch_copy_to_user(void __user *dst, const void *src, size_t n);
size_t arch_clear_user(void __user *dst, size_t n);
/* 32-bit atomics on user memory for futex(2): 0 or -EFAULT. */
int arch_user_cmpxchg32(u32 __user *p, u32 old, u32 new, u32 *seen);
/* op: FUTEX_OP_SET..FUTEX_OP_XOR; *old = value before. 0, -EFAULT, -ENOSYS. */
int arch_user_atomic32(int op, u32 __user *p, u32 arg, u32 *old);

/* ---- heavy work ---- */
/*
 * A long stretch of kernel work (exec, fork, exit) begins and ends in this task: an architecture whose host runs supervisor
 * code slowly may run the stretch in another way. Nothing else changes: it may sleep, fault, take errors. Begin answers whether
 * it did anything, which end is to be told; pairs may nest.
 */
bool arch_heavy_begin(void);
void arch_heavy_end(bool began);
/* Around a switch of address space and task, in the task that gives way and, later, in the same task again: the other way of
 * running is left and taken up again. */
bool arch_heavy_pause(void);
void arch_heavy_resume(bool paused);

/* ---- bulk memory ---- */
/* Zero / copy whole pages by the cheapest means of this machine (plain stores, or a hypercall). */
void arch_clear_pages(void *dst, size_t pages);
void arch_copy_page(void *dst, const void *src);

/* ---- signals ---- */
/* Build the handler's frame on the user stack (or alternate stack) and redirect r to the handler, which ends in rt_sigreturn.
 * saved_mask is the mask to restore. 0 or -EFAULT (the stack is no good: the caller kills with SIGSEGV). */
int arch_signal_deliver(struct arch_regs *r, const struct ksignal *sig, u64 saved_mask);
/* rt_sigreturn: restore registers from the frame at sp, *mask = the mask it holds. 0 or -EFAULT. */
int arch_signal_return(struct arch_regs *r, u64 *mask);

/* ---- vDSO ---- */
/* The image to be mapped into each program: pages [0, data_pages) are data (read-only to user), then text. */
struct vdso_image {
	const void *start; /* page aligned, in the kernel image */
	size_t data_pages, text_pages;
	size_t sigreturn; /* offset of the sigreturn trampoline from the start of the text, or 0 */
};
const struct vdso_image *arch_vdso(void);
/* The clock's parameters, which vDSO and VMM share (shared/abi/clock.h). The architecture fills them at boot, but for
 * realtime_offset_ns, which is kernel/time/clock.c's. Always the same page. */
struct clock_data;
struct clock_data *arch_clock_data(void);

/* ---- interrupts, time, processors ---- */
static inline u64 arch_counter(void); /* TSC / CNTVCT */
u64 arch_counter_hz(void);
/* ns since clock_data.counter_start */
u64 arch_counter_ns(void);
/* One-shot timer of this CPU at an absolute arch_counter_ns() time; U64_MAX disarms. Calls timer_interrupt(). */
void arch_timer_arm(u64 deadline_ns);
/* Make cpu enter the kernel soon (reschedule). Any CPU that may be asked has passed arch_cpu_init(). */
void arch_cpu_kick(unsigned int cpu);
/* Start secondary CPU `cpu` in cpu_secondary_main() (kernel/main.c) on its idle stack. 0 or negative errno. */
int arch_cpu_start(unsigned int cpu);
/* Wait for an interrupt with the kernel lock dropped: enables interrupts, halts, disables. */
void arch_idle(void);
/* Register fn(arg) for an interrupt vector of boot_info (devices). */
void arch_irq_register(unsigned int vector, void (*fn)(void *arg), void *arg);
/* Tight-loop hint (inline) */
static inline void arch_relax(void);

/* ---- virtual time (kernel/time/virtual.h) ---- */
/* Once, at boot, with one CPU, before anything reads a clock: from now on arch_counter_ns(), arch_timer_arm() and arch_idle() are
 * virtual_clock_ns(), virtual_timer_arm() and virtual_idle(); arch_counter_hz() is 10^9; every system call goes through
 * syscall_slow(); programs' own reads of the counter, where the processor lets them be caught, are virtual_counter_read(). */
void arch_virtual_time(void);
/* Interrupt this CPU with virtual_alarm() after ns of the host's time, once; replaces an earlier one. */
void arch_host_alarm(u64 ns);
/* What arch_idle() does otherwise. */
void arch_wait_interrupt(void);
/* Take the interrupts that are pending now, in the idle task. */
void arch_take_interrupts(void);

/* ---- the VMM ---- */
long arch_hypercall(unsigned int nr, u64 a, u64 b, u64 c, u64 d);
/* Code for machine_control.apply (shared/abi/control.h); never called. */
extern char arch_apply_stores[];

/* ---- boot ---- */
/* Around library code that was compiled for user mode and looks for its stack canary through the TLS base (libfdt). */
void arch_foreign_code_begin(void);
void arch_foreign_code_end(void);
/* Per-CPU set-up: descriptor tables, system-call entry, interrupt controller. Called on each CPU. */
void arch_cpu_init(unsigned int cpu);
/* Registers and return addresses of the current context into a panic report. */
struct hc_panic;
void arch_panic_context(struct hc_panic *report);
const char *arch_name(void); /* uname machine: "x86_64" */
/* The paragraph of /proc/cpuinfo for one CPU, into buf[size]: its length, < size. */
size_t arch_cpu_describe(unsigned int cpu, char *buf, size_t size);

#endif
