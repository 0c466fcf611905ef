#include "kernel/task/trace.h"

#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "shared/abi/boot.h"
#include "shared/abi/hypercall.h"
#include "shared/abi/trace.h"

bool trace_on;

void trace_init(const struct boot_info *info)
{
	trace_on = info->flags & BOOT_TRACE;
}

/* The VMM has copied what it needs when the hypercall returns, so the stack will do. */
static void trace_send(struct trace_record *rec)
{
	struct task *t = task_current();
	rec->tid = (unsigned int)task_tid(t);
	rec->root = t->mm ? t->mm->pgtable.root : 0;
	rec->time_ns = clock_monotonic_ns();
	arch_hypercall(HC_TRACE, virt_to_phys(rec), 0, 0, 0);
}

void trace_syscall_enter(long nr, const u64 arg[6])
{
	if (!trace_on)
		return;
	/* The VMM reads only what is in memory; after a successful execve the name is gone. */
	if (nr == ARCH_SYSCALL_NR(59, 221))
		strnlen_user((const char __user *)arg[0], 4096);
	struct trace_record rec = {.kind = TRACE_ENTER, .nr = (u64)nr};
	for (int i = 0; i < 6; i++)
		rec.arg[i] = arg[i];
	trace_send(&rec);
}

void trace_syscall_exit(long nr, const u64 arg[6], long result)
{
	if (!trace_on)
		return;
	struct trace_record rec = {.kind = TRACE_EXIT, .nr = (u64)nr, .ret = result};
	for (int i = 0; i < 6; i++)
		rec.arg[i] = arg[i];
	trace_send(&rec);
}

void trace_signal(const siginfo_t *info)
{
	if (!trace_on)
		return;
	struct trace_record rec = {.kind = TRACE_SIGNAL, .nr = (u64)info->si_signo};
	rec.arg[0] = (u64)(s64)info->si_code;
	rec.arg[1] = info->si_code > 0 && info->si_signo != SIGCHLD ? (u64)info->si_addr : (u64)info->si_pid;
	trace_send(&rec);
}

void trace_exited(int status)
{
	if (!trace_on)
		return;
	struct trace_record rec = {.kind = TRACE_EXITED, .nr = (u64)status};
	trace_send(&rec);
}
