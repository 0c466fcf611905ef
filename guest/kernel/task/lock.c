/*
 * The kernel lock: a ticket spinlock, so that no CPU starves. Untouched on a machine with one CPU.
 */
#include "kernel/task/sched.h"

#include "arch/arch.h"

struct kernel_lock kernel_lock_state;

void kernel_lock_wait(u32 mine)
{
	for (unsigned int turns = 1;
	     __atomic_load_n(&kernel_lock_state.serving, __ATOMIC_ACQUIRE) != mine; turns++)
		arch_lock_spin(turns);
}

void kernel_lock(void)
{
	if (cpu_count > 1)
		kernel_lock_wait(
			__atomic_fetch_add(&kernel_lock_state.ticket, 1, __ATOMIC_RELAXED));
}

void kernel_unlock(void)
{
	if (cpu_count > 1)
		__atomic_store_n(&kernel_lock_state.serving, kernel_lock_state.serving + 1,
				 __ATOMIC_RELEASE);
}
