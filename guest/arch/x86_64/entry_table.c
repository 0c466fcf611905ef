#include "cpu.h"

#include "syscall/syscall.h"

/* What PUSH_ARGUMENTS left (entry.S), below the number. */
struct saved_arguments {
	u64 r9, r8, r10, rdx, rsi, rdi, nr;
};

/*
 * What the fast entries call: syscall_table, but for the handlers that want the whole frame and for heavy ones; theirs goes through
 * syscall_full and syscall_heavy, so that the others need not be asked. Same idiom as guest/syscall/dispatch.c.
 */
extern const syscall_fn entry_table[SYSCALL_LIMIT + 1];
long syscall_full(long, long, long, long, long, long);
long syscall_heavy(long, long, long, long, long, long);
long syscall_run_heavy(const struct saved_arguments *s);
long syscall_run_full(struct arch_regs *r);

#define SLOT(a, b) (ARCH_SYSCALL_NR(a, b) == NONE ? SYSCALL_LIMIT : ARCH_SYSCALL_NR(a, b))
#define TARGET(f, fn) ((f) & SYS_FULL_REGS ? syscall_full : (f) & SYS_HEAVY ? syscall_heavy : (syscall_fn)(fn))

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-function-type"
#pragma GCC diagnostic ignored "-Woverride-init"

const syscall_fn entry_table[SYSCALL_LIMIT + 1] = {
	[0 ... SYSCALL_LIMIT] = (syscall_fn)sys_ni,
#define ROW(a, b, e, f, n, argc, ...) [SLOT(a, b)] = TARGET(f, sys_##n),
#include "syscall/expand.h"
};

/* Of the calls with a whole frame: is it heavy? */
static const bool full_and_heavy[SYSCALL_LIMIT + 1] = {
#define ROW(a, b, e, f, n, argc, ...) [SLOT(a, b)] = ((f) & SYS_HEAVY) != 0,
#include "syscall/expand.h"
};

#pragma GCC diagnostic pop

long syscall_run_heavy(const struct saved_arguments *s)
{
	bool heavy = arch_heavy_begin();
	long answer = syscall_table[s->nr]((long)s->rdi, (long)s->rsi, (long)s->rdx, (long)s->r10, (long)s->r8, (long)s->r9);

	arch_heavy_end(heavy);
	return answer;
}

long syscall_run_full(struct arch_regs *r)
{
	u64 nr = r->orig_rax;
	bool heavy = full_and_heavy[nr] && arch_heavy_begin();
	long answer = syscall_table[nr]((long)r->rdi, (long)r->rsi, (long)r->rdx, (long)r->r10, (long)r->r8, (long)r->r9);

	arch_heavy_end(heavy);
	return answer;
}
