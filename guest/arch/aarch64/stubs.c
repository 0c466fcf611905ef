/*
 * The whole seam for aarch64, stopping loudly: generic code compiles and links against it; a port replaces one
 * function after another. Only what needs no machine is real.
 */
#include "arch/arch.h"

#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "shared/abi/hypercall.h"

#define MISSING panic("aarch64: %s is not there yet", __func__)

/* ---- page tables ---- */
int arch_pgtable_init(__unused struct arch_pgtable *pt)
{
	MISSING;
}

void arch_pgtable_destroy(__unused struct arch_pgtable *pt)
{
	MISSING;
}

arch_pte *arch_pgtable_slot(__unused struct arch_pgtable *pt, __unused vaddr va)
{
	MISSING;
}

arch_pte *arch_pgtable_seek(__unused struct arch_pgtable *pt, __unused vaddr *va, __unused vaddr end)
{
	MISSING;
}

arch_pte *arch_pte_skip(arch_pte *slot, arch_pte *end)
{
	while (slot != end && !arch_pte_present(*slot))
		slot++;
	return slot;
}

unsigned int arch_pte_flags(arch_pte e)
{
	unsigned int flags = PTE_USER;

	if (e & ARCH_PTE_VALID)
		flags |= PTE_READ;
	if (arch_pte_writable(e))
		flags |= PTE_WRITE;
	if (!(e & ARCH_PTE_UXN))
		flags |= PTE_EXEC;
	return flags;
}

void arch_pgtable_switch(__unused struct arch_pgtable *pt)
{
	MISSING;
}

void arch_tlb_flush_range(__unused struct mm *mm, __unused vaddr start, __unused vaddr end)
{
	MISSING;
}

void arch_tlb_flush_mm(__unused struct mm *mm)
{
	MISSING;
}

void arch_lock_spin(__unused unsigned int turns)
{
	arch_relax();
}

/* ---- entry frames: AAPCS64 and the kernel's calling convention, x8 = number, x0..x5 = arguments ---- */
void arch_regs_start(struct arch_regs *r, vaddr pc, vaddr sp)
{
	*r = (struct arch_regs){.pc = pc, .sp = sp, .syscall = -1};
}

vaddr arch_regs_pc(const struct arch_regs *r)
{
	return r->pc;
}

vaddr arch_regs_sp(const struct arch_regs *r)
{
	return r->sp;
}

void arch_regs_set_sp(struct arch_regs *r, vaddr sp)
{
	r->sp = sp;
}

long arch_regs_syscall(const struct arch_regs *r)
{
	return r->syscall;
}

void arch_regs_args(const struct arch_regs *r, u64 arg[6])
{
	arg[0] = r->orig_x0;
	for (int i = 1; i < 6; i++)
		arg[i] = r->x[i];
}

long arch_regs_result(const struct arch_regs *r)
{
	return (long)r->x[0];
}

void arch_regs_set_result(struct arch_regs *r, long value)
{
	r->x[0] = (u64)value;
}

void arch_regs_restart(__unused struct arch_regs *r, __unused bool restart_block)
{
	MISSING;
}

struct arch_regs *arch_task_regs(__unused struct task *t)
{
	MISSING;
}

/* ---- tasks ---- */
void arch_thread_fork(__unused struct task *t, __unused const struct arch_regs *parent, __unused vaddr sp,
		      __unused bool set_tls, __unused u64 tls)
{
	MISSING;
}

void arch_thread_kernel(__unused struct task *t, __unused void (*fn)(void *), __unused void *arg)
{
	MISSING;
}

void arch_thread_reset(__unused struct task *t)
{
	MISSING;
}

void arch_switch(__unused struct task *prev, __unused struct task *next)
{
	MISSING;
}

void arch_thread_release(__unused struct task *t)
{
	MISSING;
}

long arch_prctl_call(__unused int code, __unused unsigned long addr)
{
	return -EINVAL;
}

