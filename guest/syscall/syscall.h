/* Prototypes of all handlers, from table.def: `long sys_NAME(arguments)`, value or -errno. */
#ifndef GUEST_SYSCALL_SYSCALL_H
#define GUEST_SYSCALL_SYSCALL_H

#include "kernel/lib/types.h"
#include "kinds.h"

#define X(kind, type) typedef type kind_##kind;
SYSCALL_KINDS(X)
#undef X

#define SYSCALL0(a, b, e, f, n) long sys_##n(void);
#define SYSCALL1(a, b, e, f, n, k0, n0) long sys_##n(kind_##k0 n0);
#define SYSCALL2(a, b, e, f, n, k0, n0, k1, n1) long sys_##n(kind_##k0 n0, kind_##k1 n1);
#define SYSCALL3(a, b, e, f, n, k0, n0, k1, n1, k2, n2) \
	long sys_##n(kind_##k0 n0, kind_##k1 n1, kind_##k2 n2);
#define SYSCALL4(a, b, e, f, n, k0, n0, k1, n1, k2, n2, k3, n3) \
	long sys_##n(kind_##k0 n0, kind_##k1 n1, kind_##k2 n2, kind_##k3 n3);
#define SYSCALL5(a, b, e, f, n, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4) \
	long sys_##n(kind_##k0 n0, kind_##k1 n1, kind_##k2 n2, kind_##k3 n3, kind_##k4 n4);
#define SYSCALL6(a, b, e, f, n, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4, k5, n5)               \
	long sys_##n(kind_##k0 n0, kind_##k1 n1, kind_##k2 n2, kind_##k3 n3, kind_##k4 n4,    \
		     kind_##k5 n5);
#define REFUSED(a, b, e, n, err)
#define ABSENT(a, b, e, n)
#include "table.def"
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6
#undef REFUSED
#undef ABSENT

/*
 * Dispatch tables, one per architecture's numbering: entry code indexes syscall_table for numbers
 * below SYSCALL_LIMIT, whose entries are never NULL (sys_ni for holes); syscall_flags[nr] are the row's
 * SYS_ flags.
 */
#define SYSCALL_LIMIT 1024
typedef long (*syscall_fn)(long, long, long, long, long, long);
extern const syscall_fn syscall_table[SYSCALL_LIMIT + 1]; /* the last entry is spare */
extern const unsigned char syscall_flags[SYSCALL_LIMIT + 1];
/* Holes: says so to the VMM (-v) and answers -ENOSYS. */
long sys_ni(void);
/* Slow entry path (tracing, virtual time, or number out of range): whole dispatch in C, result in the frame. */
struct arch_regs;
void syscall_slow(struct arch_regs *r);

#endif
