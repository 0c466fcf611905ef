/* sigaltstack(2). */
#include "test.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

static char stack[65536] __attribute__((aligned(16)));
static char other[65536] __attribute__((aligned(16)));
static volatile int on_stack, flags_inside, set_inside, errno_inside;

static long alt(const stack_t *new, stack_t *old)
{
	return syscall(SYS_sigaltstack, new, old);
}

static void handler(int sig)
{
	(void)sig;
	char here;
	stack_t s, try = {.ss_sp = other, .ss_size = sizeof(other)};
	on_stack = &here >= stack && &here < stack + sizeof(stack);
	alt(NULL, &s);
	flags_inside = s.ss_flags;
	errno = 0;
	set_inside = alt(&try, NULL);
	errno_inside = errno;
}

static void errors(void)
{
	stack_t s = {.ss_sp = stack, .ss_size = sizeof(stack)}, old;
	CHECK_EQ(alt(NULL, &old), 0);
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	CHECK_EQ(old.ss_size, 0);
	s.ss_flags = 4;
	CHECK_ERR(alt(&s, NULL), EINVAL);
	s.ss_flags = SS_ONSTACK | SS_DISABLE;
	CHECK_ERR(alt(&s, NULL), EINVAL);
	s.ss_flags = 0;
	s.ss_size = 2047;
	CHECK_ERR(alt(&s, NULL), ENOMEM);
	s.ss_size = 0;
	CHECK_ERR(alt(&s, NULL), ENOMEM);
	CHECK_ERR(alt(BAD_ADDRESS, NULL), EFAULT);
	CHECK_ERR(alt(NULL, BAD_ADDRESS), EFAULT);
	CHECK_EQ(alt(NULL, NULL), 0);
}

static void use(void)
{
	stack_t s = {.ss_sp = stack, .ss_size = sizeof(stack)}, old;
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	sigaction(SIGUSR1, &a, NULL);
	a.sa_flags = 0;
	sigaction(SIGUSR2, &a, NULL);
	CHECK_EQ(alt(&s, NULL), 0);
	CHECK_EQ(alt(NULL, &old), 0);
	CHECK(old.ss_sp == stack);
	CHECK_EQ(old.ss_flags, 0);
	CHECK_EQ(old.ss_size, sizeof(stack));
	raise(SIGUSR1);
	CHECK_EQ(on_stack, 1);
	CHECK_EQ(flags_inside, SS_ONSTACK);
	CHECK_EQ(set_inside, -1);
	CHECK_EQ(errno_inside, EPERM);
	raise(SIGUSR2);
	CHECK_EQ(on_stack, 0);
	CHECK_EQ(flags_inside, 0);
	CHECK_EQ(set_inside, 0); /* allowed: not in use */
	CHECK_EQ(alt(NULL, &old), 0);
	CHECK(old.ss_sp == stack); /* until the return puts back what the frame holds */
	s.ss_flags = SS_DISABLE;
	CHECK_EQ(alt(&s, &old), 0);
	CHECK_EQ(alt(NULL, &old), 0);
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	raise(SIGUSR1);
	CHECK_EQ(on_stack, 0);
}

static void autodisarm(void)
{
	stack_t s = {.ss_sp = stack, .ss_size = sizeof(stack), .ss_flags = (int)SS_AUTODISARM}, old;
	CHECK_EQ(alt(&s, NULL), 0);
	raise(SIGUSR1);
	CHECK_EQ(on_stack, 1);
	CHECK_EQ(flags_inside, SS_DISABLE);
	CHECK_EQ(set_inside, 0);
	CHECK_EQ(alt(NULL, &old), 0); /* the return put it back */
	CHECK(old.ss_sp == stack);
	CHECK_EQ(old.ss_flags, (int)SS_AUTODISARM);
}

/* A program that recurses without end can still tell. */
static int recurse(int n)
{
	volatile char room[4096];
	room[0] = n;
	if (n < 0)
		return 0;
	return recurse(n + 1) + room[0];
}

static void overflow_handler(int sig)
{
	_exit(sig == SIGSEGV ? 42 : 1);
}

static int overflow(bool with_altstack)
{
	int status;
	pid_t child = fork();
	if (!child) {
		stack_t s = {.ss_sp = stack, .ss_size = sizeof(stack), .ss_flags = with_altstack ? 0 : SS_DISABLE};
		struct sigaction a = {.sa_handler = overflow_handler, .sa_flags = SA_ONSTACK};
		sigaction(SIGSEGV, &a, NULL);
		alt(&s, NULL);
		_exit(recurse(0) & 1);
	}
	waitpid(child, &status, 0);
	return status;
}

int main(void)
{
	errors();
	use();
	autodisarm();
	CHECK_EQ(WEXITSTATUS(overflow(true)), 42);
	CHECK_EQ(overflow(false) & 0x7f, SIGSEGV);
	DONE();
}
