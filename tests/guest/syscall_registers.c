/* A system call changes rax, rcx and r11 alone, and leaves the flags. */
#include "test.h"

static unsigned long in[8] = {1, 2, 3, 4, 5, 6, 7, 8}, out[8];

static long probe(long nr, unsigned long *flags)
{
	long ret;
	register unsigned long r8 __asm__("r8") = in[0];
	register unsigned long r9 __asm__("r9") = in[1];
	register unsigned long r10 __asm__("r10") = in[2];
	register unsigned long r12 __asm__("r12") = in[3];
	register unsigned long r15 __asm__("r15") = in[4];
	unsigned long rdi = in[5], rsi = in[6], rdx = in[7];
	__asm__ volatile("stc\n\tstd\n\tsyscall\n\tpushf\n\tpop %%rcx\n\tcld"
			 : "=a"(ret), "=&c"(*flags), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r12), "+r"(r15), "+D"(rdi), "+S"(rsi), "+d"(rdx)
			 : "a"(nr)
			 : "r11", "memory", "cc");
	out[0] = r8;
	out[1] = r9;
	out[2] = r10;
	out[3] = r12;
	out[4] = r15;
	out[5] = rdi;
	out[6] = rsi;
	out[7] = rdx;
	return ret;
}

static void check(long nr, const char *name)
{
	unsigned long flags;
	memset(out, 0, sizeof(out));
	long ret = probe(nr, &flags);
	say("%s: %s, registers %s, CF %lu DF %lu", name, ret < 0 ? "error" : "value",
	    memcmp(in, out, sizeof(in)) ? "changed" : "kept", flags & 1, flags >> 10 & 1);
}

int main(void)
{
	check(SYS_getppid, "getppid");
	check(SYS_sched_yield, "sched_yield");
	check(SYS_close, "close of no descriptor");
	check(900, "no such call");
	check(5000, "no such number");
	check(-1, "-1");
	CHECK_ERR(syscall(5000), ENOSYS);
	CHECK_ERR(syscall(-1), ENOSYS);
	DONE();
}
