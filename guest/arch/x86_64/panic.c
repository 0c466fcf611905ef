/* What the processor can tell a panic report. */
#include "cpu.h"

#include "shared/abi/hypercall.h"

static const struct arch_regs *panic_regs;

void panic_set_regs(const struct arch_regs *r)
{
	panic_regs = r;
}

static void store_regs(struct hc_panic *report, const struct arch_regs *r)
{
	const u64 reg[] = {r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8,
			   r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip, r->rflags};

	for (size_t i = 0; i < ARRAY_SIZE(reg); i++)
		report->reg[i] = reg[i];
	report->reg_count = ARRAY_SIZE(reg);
}

struct stack_frame {
	struct stack_frame *next;
	u64 return_address;
};

/* Frame pointers lead outward within one stack; anything else ends the walk. */
static void store_frames(struct hc_panic *report, u64 fp)
{
	u64 base = fp & ~(KERNEL_STACK_SIZE - 1);
	const struct stack_frame *f = (const struct stack_frame *)fp;
	unsigned int n = 0;

	while (n < HC_PANIC_FRAMES && (u64)f >= BOOT_DIRECT_MAP_BASE && !((u64)f & 7) &&
	       ((u64)f & ~(KERNEL_STACK_SIZE - 1)) == base && ((u64)f & (KERNEL_STACK_SIZE - 1)) <= KERNEL_STACK_SIZE - 16) {
		report->frame[n++] = f->return_address;
		if (f->next <= f)
			break;
		f = f->next;
	}
	report->frame_count = n;
}

void arch_panic_context(struct hc_panic *report)
{
	report->cpu = arch_thread_info()->cpu;
	if (panic_regs) {
		store_regs(report, panic_regs);
		store_frames(report, panic_regs->rbp);
	} else {
		store_frames(report, (u64)__builtin_frame_address(0));
	}
}
