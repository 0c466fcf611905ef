/*
 * The kernel with a debugger at the machine (BOOT_DEBUGGER; shared/abi/debug.h). The entries go the ways below (cpu.c,
 * choose_entries()), which store whole frames and ask the VMM about breakpoints and steps of programs. No kernel
 * code runs in user mode then (arch_heavy_begin()): a breakpoint in it always stops supervisor code.
 */
#include "cpu.h"

#include "kernel/boot.h"
#include "kernel/fs/vfs.h"
#include "kernel/mm/vm.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "shared/abi/control.h"
#include "shared/abi/hypercall.h"
#include "syscall/syscall.h"

_Static_assert(sizeof(struct debug_frame_x86_64) == sizeof(struct arch_regs) &&
		       offsetof(struct debug_frame_x86_64, vector) == offsetof(struct arch_regs, vector) &&
		       offsetof(struct debug_frame_x86_64, rax) == offsetof(struct arch_regs, rax) &&
		       offsetof(struct debug_frame_x86_64, orig_rax) == offsetof(struct arch_regs, orig_rax) &&
		       offsetof(struct debug_frame_x86_64, rsp) == offsetof(struct arch_regs, rsp),
	       "shared/abi/debug.h");

static struct machine_control *control_page(void)
{
	return phys_to_virt(boot_info->control);
}

static long tell(enum debug_trap kind, const struct arch_regs *r)
{
	const struct mm *mm = task_current()->mm;
	phys_addr name = mm && mm->exe ? virt_to_phys(mm->exe->path.dentry->name) : 0;

	return arch_hypercall(HC_DEBUG_TRAP, kind, virt_to_phys(r), mm ? mm->pgtable.root : 0, name);
}

/* Bring in a page that the debugger wants to read or write. */
static void do_fault(struct debug_fault *f)
{
	struct mm *mm = task_current()->mm;
	vaddr address = f->address;

	f->result = mm && address < USER_TOP ? mm_fault(mm, address, f->write ? FAULT_WRITE : FAULT_READ) : -EFAULT;
}

/* The kernel lock is held. False: the trap is the program's own. */
static bool offer_locked(enum debug_trap kind, const struct arch_regs *r)
{
	long answer = tell(kind, r);

	while (answer == DEBUG_FAULT) {
		do_fault(&control_page()->debug_fault);
		answer = tell(DEBUG_FAULTED, r);
	}
	return answer == DEBUG_GO;
}

/* Without the lock, which a CPU that a debugger keeps still may hold. */
static bool offer(enum debug_trap kind, const struct arch_regs *r)
{
	long answer = tell(kind, r);

	while (answer == DEBUG_FAULT) {
		kernel_lock();
		do_fault(&control_page()->debug_fault);
		kernel_unlock();
		answer = tell(DEBUG_FAULTED, r);
	}
	return answer == DEBUG_GO;
}

/* A fault of fetching the instruction at rip; the frame's orig_rax is the error code. */
static bool is_fetch(const struct arch_regs *r)
{
	return r->vector == 14 && (r->orig_rax & 0x10) && read_cr2() == r->rip;
}

static bool offer_exception(const struct arch_regs *r)
{
	return (r->vector == 3 && offer(DEBUG_BREAKPOINT, r)) || (r->vector == 1 && offer(DEBUG_STEP, r)) ||
	       (is_fetch(r) && control_page()->debug_leave && offer(DEBUG_FETCH, r));
}

int trap_user_debugged(struct arch_regs *r)
{
	if (r->vector == VECTOR_FLUSH) {
		tlb_flush_requested();
		apic_eoi();
		return 0;
	}
	/* Straight back, too: whoever has work for this task has sent an interrupt. */
	if (offer_exception(r))
		return 0;
	kernel_lock();
	trap_user(r);
	return 1;
}

/* A step of the host's that met an exception leaves its flag in the frame. */
void trap_kernel_debugged(struct arch_regs *r)
{
	if (r->vector == 1)
		r->rflags &= ~(u64)RFLAGS_TF;
	else if (!is_fetch(r) || !offer_locked(DEBUG_FETCH, r))
		trap_kernel(r);
}

/* A program that is being stepped is so in a new program, and where a signal handler returns to, too. */
void syscall_run_debugged(struct arch_regs *r)
{
	u64 stepped = r->rflags & RFLAGS_TF;

	syscall_slow(r);
	r->rflags |= stepped;
}

/* On the way to user mode: the processor does not stop behind a system call that is being stepped (SDM volume 3, 18.3.1.4; IRETQ
 * lets the next instruction pass). */
void leave_debugged(struct arch_regs *r)
{
	if (arch_thread_info()->work)
		sched_exit_work(r);
	if ((r->rflags & RFLAGS_TF) && r->vector == ~0ull && r->orig_rax != ~0ull)
		offer_locked(DEBUG_STEP, r);
	if (control_page()->debug_leave)
		tell(DEBUG_LEAVE, r);
}
