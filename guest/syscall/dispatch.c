#include "syscall.h"

#include "arch/arch.h"
#include "kernel/lib/log.h"
#include "kernel/task/task.h"
#include "kernel/task/trace.h"
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

const unsigned char syscall_full_regs[SYSCALL_LIMIT + 1] = {
#define ROW(a, b, e, f, n, argc, ...) [SLOT(a, b)] = (f) & SYS_FULL_REGS,
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
	return syscall_table[nr]((long)arg[0], (long)arg[1], (long)arg[2], (long)arg[3], (long)arg[4], (long)arg[5]);
}

void syscall_slow(struct arch_regs *r)
{
	long nr = arch_regs_syscall(r);
	u64 arg[6];
	arch_regs_args(r, arg);
	trace_syscall_enter(nr, arg);
	long result = call_handler(nr, arg);
	/* execve and sigreturn have replaced the frame: what they want in it stands there already */
	if (arch_regs_syscall(r) != -1)
		arch_regs_set_result(r, result);
	trace_syscall_exit(nr, arg, result);
}
