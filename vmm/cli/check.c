#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "arch/arch.h"
#include "host.h"
#include "mote.h"

/* Above this many times a user instruction, the supervisor is not run by the processor. */
#define EMULATED_RATIO 30

static void line(const char *what, double us)
{
	printf("  %-46s %10.3f us\n", what, us);
}

static void print_floors(const struct host_floors *f)
{
	printf("\nmeasured on one vCPU, medians:\n");
	line("create a machine", f->create_vm);
	line("give it 256 MiB", f->memslot);
	line("create a vCPU", f->vcpu);
	line("take it all down", f->teardown);
	line("supervisor -> mote -> supervisor (out)", f->exit_round_trip);
	line("register instruction in the supervisor", f->supervisor_insn);
	printf("  %-46s %10.3f ns\n", "register instruction in user mode", f->user_insn * 1e3);
	line("user -> supervisor -> user, undefined opcode", f->trap_round_trip);
	line("user -> supervisor -> user, system call", f->syscall_round_trip);
}

static void print_advice(const struct host_floors *f, bool emulated)
{
	printf("\nwhat to expect:\n");
	printf("  A run costs about %.1f ms before the program's own time.\n",
	       (f->create_vm + f->memslot + f->vcpu + f->teardown) / 1e3);
	if (emulated)
		printf("  Computing in user mode runs at full speed. System calls, page faults, "
		       "fork and exec are slow, %.0f us and\n"
		       "  more each: KVM here emulates the guest's kernel, one instruction at a "
		       "time. Programs that make\n"
		       "  many small system calls suffer most; larger reads and writes help.\n",
		       f->syscall_round_trip);
	else
		printf("  Nothing is slow by nature: user and kernel code both run on the "
		       "processor; devices cost %.1f us an exit.\n",
		       f->exit_round_trip);
}

static int print_help(void)
{
	printf("usage: mote check\n\nSays what this host offers: whether KVM works (or what to do "
	       "about it), whether it\n"
	       "runs the guest's kernel natively or emulates it, what the basic operations cost, "
	       "and what will be slow.\n");
	return 0;
}

int cmd_check(int argc, char **argv)
{
	struct host_floors f;
	struct utsname host;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return print_help();
	if (argc > 1) {
		mote_error("mote check takes no argument '%s'", argv[1]);
		return MOTE_FAILED;
	}
	if (host_measure(&f))
		return MOTE_FAILED;
	bool emulated = f.supervisor_insn > EMULATED_RATIO * f.user_insn;

	uname(&host);
	printf("host:       %s %s, %s\n", host.sysname, host.release, host.machine);
	printf("KVM:        works\n");
	printf("supervisor: %s (measured: %.0f times the cost of user code)\n",
	       emulated ? "emulated by software" : "native, run by the processor",
	       f.supervisor_insn / f.user_insn);
	if (emulated != arch_supervisor_emulated())
		printf("            mote takes it for %s by its look; MOTE_EMULATED=%d corrects "
		       "that\n",
		       emulated ? "native" : "emulated", emulated);
	print_floors(&f);
	print_advice(&f, emulated);
	return 0;
}
