/*
 * Signal frames: what Linux on x86_64 leaves on the user stack, <asm/sigcontext.h> and <asm/ucontext.h>;
 * sigreturn(2). The FXSAVE image follows the frame, and one copy moves both.
 */
#include "cpu.h"

#include <asm/sigcontext.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include "kernel/lib/string.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"

#define RED_ZONE 128 /* System V ABI, AMD64 supplement, 3.2.2 */
#define FX_SIZE 512

/* A frame lies 8 bytes below a 16-byte boundary, as after a call; so the image's alignment needs `lead` in the kernel's copy. */
struct frame {
	u64 restorer;
	struct ucontext uc;
	siginfo_t info;
	u64 pad[((sizeof(struct ucontext) + sizeof(siginfo_t)) / 8) % 2];
	u8 fx[FX_SIZE];
};
struct frame_copy {
	u64 lead;
	struct frame frame;
} __aligned(16);
_Static_assert(offsetof(struct frame_copy, frame.fx) % 16 == 0, "FXSAVE alignment");
_Static_assert(sizeof(siginfo_t) == 128, "siginfo_t");

/* Flags a program may choose; the rest stays as the kernel wants it. */
#define FLAGS_CHOSEN                                                                            \
	(RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_TF | RFLAGS_DF |    \
	 RFLAGS_OF | RFLAGS_RF | RFLAGS_AC)

static void fill_registers(struct sigcontext *sc, const struct arch_regs *r)
{
	const struct arch_thread *t = &task_current()->arch;

	*sc = (struct sigcontext){
		.r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
		.r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15,
		.rdi = r->rdi, .rsi = r->rsi, .rbp = r->rbp, .rbx = r->rbx,
		.rdx = r->rdx, .rax = r->rax, .rcx = r->rcx, .rsp = r->rsp,
		.rip = r->rip, .eflags = r->rflags & ~(u64)RFLAGS_RF, .cs = USER_CS, .ss = USER_DS,
		.err = t->error_code, .trapno = t->trap, .cr2 = t->fault_addr,
	};
}

static void fill_frame(struct frame *f, vaddr at, const struct arch_regs *r, const struct ksignal *sig, u64 saved_mask)
{
	const struct task *t = task_current();

	f->restorer = sig->action.restorer;
	f->uc.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	f->uc.uc_link = NULL;
	f->uc.uc_stack.ss_sp = (void *)t->altstack;
	f->uc.uc_stack.ss_size = t->altstack_size;
	f->uc.uc_stack.ss_flags = t->altstack_size ? t->altstack_flags : SS_DISABLE;
	fill_registers(&f->uc.uc_mcontext, r);
	f->uc.uc_mcontext.fpstate = (struct _fpstate *)(at + offsetof(struct frame, fx));
	f->uc.uc_mcontext.oldmask = saved_mask;
	f->uc.uc_sigmask = saved_mask;
	f->info = sig->info;
	fpu_save_current(f->fx);
	/* The last 48 bytes are software's: zero says that no extended state follows. */
	memset(f->fx + FX_SIZE - 48, 0, 48);
}

/* Where the frame goes; 0 when an alternate stack that is in use already would overflow. */
static vaddr frame_address(const struct arch_regs *r, const struct ksignal *sig)
{
	const struct task *t = task_current();
	vaddr top = sig->on_altstack ? t->altstack + t->altstack_size : r->rsp - RED_ZONE;
	vaddr at = ALIGN_DOWN(top - sizeof(struct frame), 16ul) - 8;
	bool inside = t->altstack_size && r->rsp - t->altstack <= t->altstack_size;

	if ((sig->on_altstack || (inside && sig->action.flags & SA_ONSTACK)) && at - t->altstack > t->altstack_size)
		return 0;
	return at;
}

int arch_signal_deliver(struct arch_regs *r, const struct ksignal *sig, u64 saved_mask)
{
	struct frame_copy copy;
	vaddr at = frame_address(r, sig);

	if (!at || !(sig->action.flags & SA_RESTORER))
		return -EFAULT;
	memset(&copy.frame.pad, 0, sizeof(copy.frame.pad));
	fill_frame(&copy.frame, at, r, sig, saved_mask);
	if (copy_to_user((void __user *)at, &copy.frame, sizeof(copy.frame)))
		return -EFAULT;
	r->rdi = (u64)sig->info.si_signo;
	r->rsi = at + offsetof(struct frame, info);
	r->rdx = at + offsetof(struct frame, uc);
	r->rax = 0;
	r->rip = sig->action.handler;
	r->rsp = at;
	r->rflags &= ~(u64)(RFLAGS_DF | RFLAGS_RF | RFLAGS_TF);
	r->orig_rax = ~0ull;
	return 0;
}

static int restore_fpu(struct frame_copy *copy, vaddr image)
{
	if (!image) {
		fpu_reset_current();
		return 0;
	}
	if (copy_from_user(copy->frame.fx, (const void __user *)image, FX_SIZE))
		return -EFAULT;
	return fpu_restore_current(copy->frame.fx);
}

static void restore_registers(struct arch_regs *r, const struct sigcontext *sc)
{
	*r = (struct arch_regs){
		.r8 = sc->r8, .r9 = sc->r9, .r10 = sc->r10, .r11 = sc->r11,
		.r12 = sc->r12, .r13 = sc->r13, .r14 = sc->r14, .r15 = sc->r15,
		.rdi = sc->rdi, .rsi = sc->rsi, .rbp = sc->rbp, .rbx = sc->rbx,
		.rdx = sc->rdx, .rax = sc->rax, .rcx = sc->rcx, .rsp = sc->rsp,
		.rip = sc->rip, .cs = USER_CS, .ss = USER_DS,
		.rflags = (sc->eflags & FLAGS_CHOSEN) | RFLAGS_IF | RFLAGS_FIXED,
		.orig_rax = ~0ull, .vector = ~0ull,
	};
}

int arch_signal_return(struct arch_regs *r, u64 *mask)
{
	struct frame_copy copy;
	vaddr at = r->rsp - 8; /* the handler's return took the restorer */

	if (copy_from_user(&copy.frame, (const void __user *)at, offsetof(struct frame, info)))
		return -EFAULT;
	if (restore_fpu(&copy, (vaddr)copy.frame.uc.uc_mcontext.fpstate))
		return -EFAULT;
	restore_registers(r, &copy.frame.uc.uc_mcontext);
	*mask = copy.frame.uc.uc_sigmask;
	signal_altstack_set(&copy.frame.uc.uc_stack, r->rsp);
	return 0;
}
