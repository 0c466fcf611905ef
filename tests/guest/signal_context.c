/* The signal frame on x86_64: registers survive a handler, the handler can change them, and nonsense in the frame is refused. */
#include "test.h"
#include <setjmp.h>
#include <ucontext.h>

static volatile int runs;
static ucontext_t seen;
static volatile bool aligned_fp, clean_flags;

static void count(int sig, siginfo_t *info, void *context)
{
	(void)info;
	runs++;
	seen = *(ucontext_t *)context;
	aligned_fp = !((unsigned long)seen.uc_mcontext.fpregs & 15);
	unsigned long flags;
	__asm__ volatile("pushf\n\tpop %0" : "=r"(flags));
	clean_flags = !(flags & 0x400);
	/* spoil what the caller must not see spoiled */
	__asm__ volatile("pxor %%xmm0, %%xmm0\n\tpxor %%xmm7, %%xmm7\n\tpxor %%xmm15, %%xmm15\n\tfninit\n\txor %%ecx, %%ecx" : : : "rcx", "xmm0", "xmm7", "xmm15");
	(void)sig;
}

/* kill(2) of itself between two readings of the registers, with the direction flag set. */
static void registers_survive(void)
{
	unsigned long rbx = 0xb0b0, r12 = 0xc0c0, r8 = 0x8080;
	long pid = getpid();
	unsigned long x[2] = {0x1111222233334444, 0x5555666677778888}, y[2] = {0, 0};
	register unsigned long r8r __asm__("r8") = r8;
	register unsigned long r12r __asm__("r12") = r12;
	long ret;
	__asm__ volatile("movdqu %5, %%xmm7\n\tstd\n\tmov $62, %%eax\n\tsyscall\n\tpushf\n\tpop %%rcx\n\tcld\n\tmovdqu %%xmm7, %4"
			 : "=&a"(ret), "+b"(rbx), "+r"(r8r), "+r"(r12r), "=m"(y)
			 : "m"(x), "D"(pid), "S"((long)SIGUSR1)
			 : "rcx", "r11", "xmm7", "memory", "cc");
	r8 = r8r;
	r12 = r12r;
	CHECK_EQ(ret, 0);
	CHECK_EQ(runs, 1);
	CHECK(rbx == 0xb0b0 && r8 == 0x8080 && r12 == 0xc0c0);
	CHECK(y[0] == x[0] && y[1] == x[1]);
	CHECK(clean_flags);
	CHECK(aligned_fp);
	CHECK((seen.uc_mcontext.gregs[REG_EFL] & 0x400) != 0);
}

static void edit(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[REG_RBX] = 0x77;
	uc->uc_mcontext.gregs[REG_RIP] += 2;
	uc->uc_mcontext.gregs[REG_EFL] |= 0x3000 | 1; /* IOPL is not ours to give */
	uc->uc_mcontext.fpregs->_xmm[3].element[0] = 0xabcd;
	sigaddset(&uc->uc_sigmask, SIGUSR2);
}

static void handler_edits(void)
{
	struct sigaction sa = {.sa_sigaction = edit, .sa_flags = SA_SIGINFO};
	unsigned long rbx = 1, flags;
	unsigned int x3;
	sigset_t mask;
	sigaction(SIGILL, &sa, NULL);
	__asm__ volatile("ud2\n\tpushf\n\tpop %1\n\tmovd %%xmm3, %2"
			 : "+b"(rbx), "=r"(flags), "=r"(x3) : : "xmm3", "memory", "cc");
	CHECK_EQ(rbx, 0x77);
	CHECK_EQ(x3, 0xabcd);
	CHECK_EQ(flags & 0x3001, 1);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	CHECK(sigismember(&mask, SIGUSR2) == 1);
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

static sigjmp_buf back;
static volatile int code;
static void segv(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	code = info->si_code;
	siglongjmp(back, 1);
}
static volatile unsigned long wild;
static void go_wild(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (greg_t)wild;
}

static void bad_addresses(void)
{
	struct sigaction sa = {.sa_sigaction = segv, .sa_flags = SA_SIGINFO};
	sigaction(SIGSEGV, &sa, NULL);
	sa.sa_sigaction = go_wild;
	sigaction(SIGUSR2, &sa, NULL);
	static const unsigned long where[] = {8, 0x8000000000000000, 0xffffffff80000000};
	for (int i = 0; i < 3; i++) {
		wild = where[i];
		code = 0;
		if (!sigsetjmp(back, 1))
			raise(SIGUSR2);
		say("rip %#lx: SIGSEGV code %d", where[i], code);
	}
	/* a stack that cannot hold the frame ends the process */
	pid_t child = fork();
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		kill(getpid(), 0);
		__asm__ volatile("mov $8, %%rsp\n\tmov $39, %%eax\n\tsyscall\n\tmov %%eax, %%edi\n\tmov $10, %%esi\n\tmov $62, %%eax\n\tsyscall" : : : "memory");
	}
	int status = 0;
	waitpid(child, &status, 0);
	say("no stack: status %d", WTERMSIG(status));
	child = fork();
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		__asm__ volatile("mov $8, %%rsp\n\tmov $15, %%eax\n\tsyscall" : : : "memory");
	}
	waitpid(child, &status, 0);
	say("sigreturn without a frame: status %d", WTERMSIG(status));
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = count, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &sa, NULL);
	registers_survive();
	CHECK_EQ(seen.uc_mcontext.gregs[REG_RAX], 0);
	CHECK_EQ(seen.uc_mcontext.gregs[REG_CSGSFS] & 0xffff, 0x33);
	handler_edits();
	bad_addresses();
	DONE();
}
