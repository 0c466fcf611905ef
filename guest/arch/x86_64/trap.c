/* Exceptions: SDM volume 3, chapter 6. */
#include "cpu.h"

#include <asm/siginfo.h>
#include <asm/signal.h>
#include "kernel/lib/log.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/sched.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"

enum trap {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_NMI = 2,
	TRAP_BREAKPOINT = 3,
	TRAP_OVERFLOW = 4,
	TRAP_INVALID_OPCODE = 6,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_SEGMENT = 11,
	TRAP_STACK = 12,
	TRAP_PROTECTION = 13,
	TRAP_PAGE_FAULT = 14,
	TRAP_X87 = 16,
	TRAP_ALIGNMENT = 17,
	TRAP_SIMD = 19,
	TRAP_INTERRUPTS = 32,
};

enum page_fault_error {
	FAULT_ERROR_WRITE = 1 << 1,
	FAULT_ERROR_FETCH = 1 << 4,
};

#define NO_ERROR_CODE (~0ull) /* entry.S */

/* ---- from user mode ---- */

static void note_trap(const struct arch_regs *r, u64 error, vaddr addr)
{
	struct arch_thread *t = &task_current()->arch;

	t->trap = r->vector;
	t->error_code = error == NO_ERROR_CODE ? 0 : error;
	t->fault_addr = addr;
}

static enum fault_access fault_access(u64 error)
{
	if (error & FAULT_ERROR_FETCH)
		return FAULT_EXEC;
	return error & FAULT_ERROR_WRITE ? FAULT_WRITE : FAULT_READ;
}

static void fault_signal(struct arch_regs *r, u64 error, vaddr addr, int err)
{
	note_trap(r, error, addr);
	switch (err) {
	case -EACCES:
		signal_fault(SIGSEGV, SEGV_ACCERR, addr);
		break;
	case -ENXIO:
		signal_fault(SIGBUS, BUS_ADRERR, addr);
		break;
	case -ENOMEM:
		signal_force_kill(task_current(), SIGKILL);
		break;
	default:
		signal_fault(SIGSEGV, SEGV_MAPERR, addr);
	}
}

static void user_page_fault(struct arch_regs *r, u64 error)
{
	vaddr addr = read_cr2();
	int err = -EFAULT;

	if (addr < USER_TOP) {
		bool heavy = arch_heavy_begin();

		err = mm_fault(task_current()->mm, addr, fault_access(error));
		arch_heavy_end(heavy);
	}
	if (unlikely(err))
		fault_signal(r, error, addr, err);
}

/* INT n arrives as #GP where the processor obeys, as #UD where the host refuses it: a program sees #GP either way. */
static bool is_int_instruction(const struct arch_regs *r)
{
	u8 opcode;

	return !copy_from_user(&opcode, (const void __user *)r->rip, 1) && opcode == 0xcd;
}

static void invalid_opcode(struct arch_regs *r)
{
	if (is_int_instruction(r)) {
		task_current()->arch.trap = TRAP_PROTECTION;
		signal_fault(SIGSEGV, SI_KERNEL, 0);
	} else {
		signal_fault(SIGILL, ILL_ILLOPN, r->rip);
	}
}

static void user_exception(struct arch_regs *r, u64 error)
{
	if (r->vector == TRAP_PROTECTION && counter_read_emulate(r))
		return;
	note_trap(r, error, 0);
	switch (r->vector) {
	case TRAP_DIVIDE:
		signal_fault(SIGFPE, FPE_INTDIV, r->rip);
		break;
	case TRAP_DEBUG:
		signal_fault(SIGTRAP, TRAP_TRACE, r->rip);
		break;
	case TRAP_BREAKPOINT:
		signal_fault(SIGTRAP, SI_KERNEL, 0);
		break;
	case TRAP_INVALID_OPCODE:
		invalid_opcode(r);
		break;
	case TRAP_SEGMENT:
	case TRAP_STACK:
		signal_fault(SIGBUS, SI_KERNEL, 0);
		break;
	case TRAP_X87:
	case TRAP_SIMD:
		signal_fault(SIGFPE, fpu_exception_code(r->vector == TRAP_SIMD), r->rip);
		break;
	case TRAP_ALIGNMENT:
		signal_fault(SIGBUS, BUS_ADRALN, 0);
		break;
	default:
		signal_fault(SIGSEGV, SI_KERNEL, 0);
	}
}

