/* Interrupts by vector. */
#include "cpu.h"

#include "kernel/lib/log.h"
#include "kernel/task/sched.h"
#include "shared/abi/boot.h"

static struct {
	void (*fn)(void *arg);
	void *arg;
} device_handler[BOOT_MAX_DEVICES];

_Static_assert(BOOT_DEVICE_VECTOR + BOOT_MAX_DEVICES <= IDT_ENTRIES, "vectors beyond the table");

void arch_irq_register(unsigned int vector, void (*fn)(void *arg), void *arg)
{
	unsigned int i = vector - BOOT_DEVICE_VECTOR;

	BUG_ON(i >= BOOT_MAX_DEVICES);
	apic_enable();
	device_handler[i].arg = arg;
	device_handler[i].fn = fn;
}

void (*irq_timer)(void) = timer_interrupt;

static void device_interrupt(unsigned int i)
{
	if (i < BOOT_MAX_DEVICES && device_handler[i].fn)
		device_handler[i].fn(device_handler[i].arg);
}

/* A kick needs no handler: entering the kernel is its purpose, the work flags and the queue say why. */
void irq_dispatch(struct arch_regs *r)
{
	if (r->vector == VECTOR_SPURIOUS) /* SDM volume 3, 10.9: not to be acknowledged */
		return;
	cpu_table[arch_thread_info()->cpu].interrupts++;
	apic_eoi();
	if (r->vector == VECTOR_TIMER)
		irq_timer();
	else if (r->vector >= BOOT_DEVICE_VECTOR)
		device_interrupt((unsigned int)(r->vector - BOOT_DEVICE_VECTOR));
}
