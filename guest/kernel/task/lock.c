/* The kernel lock: a ticket spinlock, so that no CPU starves. Untouched on a machine with one CPU. */
#include "kernel/task/sched.h"

#include "arch/arch.h"

static u32 lock_ticket, lock_serving;

void kernel_lock(void)
{
	if (cpu_count == 1)
		return;
	u32 mine = __atomic_fetch_add(&lock_ticket, 1, __ATOMIC_RELAXED);
	for (unsigned int turns = 1; __atomic_load_n(&lock_serving, __ATOMIC_ACQUIRE) != mine; turns++)
		arch_lock_spin(turns);
}

void kernel_unlock(void)
{
	if (cpu_count == 1)
		return;
	__atomic_store_n(&lock_serving, lock_serving + 1, __ATOMIC_RELEASE);
}
