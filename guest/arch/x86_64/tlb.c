/*
 * Translation caches. Another CPU that runs the address space is asked by interrupt and waited for; it answers from user mode
 * through the interrupt, which takes no lock, and from the wait for the kernel lock through arch_lock_spin(). Everybody
 * who waits here holds the kernel lock, so two CPUs never wait for each other.
 */
#include "cpu.h"

#include "kernel/mm/vm.h"
#include "kernel/task/sched.h"
#include "shared/abi/hypercall.h"

/* Up to here single pages are cheaper than everything. */
#define FLUSH_PAGES_MAX 16

void tlb_flush_requested(void)
{
	struct cpu_area *area = cpu_area_current();

	if (!__atomic_load_n(&area->flush_wanted, __ATOMIC_ACQUIRE))
		return;
	write_cr3(read_cr3());
	__atomic_store_n(&area->flush_wanted, 0, __ATOMIC_RELEASE);
}

/*
 * One turn of waiting for another CPU. Where its vCPU has no processor of the host, waiting longer is of no use:
 * then let somebody else run. An emulated turn takes 3 µs, a native one some 10 ns.
 */
static void wait_turn(unsigned int turns)
{
	if (turns % (supervisor_emulated ? 16 : 4096))
		arch_relax();
	else
		arch_hypercall(HC_YIELD, 0, 0, 0, 0);
}

void arch_lock_spin(unsigned int turns)
{
	tlb_flush_requested();
	wait_turn(turns);
}

static void flush_others(struct mm *mm)
{
	u64 others = mm->active_cpus & ~(1ull << arch_thread_info()->cpu);

	for (unsigned int cpu = 0; cpu < cpu_count; cpu++) {
		if (!(others >> cpu & 1))
			continue;
		__atomic_store_n(&cpu_areas[cpu].flush_wanted, 1, __ATOMIC_RELEASE);
		apic_send(cpu, VECTOR_FLUSH);
	}
	for (unsigned int cpu = 0, turns = 1; cpu < cpu_count; cpu++)
		while (others >> cpu & 1 && __atomic_load_n(&cpu_areas[cpu].flush_wanted, __ATOMIC_ACQUIRE))
			wait_turn(turns++);
}

static bool loaded_here(const struct mm *mm)
{
	return cpu_table[arch_thread_info()->cpu].mm == mm;
}

void arch_tlb_flush_range(struct mm *mm, vaddr start, vaddr end)
{
	if (end - start > FLUSH_PAGES_MAX * PAGE_SIZE) {
		arch_tlb_flush_mm(mm);
		return;
	}
	if (loaded_here(mm))
		for (vaddr va = start; va < end; va += PAGE_SIZE)
			invlpg(va);
	if (cpu_count > 1)
		flush_others(mm);
}

void arch_tlb_flush_mm(struct mm *mm)
{
	if (loaded_here(mm))
		arch_pgtable_switch(&mm->pgtable);
	if (cpu_count > 1)
		flush_others(mm);
}
