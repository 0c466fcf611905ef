/* For the tests of memory calls: probing addresses, raw calls, files to map. */
#ifndef TESTS_GUEST_MEMORY_H
#define TESTS_GUEST_MEMORY_H

#include <setjmp.h>
#include "test.h"

#define PG 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf probe_jump;
static volatile int probe_signal, probe_code;

__attribute__((unused)) static void probe_handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	probe_signal = sig;
	probe_code = info->si_code;
	siglongjmp(probe_jump, 1);
}

__attribute__((unused)) static void probe_init(void)
{
	struct sigaction sa = {.sa_sigaction = probe_handler, .sa_flags = SA_SIGINFO};

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

/* What a load, a store answers: 0, or signal * 100 + si_code. */
__attribute__((unused)) static int load(const void *p)
{
	if (sigsetjmp(probe_jump, 1))
		return probe_signal * 100 + probe_code;
	(void)*(volatile const unsigned char *)p;
	return 0;
}

__attribute__((unused)) static int store(void *p, int value)
{
	if (sigsetjmp(probe_jump, 1))
		return probe_signal * 100 + probe_code;
	*(volatile unsigned char *)p = value;
	return 0;
}

#define MAPERR (SIGSEGV * 100 + SEGV_MAPERR)
#define ACCERR (SIGSEGV * 100 + SEGV_ACCERR)
#define BUSERR (SIGBUS * 100 + BUS_ADRERR)

/* Pages of anonymous memory. */
__attribute__((unused)) static unsigned char *pages(size_t n)
{
	void *p = mmap(NULL, n * PG, RW, ANON, -1, 0);

	if (p == MAP_FAILED) {
		say("FAIL mmap of %zu pages", n);
		_exit(1);
	}
	return p;
}

/* A file of n pages; page i is full of the byte i + 1. */
__attribute__((unused)) static int file_of(size_t n)
{
	int fd = memfd_create("test", 0);
	unsigned char page[PG];

	for (size_t i = 0; i < n; i++) {
		memset(page, i + 1, PG);
		if (write(fd, page, PG) != (ssize_t)PG) {
			say("FAIL write of page %zu", i);
			_exit(1);
		}
	}
	return fd;
}

/* Exit status of a child that runs fn, or 1000 + the signal that killed it. */
__attribute__((unused)) static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

#define RAW_MMAP(addr, len, prot, flags, fd, off) syscall(SYS_mmap, addr, len, prot, flags, fd, off)

#endif
