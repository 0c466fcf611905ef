/* Entry frames as the rest of the kernel sees them. */
#include "cpu.h"

#include <asm/unistd.h>
#include "kernel/task/task.h"

struct arch_regs *arch_task_regs(struct task *t)
{
	return (struct arch_regs *)((char *)t->stack + KERNEL_STACK_SIZE) - 1;
}

void arch_regs_start(struct arch_regs *r, vaddr pc, vaddr sp)
{
	*r = (struct arch_regs){
		.vector = ~0ull,
		.orig_rax = ~0ull,
		.rip = pc,
		.cs = USER_CS,
		.rflags = RFLAGS_IF | RFLAGS_FIXED,
		.rsp = sp,
		.ss = USER_DS,
	};
}

vaddr arch_regs_pc(const struct arch_regs *r)
{
	return r->rip;
}

vaddr arch_regs_sp(const struct arch_regs *r)
{
	return r->rsp;
}

void arch_regs_set_sp(struct arch_regs *r, vaddr sp)
{
	r->rsp = sp;
}

long arch_regs_syscall(const struct arch_regs *r)
{
	return (long)r->orig_rax;
}

void arch_regs_args(const struct arch_regs *r, u64 arg[6])
{
	arg[0] = r->rdi;
	arg[1] = r->rsi;
	arg[2] = r->rdx;
	arg[3] = r->r10;
	arg[4] = r->r8;
	arg[5] = r->r9;
}

long arch_regs_result(const struct arch_regs *r)
{
	return (long)r->rax;
}

void arch_regs_set_result(struct arch_regs *r, long value)
{
	r->rax = (u64)value;
}

/* SYSCALL has two bytes: step back over it. */
void arch_regs_restart(struct arch_regs *r, bool restart_block)
{
	r->rip -= 2;
	r->rax = restart_block ? __NR_restart_syscall : r->orig_rax;
}
