/*
 * FPU state. With one CPU the registers keep the last program's state until another program needs them;
 * with several it is saved whenever its task is switched out, since the task may go on elsewhere.
 */
#include "cpu.h"

#include <asm/siginfo.h>
#include "kernel/lib/string.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"

#define CONTROL_INIT 0x37f
#define MXCSR_INIT 0x1f80
#define MXCSR_MASK_DEFAULT 0xffbf /* SDM volume 1, 11.6.6: when the image says 0 */

void fpu_init(struct task *t)
{
	struct fx_header *fx = (struct fx_header *)&t->arch.fpu;

	memset(&t->arch.fpu, 0, sizeof(t->arch.fpu));
	fx->control = CONTROL_INIT;
	fx->mxcsr = MXCSR_INIT;
}

void fpu_switch(struct task *prev, struct task *next)
{
	struct cpu_area *area = cpu_area_current();

	if (cpu_count > 1 && area->fpu_owner == prev) {
		fxsave(&prev->arch.fpu);
		area->fpu_owner = NULL;
	}
	if (!next->mm || area->fpu_owner == next)
		return;
	if (area->fpu_owner)
		fxsave(&area->fpu_owner->arch.fpu);
	fxrstor(&next->arch.fpu);
	area->fpu_owner = next;
}

void fpu_reset_current(void)
{
	struct cpu_area *area = cpu_area_current();
	struct task *t = task_current();

	if (area->fpu_owner && area->fpu_owner != t)
		fxsave(&area->fpu_owner->arch.fpu);
	fpu_init(t);
	fxrstor(&t->arch.fpu);
	area->fpu_owner = t;
}

void fpu_forget(struct task *t)
{
	struct cpu_area *area = cpu_area_current();

	if (area->fpu_owner == t)
		area->fpu_owner = NULL;
}

void fpu_save_current(void *image)
{
	struct task *t = task_current();

	if (cpu_area_current()->fpu_owner == t)
		fxsave(image);
	else
		memcpy(image, &t->arch.fpu, sizeof(t->arch.fpu));
}

/* SDM volume 1, 11.6.6: FXRSTOR of an MXCSR with reserved bits faults. */
static bool mxcsr_valid(u32 mxcsr, const struct fx_header *live)
{
	u32 mask = live->mxcsr_mask ? live->mxcsr_mask : MXCSR_MASK_DEFAULT;

	return !(mxcsr & ~mask);
}

int fpu_restore_current(const void *image)
{
	struct task *t = task_current();

	fxsave(&t->arch.fpu);
	if (!mxcsr_valid(((const struct fx_header *)image)->mxcsr, (const struct fx_header *)&t->arch.fpu))
		return -EINVAL;
	fxrstor(image);
	cpu_area_current()->fpu_owner = t;
	return 0;
}

int fpu_exception_code(bool simd)
{
	struct task *t = task_current();
	const struct fx_header *fx = (const struct fx_header *)&t->arch.fpu;
	unsigned int raised;

	fpu_save_current(&t->arch.fpu);
	raised = simd ? fx->mxcsr & ~(fx->mxcsr >> 7) : fx->status & ~(unsigned int)fx->control;
	if (raised & 0x01)
		return FPE_FLTINV;
	if (raised & 0x04)
		return FPE_FLTDIV;
	if (raised & 0x08)
		return FPE_FLTOVF;
	if (raised & 0x12)
		return FPE_FLTUND;
	if (raised & 0x20)
		return FPE_FLTRES;
	return 0;
}
