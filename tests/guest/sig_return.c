/* rt_sigreturn(2): what a handler may change in its ucontext, what survives it, and a frame that is no good. */
#include "test.h"
#include <sys/time.h>
#include <ucontext.h>

static volatile int ran;

static void clobber(int sig)
{
	(void)sig;
	ran++;
#ifdef __x86_64__
	__asm__ volatile("pxor %%xmm0, %%xmm0\n\tpxor %%xmm7, %%xmm7\n\tpxor %%xmm15, %%xmm15\n\tfldz"
			 :
			 :
			 : "xmm0", "xmm7", "xmm15");
#endif
}

static void mask_changer(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	sigaddset(&((ucontext_t *)context)->uc_sigmask, SIGUSR2);
	sigaddset(&((ucontext_t *)context)->uc_sigmask, SIGKILL);
}

static void masks(void)
{
	struct sigaction a = {.sa_sigaction = mask_changer, .sa_flags = SA_SIGINFO};
	sigset_t now, empty;
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(sigismember(&now, SIGUSR2));
	CHECK(!sigismember(&now, SIGUSR1));
	CHECK(!sigismember(&now, SIGKILL));
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
}

#ifdef __x86_64__
static void skip(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	(void)sig;
	(void)info;
	u->uc_mcontext.gregs[REG_RIP] += 2; /* past ud2 */
	u->uc_mcontext.gregs[REG_RAX] = 77;
	u->uc_mcontext.gregs[REG_EFL] |= 0x3000;
}

static void registers(void)
{
	struct sigaction a = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
	unsigned long rax, flags, rbx = 0x1234;
	sigaction(SIGILL, &a, NULL);
	__asm__ volatile("ud2\n\tpushf\n\tpop %1" : "=a"(rax), "=r"(flags), "+b"(rbx) : "a"(1) : "memory");
	CHECK_EQ(rax, 77);
	CHECK_EQ(rbx, 0x1234);
	CHECK_EQ(flags & 0x3000, 0);
}

/* A periodic signal whose handler spoils the vector and x87 registers, against a computation in them. */
static void vectors(void)
{
	struct itimerval t = {{0, 2000}, {0, 2000}};
	long want = 0x0123456789abcdef, bad = 0;
	signal(SIGALRM, clobber);
	setitimer(ITIMER_REAL, &t, NULL);
	while (ran < 5) {
		long x0 = 0, x7 = 0, x15 = 0;
		__asm__ volatile("movq %3, %%xmm0\n\tmovq %3, %%xmm7\n\tmovq %3, %%xmm15\n\t"
				 "mov $20000, %%ecx\n1:\tdec %%ecx\n\tjnz 1b\n\t"
				 "movq %%xmm0, %0\n\tmovq %%xmm7, %1\n\tmovq %%xmm15, %2"
				 : "=&r"(x0), "=&r"(x7), "=&r"(x15)
				 : "r"(want)
				 : "ecx", "xmm0", "xmm7", "xmm15");
		bad += x0 != want || x7 != want || x15 != want;
	}
	memset(&t, 0, sizeof(t));
	setitimer(ITIMER_REAL, &t, NULL);
	CHECK_EQ(bad, 0);
}

static void bad_frame(void)
{
	int status;
	pid_t child = fork();
	if (!child) {
		signal(SIGSEGV, SIG_IGN);
		__asm__ volatile("mov %0, %%rsp\n\tsyscall" : : "r"(64l), "a"((long)SYS_rt_sigreturn) : "rcx", "r11", "memory");
		_exit(0);
	}
	waitpid(child, &status, 0);
	CHECK_EQ(status & 0x7f, SIGSEGV);
}
#endif

/* A handler whose frame finds no room: SIGSEGV; with a handler for that on a good stack, it runs. */
static void no_room(void)
{
#ifdef __x86_64__
	int status;
	pid_t child = fork();
	if (!child) {
		signal(SIGUSR1, clobber);
		pid_t self = getpid();
		__asm__ volatile("mov %2, %%rsp\n\tsyscall" : : "a"((long)SYS_kill), "D"((long)self), "r"(64l), "S"((long)SIGUSR1)
				 : "rcx", "r11", "memory");
		_exit(0);
	}
	waitpid(child, &status, 0);
	CHECK_EQ(status & 0x7f, SIGSEGV);
#endif
}

int main(void)
{
	masks();
#ifdef __x86_64__
	registers();
	vectors();
	bad_frame();
#endif
	no_room();
	DONE();
}