void trap_user(struct arch_regs *r)
{
	u64 error = r->orig_rax;

	r->orig_rax = ~0ull;
	if (likely(r->vector == TRAP_PAGE_FAULT))
		user_page_fault(r, error);
	else if (r->vector >= TRAP_INTERRUPTS)
		irq_dispatch(r);
	else
		user_exception(r, error);
}

int trap_user_locked(struct arch_regs *r)
{
	if (r->vector == VECTOR_FLUSH) {
		tlb_flush_requested();
		apic_eoi();
		return 0;
	}
	kernel_lock();
	trap_user(r);
	return 1;
}

/* ---- from the kernel ---- */

struct fixup {
	u64 from, to;
};
extern const struct fixup extable_start[], extable_end[];
extern const char uaccess_start[], uaccess_end[];

static bool apply_fixup(struct arch_regs *r)
{
	for (const struct fixup *f = extable_start; f < extable_end; f++) {
		if (f->from == r->rip) {
			r->rip = f->to;
			return true;
		}
	}
	return false;
}

/* UBSan in trap mode (gcc), and what a compiler holds for unreachable, is UD2. Nothing else in the kernel is. */
static bool is_undefined(const struct arch_regs *r)
{
	const u8 *code = (const u8 *)r->rip;

	return r->vector == TRAP_INVALID_OPCODE && code[0] == 0x0f && code[1] == 0x0b;
}

static _Noreturn void kernel_broken(const struct arch_regs *r, u64 error)
{
	panic_set_regs(r);
	if (r->vector == TRAP_PAGE_FAULT)
		panic("page fault in the kernel at address %#lx, error %#lx", read_cr2(), error);
	if (is_undefined(r))
		panic("undefined behaviour: a check at %#lx has trapped", r->rip);
	panic("exception %lu in the kernel, error %#lx", r->vector, error);
}

/* A user copy met a page that is not there (yet). True: try again, or the fixup was applied. */
static bool kernel_page_fault(struct arch_regs *r, u64 error)
{
	vaddr addr = read_cr2();
	struct mm *mm = task_current()->mm;

	if (r->rip < (u64)uaccess_start || r->rip >= (u64)uaccess_end || addr >= USER_TOP || !mm)
		return false;
	return !mm_fault(mm, addr, fault_access(error)) || apply_fixup(r);
}

/* Interrupts reach the kernel in arch_idle() alone, where the lock is not held. */
static void kernel_interrupt(struct arch_regs *r)
{
	if (r->vector == VECTOR_FLUSH) {
		tlb_flush_requested();
		apic_eoi();
		return;
	}
	if (programs_open && arch_thread_info()->unprivileged) {
		irq_defer(r);
		return;
	}
	BUG_ON(arch_thread_info()->unprivileged);
	kernel_lock();
	irq_dispatch(r);
	kernel_unlock();
}

void trap_kernel(struct arch_regs *r)
{
	u64 error = r->orig_rax;

	r->orig_rax = ~0ull;
	if (r->vector >= TRAP_INTERRUPTS)
		kernel_interrupt(r);
	else if (r->vector == TRAP_PROTECTION && (r->cs & 3) && unprivileged_emulate(r))
		return;
	else if (r->vector == TRAP_PAGE_FAULT ? !kernel_page_fault(r, error) : !apply_fixup(r))
		kernel_broken(r, error);
}

void trap_fatal(struct arch_regs *r)
{
	panic_set_regs(r);
	if (r->vector == TRAP_NMI)
		panic("NMI");
	panic("%s", r->vector == TRAP_DOUBLE_FAULT ? "double fault" : "machine check");
}
