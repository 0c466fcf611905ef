#include "syscall.h"

#include "arch/arch.h"
#include "kernel/lib/log.h"
#include "kernel/task/task.h"
#include "kernel/task/trace.h"
#include "kernel/time/virtual.h"
#include "shared/abi/hypercall.h"

/* Rows by their number on this architecture; a row with none lands in the spare last entry. */
#define SLOT(a, b) (ARCH_SYSCALL_NR(a, b) == NONE ? SYSCALL_LIMIT : ARCH_SYSCALL_NR(a, b))

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-function-type"
#pragma GCC diagnostic ignored "-Woverride-init"

const syscall_fn syscall_table[SYSCALL_LIMIT + 1] = {
	[0 ... SYSCALL_LIMIT] = (syscall_fn)sys_ni,
#define ROW(a, b, e, f, n, argc, ...) [SLOT(a, b)] = (syscall_fn)sys_##n,
#include "expand.h"
};

const unsigned char syscall_flags[SYSCALL_LIMIT + 1] = {
#define ROW(a, b, e, f, n, argc, ...) [SLOT(a, b)] = (f),
#include "expand.h"
};

#pragma GCC diagnostic pop

long sys_ni(void)
{
	arch_hypercall(HC_UNKNOWN_SYSCALL, (u64)arch_regs_syscall(arch_task_regs(task_current())), 0, 0, 0);
	return -ENOSYS;
}

static long call_handler(long nr, const u64 arg[6])
{
	if (nr < 0 || nr >= SYSCALL_LIMIT)
		return sys_ni();
	bool heavy = syscall_flags[nr] & SYS_HEAVY && arch_heavy_begin();
	long answer =
		syscall_table[nr]((long)arg[0], (long)arg[1], (long)arg[2], (long)arg[3], (long)arg[4], (long)arg[5]);
	arch_heavy_end(heavy);
	return answer;
}

/* Is it what a program that waits for time to pass asks and is answered, again and again? */
static bool looks_like_waiting(long nr, long result)
{
	unsigned int flags = nr < 0 || nr >= SYSCALL_LIMIT ? 0 : syscall_flags[nr];

	return result == -EAGAIN || flags & SYS_CLOCK || (flags & SYS_POLL && !result);
}

/* A kernel for fuzzing takes hundreds of instructions for the checks of any call. */
#ifdef KERNEL_COVERAGE
#define SLOW_IS_HEAVY 1
#else
#define SLOW_IS_HEAVY 0
#endif

void syscall_slow(struct arch_regs *r)
{
	bool heavy = SLOW_IS_HEAVY && arch_heavy_begin();
	long nr = arch_regs_syscall(r);
	u64 arg[6];
	arch_regs_args(r, arg);
	if (virtual_time_on)
		virtual_call_enter();
	trace_syscall_enter(nr, arg);
	long result = call_handler(nr, arg);
	/* execve and sigreturn have replaced the frame: what they want in it stands there already */
	if (arch_regs_syscall(r) != -1)
		arch_regs_set_result(r, result);
	trace_syscall_exit(nr, arg, result);
	if (virtual_time_on)
		virtual_call_exit(looks_like_waiting(nr, result));
	arch_heavy_end(heavy);
}
