/*
 * Hosts without hardware virtualisation emulate supervisor code one instruction at a time but run user mode natively. So
 * heavy stretches of kernel work run in user mode there: same code, same addresses, same stack, with interrupts off, under a
 * second root ("open") of the same tables, in which the kernel's two entries have the user bit. Programs never run
 * under an open root.
 *
 * Meanwhile traps arrive on a small transit stack (RSP0), since the task's own is in use; entry.S moves the frame to it
 * and goes on as for any trap in kernel code, in supervisor mode. Privileged instructions are such traps: they are
 * carried out here. Going in costs about 20 emulated instructions, coming out a trap.
 *
 * A kernel for fuzzing goes further in virtual time, which has one CPU and hardly an interrupt (programs_open): its programs run under open roots, so that SYSCALL arrives at syscall_open without a
 * trap and returns without one; the whole call is a heavy stretch. Such a program could write to the kernel. The only ones there are
 * make system calls.
 */
#include "cpu.h"

#include "kernel/boot.h"
#include "kernel/mm/vm.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "shared/abi/hypercall.h"

bool heavy_allowed;
#ifdef KERNEL_COVERAGE
bool programs_open;

void programs_open_init(void)
{
	programs_open = heavy_allowed && boot_info->flags & BOOT_DETERMINISTIC;
}
#endif

static struct arch_pgtable *loaded_pgtable(unsigned int cpu)
{
	struct mm *mm = cpu_table[cpu].mm;

	return mm ? &mm->pgtable : NULL;
}

static u64 transit_top(unsigned int cpu)
{
	return (u64)transit_stacks + (cpu + 1) * TRANSIT_STACK_SIZE;
}

static u64 cr3_of(const struct arch_pgtable *pt, bool open)
{
	if (open || programs_open)
		return pt ? pt->open_root : boot_open_root();
	return pt ? pt->root : boot_info->boot_root;
}

u64 pgtable_cr3(const struct arch_pgtable *pt)
{
	return cr3_of(pt, arch_thread_info()->unprivileged);
}

static void go_unprivileged(void)
{
	unsigned int cpu = arch_thread_info()->cpu;

	unprivileged_enter(cr3_of(loaded_pgtable(cpu), true), (u64 *)((char *)&cpu_areas[cpu] + CPU_AREA_RSP0),
			   transit_top(cpu));
}

bool arch_heavy_begin(void)
{
	struct thread_info *info = arch_thread_info();

	if (!heavy_allowed || info->unprivileged)
		return false;
	info->unprivileged = true;
	go_unprivileged();
	return true;
}

void arch_heavy_end(bool began)
{
	struct thread_info *info = arch_thread_info();

	if (!began)
		return;
	unprivileged_leave();
	info->unprivileged = false;
	cpu_areas[info->cpu].tss.rsp[0] = (u64)info + KERNEL_STACK_SIZE;
	write_cr3(cr3_of(loaded_pgtable(info->cpu), false));
}

bool arch_heavy_pause(void)
{
	bool in_user = arch_thread_info()->unprivileged && in_user_mode();

	if (in_user)
		unprivileged_leave();
	return in_user;
}

void arch_heavy_resume(bool paused)
{
	if (!paused)
		return;
	arch_thread_info()->leave_by_supervisor = true;
	go_unprivileged();
}

void unprivileged_switch(struct task *prev, struct task *next)
{
	const struct thread_info *from = task_info(prev), *to = task_info(next);

	cpu_areas[to->cpu].tss.rsp[0] = to->unprivileged ? transit_top(to->cpu) : (u64)to + KERNEL_STACK_SIZE;
	if (unlikely(from->unprivileged != to->unprivileged))
		write_cr3(cr3_of(loaded_pgtable(to->cpu), to->unprivileged));
}

/* The instructions that cpu.h and hypercall.c use, in the one form they have there. */
struct privileged {
	u32 mask, code; /* little-endian */
	u32 length;
	void (*carry_out)(struct arch_regs *r);
};

static void do_hypercall(struct arch_regs *r)
{
	r->rax = (u64)arch_hypercall((u32)r->rax, r->rdi, r->rsi, r->rdx, r->r10);
}

static void do_wrmsr(struct arch_regs *r)
{
	wrmsr((u32)r->rcx, (u32)r->rax | r->rdx << 32);
}

static void do_write_cr3(struct arch_regs *r)
{
	write_cr3(r->rax);
}

static void do_read_cr3(struct arch_regs *r)
{
	r->rax = read_cr3();
}

static void do_invlpg(struct arch_regs *r)
{
	invlpg(r->rax);
}

/* Privileged only in virtual time (virtual.c). */
static void do_rdtsc(struct arch_regs *r)
{
	u64 counter = arch_counter();

	r->rax = (u32)counter;
	r->rdx = counter >> 32;
}

static const struct privileged privileged[] = {
	{0xffff, 0xe7 | HC_PORT << 8, 2, do_hypercall},
	{0xffffff, 0x38010f, 3, do_invlpg},
	{0xffffff, 0xd8220f, 3, do_write_cr3},
	{0xffffff, 0xd8200f, 3, do_read_cr3},
	{0xffff, 0x300f, 2, do_wrmsr},
	{0xffff, 0x310f, 2, do_rdtsc},
};

bool unprivileged_emulate(struct arch_regs *r)
{
	u32 code = *(const u32 *)r->rip;

	for (size_t i = 0; i < ARRAY_SIZE(privileged); i++) {
		const struct privileged *p = &privileged[i];

		if ((code & p->mask) == p->code) {
			p->carry_out(r);
			r->rip += p->length;
			return true;
		}
	}
	return false;
}
