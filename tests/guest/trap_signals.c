/* What each processor exception becomes: signal, si_code, and whether si_addr is the instruction or the datum. */
#include "test.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile int sig, code;
static void *volatile addr;
static volatile greg_t pc;

static void handler(int s, siginfo_t *info, void *context)
{
	sig = s;
	code = info->si_code;
	addr = info->si_addr;
	pc = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	siglongjmp(back, 1);
}

/* Run the statement, which traps, and print what came; at: what si_addr should be, or NULL. */
#define TRAP(text, at, ...)                                                                     \
	do {                                                                                    \
		sig = 0;                                                                        \
		if (!sigsetjmp(back, 1)) {                                                      \
			__VA_ARGS__;                                                            \
		}                                                                               \
		say("%s: signal %d code %d addr %s", text, sig, code,                           \
		    addr == (void *)pc ? "instruction" : addr == (void *)(at) ? "expected" : "other"); \
	} while (0)

int main(void)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
	int fd = open("/tmp/trap_signals", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *file = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *page = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(page, 8192, PROT_READ);
	munmap(page + 4096, 4096);
	volatile int zero = 0;
	unsigned int strict = 0x1f80 & ~0x200u, normal = 0x1f80;
	float one = 1, f = 0;

	TRAP("ud2", 0, __asm__ volatile("ud2"));
	TRAP("int3", 0, __asm__ volatile("int3"));
	TRAP("integer division by zero", 0, __asm__ volatile("divl %0" : : "m"(zero), "a"(1), "d"(0) : "cc"));
	TRAP("hlt", 0, __asm__ volatile("hlt"));
	TRAP("cli", 0, __asm__ volatile("cli"));
	TRAP("in", 0, __asm__ volatile("in $0x20, %%al" : : : "rax"));
	TRAP("load from page 0", 8, *(volatile int *)BAD_ADDRESS);
	TRAP("store to page 0", 8, *(volatile int *)BAD_ADDRESS = 1);
	TRAP("jump to page 0", 8, ((void (*)(void))BAD_ADDRESS)());
	TRAP("load behind a mapping", page + 4096, *(volatile char *)(page + 4096));
	TRAP("store to a read-only page", page + 5, page[5] = 1);
	TRAP("load, then store to it", page + 5, *(volatile char *)page; page[5] = 1);
	TRAP("jump to a page without PROT_EXEC", page, ((void (*)(void))page)());
	TRAP("load from PROT_NONE", none, *(volatile char *)none);
	TRAP("load from the kernel", 0xffff888000000000, *(volatile char *)0xffff888000000000);
	TRAP("load from no address", 0, *(volatile char *)0x8888000000000000);
	TRAP("load behind the end of a file", file, *(volatile char *)file);
	TRAP("SSE division by zero", 0,
	     __asm__ volatile("ldmxcsr %2\n\tdivss %1, %0" : "+x"(one) : "x"(f), "m"(strict)));
	__asm__ volatile("ldmxcsr %0" : : "m"(normal));
	unsigned short strict87 = 0x37f & ~4;
	TRAP("x87 division by zero", 0,
	     __asm__ volatile("fldcw %0\n\tfld1\n\tfldz\n\tfdivrp\n\tfwait" : : "m"(strict87)));
	__asm__ volatile("fninit");
	unlink("/tmp/trap_signals");
	DONE();
}
