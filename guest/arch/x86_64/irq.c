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

static void handle_vector(u64 vector)
{
	if (vector == VECTOR_TIMER)
		irq_timer();
	else if (vector >= BOOT_DEVICE_VECTOR)
		device_interrupt((unsigned int)(vector - BOOT_DEVICE_VECTOR));
}

/* A kick needs no handler: entering the kernel is its purpose, the work flags and the queue say why. */
void irq_dispatch(struct arch_regs *r)
{
	if (r->vector == VECTOR_SPURIOUS) /* SDM volume 3, 10.9: not to be acknowledged */
		return;
	cpu_table[arch_thread_info()->cpu].interrupts++;
	apic_eoi();
	handle_vector(r->vector);
}

#ifdef KERNEL_COVERAGE
static u64 deferred; /* a bit a vector */
_Static_assert(IDT_ENTRIES <= 64, "a bit a vector");

void irq_defer(struct arch_regs *r)
{
	struct thread_info *info = arch_thread_info();

	cpu_table[info->cpu].interrupts++;
	apic_eoi();
	deferred |= 1ull << r->vector;
	info->leave_by_supervisor = true;
	r->rflags &= ~(u64)RFLAGS_IF;
}

void irq_run_deferred(void)
{
	while (deferred) {
		unsigned int vector = (unsigned int)__builtin_ctzll(deferred);

		deferred &= deferred - 1;
		handle_vector(vector);
	}
}
#endif
