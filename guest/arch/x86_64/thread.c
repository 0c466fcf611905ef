/* Tasks' first steps and switches. */
#include "cpu.h"

#include <asm/prctl.h>
#include "kernel/boot.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"

/* What switch_stacks pops, from the saved stack pointer up. */
struct switch_frame {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 return_address;
};

static struct switch_frame *first_frame(struct task *t, const char *start)
{
	struct switch_frame *f = (struct switch_frame *)arch_task_regs(t) - 1;

	*f = (struct switch_frame){.return_address = (u64)start};
	t->arch.sp = (u64)f;
	task_info(t)->unprivileged = false;
	return f;
}

void arch_thread_fork(struct task *t, const struct arch_regs *parent, vaddr sp, bool set_tls, u64 tls)
{
	const struct task *current = task_current();
	struct arch_regs *r = arch_task_regs(t);

	*r = *parent;
	if (unlikely(boot_info->flags & BOOT_DEBUGGER))
		r->rflags &= ~(u64)RFLAGS_TF; /* only the parent is being stepped */
	r->rax = 0;
	r->orig_rax = ~0ull;
	if (sp)
		r->rsp = sp;
	t->arch.fs_base = set_tls ? tls : current->arch.fs_base;
	t->arch.gs_base = current->arch.gs_base;
	fpu_save_current(&t->arch.fpu);
	first_frame(t, thread_start_user);
}

/* From entry.S. What a kernel thread does is heavy: it starts the first program. */
void run_kernel_thread(void (*fn)(void *), void *arg)
{
	bool heavy = arch_heavy_begin();

	fn(arg);
	arch_heavy_end(heavy);
}

void arch_thread_kernel(struct task *t, void (*fn)(void *), void *arg)
{
	struct switch_frame *f = first_frame(t, thread_start_kernel);

	f->rbx = (u64)fn;
	f->r12 = (u64)arg;
	fpu_init(t);
}

static void load_bases(struct cpu_area *area, const struct task *t)
{
	if (area->fs_base != t->arch.fs_base) {
		area->fs_base = t->arch.fs_base;
		wrmsr(MSR_FS_BASE, area->fs_base);
	}
	if (area->gs_base != t->arch.gs_base) {
		area->gs_base = t->arch.gs_base;
		wrmsr(MSR_GS_BASE, area->gs_base);
	}
}

void arch_thread_reset(struct task *t)
{
	t->arch.fs_base = t->arch.gs_base = 0;
	if (t != task_current()) {
		fpu_init(t);
		return;
	}
	fpu_reset_current();
	load_bases(cpu_area_current(), t);
}

void arch_switch(struct task *prev, struct task *next)
{
	struct cpu_area *area = cpu_area_current();

	task_info(next)->cpu = task_info(prev)->cpu;
	unprivileged_switch(prev, next);
	fpu_switch(prev, next);
	if (next->mm)
		load_bases(area, next);
	switch_stacks(&prev->arch.sp, next->arch.sp);
}

void arch_thread_release(struct task *t)
{
	fpu_forget(t);
}

bool arch_tls_valid(u64 tls)
{
	return tls < USER_TOP;
}

static long set_base(u64 *base, unsigned long addr)
{
	if (!arch_tls_valid(addr))
		return -EPERM;
	*base = addr;
	load_bases(cpu_area_current(), task_current());
	return 0;
}

long arch_prctl_call(int code, unsigned long addr)
{
	struct task *t = task_current();
	unsigned long __user *p = (unsigned long __user *)addr;

	switch (code) {
	case ARCH_SET_FS:
		return set_base(&t->arch.fs_base, addr);
	case ARCH_SET_GS:
		return set_base(&t->arch.gs_base, addr);
	case ARCH_GET_FS:
		return put_user(t->arch.fs_base, p);
	case ARCH_GET_GS:
		return put_user(t->arch.gs_base, p);
	default:
		return -EINVAL;
	}
}
