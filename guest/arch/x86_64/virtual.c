/* Virtual time (kernel/time/virtual.h): the counter is taken away from everybody. */
#include "cpu.h"

#include "kernel/mm/uaccess.h"
#include "kernel/time/virtual.h"

#define CR4_TSD (1ull << 2)

/* RDTSC and RDTSCP are for supervisors only (SDM volume 3, 2.5 "TSD"). A host that runs user mode itself does not look at our CR4; there
 * the VMM arranges for the same fault (vmm/arch/arch.h). */
static void refuse_counter(void)
{
	u64 cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_TSD) : "memory");
}

void arch_virtual_time(void)
{
	code_divert((u8 *)arch_counter_ns, virtual_clock_ns);
	code_divert((u8 *)arch_timer_arm, virtual_timer_arm);
	code_divert((u8 *)arch_idle, virtual_idle);
	irq_timer = virtual_alarm;
	refuse_counter();
}

void arch_take_interrupts(void)
{
	/* sti takes effect after the next instruction */
	__asm__ volatile("sti; nop; nop; cli" : : : "memory");
}

/* RDTSC is 0f 31, RDTSCP 0f 01 f9 with the number of the CPU in ecx. */
bool counter_read_emulate(struct arch_regs *r)
{
	u8 code[3] = {0};
	u64 counter;

	if (!virtual_time_on || copy_from_user(code, (const void __user *)r->rip, 2) || code[0] != 0x0f)
		return false;
	if (code[1] == 0x01 && (copy_from_user(&code[2], (const void __user *)(r->rip + 2), 1) || code[2] != 0xf9))
		return false;
	if (code[1] != 0x01 && code[1] != 0x31)
		return false;
	counter = virtual_counter_read();
	r->rip += code[1] == 0x01 ? 3 : 2;
	r->rax = (u32)counter;
	r->rdx = counter >> 32;
	if (code[1] == 0x01)
		r->rcx = 0;
	return true;
}
