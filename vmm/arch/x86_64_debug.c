/*
 * Steps and breakpoints of x86_64. A stopped vCPU stands either at its own registers or, in
 * HC_DEBUG_TRAP, at those of the program that the kernel saved in a struct debug_frame_x86_64
 * (v->debug.frame).
 *
 * Programs are stepped by the trap flag in their own flags, the trap then reaching the kernel and,
 * through HC_DEBUG_TRAP, us: that works on every host. Kernel code is stepped by KVM.
 */
#include "arch.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "machine.h"
#include "x86_64_debug.h"

#define FLAG_TRAP (1ull << 8)

/* INT3. In the kernel OUT DX, AL: KVM does not intercept INT3 everywhere (emulated processors), and
 * it needs descriptor tables. */
const uint8_t arch_program_breakpoint[ARCH_BREAKPOINT_SIZE] = {0xcc};
const uint8_t arch_kernel_breakpoint[ARCH_BREAKPOINT_SIZE] = {0xee};

/* ---- stepping ---- */

/* The bytes at the vCPU's own pc. */
static bool code_is(struct vcpu *v, uint64_t root, const char *bytes, size_t len)
{
	uint64_t run;
	const void *code =
		memory_walk(&v->machine->memory, root, v->run->s.regs.regs.rip, false, false, &run);

	return code && run >= len && !memcmp(code, bytes, len);
}

/* The word at the vCPU's own stack pointer + offset. */
static uint64_t *stack_word(struct vcpu *v, uint64_t root, uint64_t offset)
{
	uint64_t run;
	void *at = memory_walk(&v->machine->memory, root, v->run->s.regs.regs.rsp + offset, false,
			       true, &run);

	if (!at || run < 8)
		return NULL;
	memory_mark_written(&v->machine->memory,
			    (uint64_t)((uint8_t *)at - v->machine->memory.host), 8);
	return at;
}

/*
 * Where the flags stand that the program at which v stands (or to which its next instruction
 * returns) runs with: the trap flag there makes it stop by itself. NULL: v stays in the kernel.
 * IRETQ lets one instruction of the program pass.
 */
static unsigned long long *program_flags(struct vcpu *v)
{
	struct debug_frame_x86_64 *f = debug_frame_writable(v);
	struct kvm_regs *own = &v->run->s.regs.regs;

	if (f)
		return &f->rflags;
	if (arch_vcpu_in_user(v)) {
		v->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
		return &own->rflags;
	}
	uint64_t root = arch_vcpu_root(v);
	const uint64_t *cs = stack_word(v, root, 8);

	if (code_is(v, root, "\x48\xcf", 2) && cs && (*cs & 3)) /* iretq */
		return (unsigned long long *)stack_word(v, root, 16);
	if (!code_is(v, root, "\x48\x0f\x07", 3)) /* sysretq */
		return NULL;
	v->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
	return &own->r11;
}

bool arch_debug_in_program(const struct vcpu *v)
{
	const struct debug_frame_x86_64 *f = debug_frame(v);

	return f && (f->cs & 3);
}

/* Trap gates changed nothing but these and SS, which has no meaning in supervisor mode (SDM volume
 * 3, 6.14). */
void arch_debug_undo_trap(struct vcpu *v)
{
	debug_frame_regs(debug_frame(v), &v->run->s.regs.regs);
	v->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

bool arch_debug_step_program(struct vcpu *v)
{
	unsigned long long *flags = program_flags(v);

	if (flags)
		*flags |= FLAG_TRAP;
	return flags != NULL;
}

void arch_debug_step_over(struct vcpu *v)
{
	struct debug_frame_x86_64 *f = debug_frame_writable(v);

	if (f) {
		f->rflags &= ~FLAG_TRAP;
	} else if (arch_vcpu_in_user(v)) {
		v->run->s.regs.regs.rflags &= ~FLAG_TRAP;
		v->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
	}
}

void arch_debug_forget_step(const struct memory *mem, uint64_t frame)
{
	struct debug_frame_x86_64 *f = memory_writable(mem, frame, sizeof(*f));

	/* Its task may be gone, and something else lie there. */
	if (f && f->cs == 0x33 && f->ss == 0x2b)
		f->rflags &= ~FLAG_TRAP;
}

/* ---- what KVM is to do ---- */

/* Is [address, address + len) what one of the four can watch? SDM volume 3, 18.2.5. */
bool arch_debug_point_valid(const struct debug_point *p)
{
	if (p->kind == DEBUG_POINT_READ)
		return false;
	if (p->kind == DEBUG_POINT_EXECUTE)
		return true;
	return (p->len == 1 || p->len == 2 || p->len == 4 || p->len == 8) && !(p->address % p->len);
}

/* DR7: SDM volume 3, 18.2.4. */
static void set_point(struct kvm_guest_debug *g, unsigned int i, const struct debug_point *p)
{
	static const uint64_t rw[] = {
		[DEBUG_POINT_EXECUTE] = 0, [DEBUG_POINT_WRITE] = 1, [DEBUG_POINT_ACCESS] = 3};
	static const uint64_t len[] = {[1] = 0, [2] = 1, [4] = 3, [8] = 2};
	uint64_t size = p->kind == DEBUG_POINT_EXECUTE ? 0 : len[p->len];

	g->arch.debugreg[i] = p->address;
	g->arch.debugreg[7] |=
		0x600 | 2ull << 2 * i | rw[p->kind] << (16 + 4 * i) | size << (18 + 4 * i);
}

int arch_debug_configure(struct vcpu *v, enum debug_mode mode,
			 const struct debug_point point[ARCH_DEBUG_POINTS])
{
	struct kvm_guest_debug g = {0};

	if (mode == DEBUG_SINGLE_STEP)
		g.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
	for (unsigned int i = 0; i < ARCH_DEBUG_POINTS; i++) {
		if (point[i].len) {
			g.control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
			set_point(&g, i, &point[i]);
		}
	}
	/* KVM remembers where it steps from: the registers must be there. */
	if (v->run->kvm_dirty_regs & KVM_SYNC_X86_REGS) {
		if (ioctl(v->fd, KVM_SET_REGS, &v->run->s.regs.regs))
			return -errno;
		v->run->kvm_dirty_regs &= ~(__u64)KVM_SYNC_X86_REGS;
	}
	return ioctl(v->fd, KVM_SET_GUEST_DEBUG, &g) ? -errno : 0;
}

/* A debug exception: the condition of a register goes before the step. SDM volume 3, 18.2.3. */
static enum debug_cause debug_exception(struct vcpu *v, unsigned int *point)
{
	uint64_t dr6 = v->run->debug.arch.dr6;

	for (*point = 0; *point < ARCH_DEBUG_POINTS; ++*point) {
		if (dr6 >> *point & 1)
			return DEBUG_CAUSE_POINT;
	}
	return DEBUG_CAUSE_STEP;
}

enum debug_cause arch_debug_cause(struct vcpu *v, unsigned int *point)
{
	const struct kvm_run *run = v->run;

	if (run->exit_reason == KVM_EXIT_DEBUG)
		return debug_exception(v, point);
	if (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_OUT &&
	    run->io.size == 1 && run->io.count == 1)
		return DEBUG_CAUSE_BREAKPOINT;
	return DEBUG_CAUSE_NONE;
}
