#include "cpu.h"

#include "syscall/syscall.h"

/*
 * What the fast entries call: syscall_table, but for the handlers that want the whole frame; theirs goes through
 * syscall_full, so that the others need not be asked. Same idiom as guest/syscall/dispatch.c.
 */
extern const syscall_fn entry_table[SYSCALL_LIMIT + 1];
long syscall_full(long, long, long, long, long, long);

#define SLOT(a, b) (ARCH_SYSCALL_NR(a, b) == NONE ? SYSCALL_LIMIT : ARCH_SYSCALL_NR(a, b))

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-function-type"
#pragma GCC diagnostic ignored "-Woverride-init"

const syscall_fn entry_table[SYSCALL_LIMIT + 1] = {
	[0 ... SYSCALL_LIMIT] = (syscall_fn)sys_ni,
#define ROW(a, b, e, f, n, argc, ...) [SLOT(a, b)] = (f) & SYS_FULL_REGS ? syscall_full : (syscall_fn)sys_##n,
#include "syscall/expand.h"
};

#pragma GCC diagnostic pop
