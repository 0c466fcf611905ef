/* Signals that the program's own faults bring: siginfo, and forced death when blocked or ignored. */
#include "test.h"
#include <setjmp.h>

static sigjmp_buf back;
static volatile int sig_seen, code_seen;
static void *volatile address_seen;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	sig_seen = sig;
	code_seen = info->si_code;
	address_seen = info->si_addr;
	siglongjmp(back, 1);
}

static void catch_all(void)
{
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	int sigs[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
	for (int i = 0; i < 5; i++)
		sigaction(sigs[i], &a, NULL);
}

#define FAULT(statement)                                                                        \
	do {                                                                                    \
		sig_seen = code_seen = 0;                                                       \
		if (!sigsetjmp(back, 1)) {                                                      \
			statement;                                                              \
		}                                                                               \
	} while (0)

static volatile int zero;

static void kinds(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FAULT(*(volatile char *)BAD_ADDRESS = 1);
	CHECK_EQ(sig_seen, SIGSEGV);
	CHECK_EQ(code_seen, SEGV_MAPERR);
	CHECK(address_seen == BAD_ADDRESS);
	mprotect(page, 4096, PROT_READ);
	FAULT(*(volatile char *)(page + 5) = 1);
	CHECK_EQ(sig_seen, SIGSEGV);
	CHECK_EQ(code_seen, SEGV_ACCERR);
	CHECK(address_seen == page + 5);
	mprotect(page, 4096, PROT_NONE);
	FAULT((void)*(volatile char *)page);
	CHECK_EQ(sig_seen, SIGSEGV);
	CHECK_EQ(code_seen, SEGV_ACCERR);
	FAULT(((void (*)(void))(page + 4096))());
	CHECK_EQ(sig_seen, SIGSEGV);
	CHECK_EQ(code_seen, SEGV_ACCERR);
#ifdef __x86_64__
	FAULT(__asm__ volatile("idivl %0" : : "m"(zero), "a"(1), "d"(0)));
	CHECK_EQ(sig_seen, SIGFPE);
	CHECK_EQ(code_seen, FPE_INTDIV);
	FAULT(__asm__ volatile("ud2"));
	CHECK_EQ(sig_seen, SIGILL);
	CHECK_EQ(code_seen, ILL_ILLOPN);
	FAULT(__asm__ volatile("hlt"));
	CHECK_EQ(sig_seen, SIGSEGV);
	CHECK_EQ(code_seen, SI_KERNEL);
	FAULT(__asm__ volatile("int3"));
	CHECK_EQ(sig_seen, SIGTRAP);
	CHECK_EQ(code_seen, SI_KERNEL);
#endif
	int fd = syscall(SYS_memfd_create, "short", 0);
	CHECK_EQ(ftruncate(fd, 100), 0);
	char *file = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	FAULT(file[4096] = 1);
	CHECK_EQ(sig_seen, SIGBUS);
	CHECK_EQ(code_seen, BUS_ADRERR);
	CHECK(address_seen == file + 4096);
}

static int die(int blocked, int ignored, int sent)
{
	int status;
	pid_t child = fork();
	if (!child) {
		sigset_t set;
		sigfillset(&set);
		if (blocked)
			sigprocmask(SIG_BLOCK, &set, NULL);
		if (ignored)
			signal(SIGSEGV, SIG_IGN);
		if (sent) {
			kill(getpid(), SIGSEGV);
			_exit(11);
		}
		*(volatile char *)BAD_ADDRESS = 1;
		_exit(12);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

int main(void)
{
	catch_all();
	kinds();
	CHECK_EQ(die(1, 0, 0), SIGSEGV);
	signal(SIGSEGV, SIG_DFL);
	CHECK_EQ(die(0, 0, 0), SIGSEGV);
	CHECK_EQ(die(0, 1, 0), SIGSEGV);
	CHECK_EQ(die(1, 1, 0), SIGSEGV);
	CHECK_EQ(die(0, 1, 1), 11); /* sent by kill it can be ignored and blocked */
	CHECK_EQ(die(1, 0, 1), 11);
	CHECK_EQ(die(0, 0, 1), SIGSEGV);
	DONE();
}
