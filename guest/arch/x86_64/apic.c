/* The local APIC in memory-mapped mode: SDM volume 3, chapter 10. */
#include "cpu.h"

#include "shared/abi/boot.h"

enum apic_register {
	APIC_ID = 0x20,
	APIC_EOI = 0xb0,
	APIC_SPURIOUS = 0xf0,
	APIC_COMMAND_LOW = 0x300,
	APIC_COMMAND_HIGH = 0x310,
	APIC_TIMER = 0x320,
	APIC_LINT0 = 0x350,
	APIC_TIMER_COUNT = 0x380,
	APIC_TIMER_DIVIDE = 0x3e0,
};

#define APIC_SOFTWARE_ENABLE (1u << 8)
#define APIC_MASKED (1u << 16)
#define APIC_TIMER_DEADLINE (2u << 17)
#define APIC_DIVIDE_BY_1 0xb
#define CPUID1_ECX_TSC_DEADLINE (1u << 24)

/* KVM's APIC timer counts in nanoseconds unless told otherwise (KVM_CAP_X86_APIC_BUS_CYCLES_NS). */
#define COUNT_MAX 0xffffffffull

static bool have_deadline;

static volatile u32 *apic_register(enum apic_register reg)
{
	return (volatile u32 *)(BOOT_DIRECT_MAP_BASE + BOOT_APIC_BASE + reg);
}

void apic_eoi(void)
{
	*apic_register(APIC_EOI) = 0;
}

void apic_enable(void)
{
	struct cpu_area *area = cpu_area_current();
	u32 a, b, c, d;

	if (area->apic_ready)
		return;
	area->apic_ready = true;
	cpuid(1, &a, &b, &c, &d);
	have_deadline = c & CPUID1_ECX_TSC_DEADLINE;
	*apic_register(APIC_SPURIOUS) = APIC_SOFTWARE_ENABLE | VECTOR_SPURIOUS;
	*apic_register(APIC_LINT0) = APIC_MASKED;
	*apic_register(APIC_TIMER_DIVIDE) = APIC_DIVIDE_BY_1;
	*apic_register(APIC_TIMER) = VECTOR_TIMER | (have_deadline ? APIC_TIMER_DEADLINE : 0);
}

/* APIC ids are the CPU numbers: the VMM makes vCPU n with id n. */
void apic_send(unsigned int cpu, unsigned int vector)
{
	*apic_register(APIC_COMMAND_HIGH) = cpu << 24;
	*apic_register(APIC_COMMAND_LOW) = vector;
}

void arch_cpu_kick(unsigned int cpu)
{
	apic_send(cpu, VECTOR_KICK);
}

/* A deadline that has passed fires at once; 0 would disarm. */
static void arm_deadline(u64 deadline_ns)
{
	wrmsr(MSR_TSC_DEADLINE, deadline_ns == ~0ull ? 0 : counter_from_ns(deadline_ns));
}

static void arm_count(u64 deadline_ns)
{
	u64 now = arch_counter_ns();
	u64 count = deadline_ns > now ? deadline_ns - now : 1;

	*apic_register(APIC_TIMER_COUNT) = deadline_ns == ~0ull ? 0 : (u32)MIN(count, COUNT_MAX);
}

void arch_host_alarm(u64 ns)
{
	apic_enable();
	if (have_deadline)
		wrmsr(MSR_TSC_DEADLINE, arch_counter() + counter_ticks(ns));
	else
		*apic_register(APIC_TIMER_COUNT) = (u32)MIN(ns, COUNT_MAX);
}

DIVERTED void arch_timer_arm(u64 deadline_ns)
{
	apic_enable();
	if (have_deadline)
		arm_deadline(deadline_ns);
	else
		arm_count(deadline_ns);
}