/* TPIDR_EL0 takes any. */
bool arch_tls_valid(__unused u64 tls)
{
	return true;
}

/* ---- user memory ---- */
size_t arch_copy_from_user(__unused void *dst, __unused const void __user *src, __unused size_t n)
{
	MISSING;
}

size_t arch_copy_to_user(__unused void __user *dst, __unused const void *src, __unused size_t n)
{
	MISSING;
}

size_t arch_clear_user(__unused void __user *dst, __unused size_t n)
{
	MISSING;
}

int arch_user_cmpxchg32(__unused u32 __user *p, __unused u32 old, __unused u32 new, __unused u32 *seen)
{
	MISSING;
}

int arch_user_atomic32(__unused int op, __unused u32 __user *p, __unused u32 arg, __unused u32 *old)
{
	MISSING;
}

/* Nothing to gain: the processor runs every mode alike. */
bool arch_heavy_begin(void)
{
	return false;
}

void arch_heavy_end(__unused bool began)
{
}

bool arch_heavy_pause(void)
{
	return false;
}

void arch_heavy_resume(__unused bool paused)
{
}

void arch_clear_pages(void *dst, size_t pages)
{
	memset(dst, 0, pages * PAGE_SIZE);
}

void arch_copy_page(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}

/* ---- signals, vDSO ---- */
int arch_signal_deliver(__unused struct arch_regs *r, __unused const struct ksignal *sig, __unused u64 saved_mask)
{
	MISSING;
}

int arch_signal_return(__unused struct arch_regs *r, __unused u64 *mask)
{
	MISSING;
}

const struct vdso_image *arch_vdso(void)
{
	MISSING;
}

char arch_apply_stores[1];

struct clock_data *arch_clock_data(void)
{
	MISSING;
}

/* ---- interrupts, time, processors ---- */
u64 arch_counter_hz(void)
{
	u64 hz;

	__asm__("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz;
}

u64 arch_counter_ns(void)
{
	MISSING;
}

void arch_timer_arm(__unused u64 deadline_ns)
{
	MISSING;
}

void arch_cpu_kick(__unused unsigned int cpu)
{
	MISSING;
}

int arch_cpu_start(__unused unsigned int cpu)
{
	MISSING;
}

void arch_idle(void)
{
	MISSING;
}

void arch_irq_register(__unused unsigned int vector, __unused void (*fn)(void *arg), __unused void *arg)
{
	MISSING;
}

void arch_cpu_init(__unused unsigned int cpu)
{
	MISSING;
}

void arch_foreign_code_begin(void)
{
	MISSING;
}

void arch_foreign_code_end(void)
{
	MISSING;
}

/* ---- virtual time ---- */
void arch_virtual_time(void)
{
	MISSING;
}

void arch_host_alarm(__unused u64 ns)
{
	MISSING;
}

void arch_wait_interrupt(void)
{
	MISSING;
}

void arch_take_interrupts(void)
{
	MISSING;
}

/* ---- the VMM ---- */
long arch_hypercall(unsigned int nr, u64 a, u64 b, u64 c, u64 d)
{
	register u64 x0 __asm__("x0") = a;
	register u64 x1 __asm__("x1") = b;
	register u64 x2 __asm__("x2") = c;
	register u64 x3 __asm__("x3") = d;

	__asm__ volatile("str %w1, [%2]"
			 : "+r"(x0)
			 : "r"(nr), "r"(phys_to_virt(HC_MMIO_BASE)), "r"(x1), "r"(x2), "r"(x3)
			 : "memory");
	return (long)x0;
}

void arch_panic_context(struct hc_panic *report)
{
	report->cpu = arch_thread_info()->cpu;
	report->frame_count = 0;
	report->reg_count = 0;
}

const char *arch_name(void)
{
	return "aarch64";
}

u64 arch_hwcap(void)
{
	return 0;
}
