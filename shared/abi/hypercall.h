/*
 * The hypercall channel between the guest kernel and the VMM.
 *
 * x86_64: the kernel executes `out %eax, $HC_PORT` (one 32-bit write) with
 *	eax = call number (enum hypercall), rdi, rsi, rdx, r10 = arguments.
 *	The VMM answers in rax; no other register changes.
 * aarch64: a 32-bit store of the call number to the page at HC_MMIO_BASE with
 *	x0..x3 = arguments; the answer arrives in x0.
 *
 * Answers: a value >= 0, or a negative Linux errno. An unknown number answers
 * -ENOSYS. "gpa" is a guest-physical address in bytes; every range is checked
 * by the VMM against guest memory (base, length and their sum), and a bad range
 * answers -EFAULT without any effect. Lengths are in bytes.
 *
 * The version changes whenever an existing call changes meaning; new calls only
 * raise HC_COUNT.
 */
#ifndef MOTE_ABI_HYPERCALL_H
#define MOTE_ABI_HYPERCALL_H

#define HC_VERSION 1
#define HC_PORT 0xf4 /* below 0x100: an immediate operand, so that rdx stays an argument */
#define HC_MMIO_BASE 0x0fff0000

enum hypercall {
	/* (status): end the machine; status & 0xff is the exit status of `mote run`,
	 * already in shell form (128+N for signal N). Does not return. */
	HC_EXIT = 0,
	/* (gpa, len <= 4096): text of the kernel's early console and log. */
	HC_CONSOLE = 1,
	/* (gpa of struct hc_panic): the kernel found itself broken. The VMM prints the
	 * report, registers and a symbolised backtrace and ends with 125. Does not return. */
	HC_PANIC = 2,
	/* (dst gpa, src gpa, len): memmove of guest-physical memory. */
	HC_COPY = 3,
	/* (gpa, len): fill with zeros. */
	HC_CLEAR = 4,
	/* (root gpa, user address, gpa, len): copy user -> kernel through the page tables
	 * whose root is given. Answers the bytes copied before the first page that is not
	 * mapped for user reads (so 0..len). Never changes page tables. */
	HC_COPY_FROM_USER = 5,
	/* (root gpa, user address, gpa, len): copy kernel -> user; the same, and a page that
	 * is not mapped writable ends the copy. */
	HC_COPY_TO_USER = 6,
	/* (gpa of struct hc_time): read the host's clocks. */
	HC_TIME = 7,
	/* (cpu, entry virtual address, argument): start vCPU `cpu` (1..ncpus-1), stopped since
	 * boot, at entry with the boot page tables, interrupts off, the argument in the first
	 * argument register. -EINVAL for a bad cpu, -EBUSY when already started. */
	HC_CPU_START = 8,
	/* (gpa of struct trace_record): shared/abi/trace.h. */
	HC_TRACE = 9,
	/* (number): the kernel met an unimplemented system call; the VMM says it once with -v. */
	HC_UNKNOWN_SYSCALL = 10,
	/* (root gpa, user address, len): clear user memory; answers as HC_COPY_TO_USER. */
	HC_CLEAR_USER = 11,
	/* (): this vCPU waits for another one that may not be running: give the host's processor to somebody else. Answers 0. */
	HC_YIELD = 12,
	/* (enum ready_point, gpa of the program's registers or 0): the current task is about to go on in user mode and the machine may be
	 * remembered here (snapshots). Answers READY_GO or READY_EXEC, now and again after every reset to
	 * that snapshot. */
	HC_READY = 13,
	/* (gpa, len): the order that READY_EXEC announced, as much of it as fits, from its start: struct hc_order and its strings.
	 * Answers its whole length. */
	HC_ORDER = 14,
	/* (): machine_control.apply has made its stores. Does not return there. */
	HC_APPLIED = 15,
	/* (gpa, len <= 4096): the program marks an event; text for the host. Answers 0. */
	HC_EVENT = 16,
	/* (gpa, len, offset): copy the test's input from byte offset on. Answers the bytes copied, 0 at its end.
	 * (0, 0, 0): answers the input's size. */
	HC_INPUT = 17,
	/*
	 * (HC_IO_UNIT(device index, unit), n, errno, len): the n-th request to that device from now (1 =
	 * the next) fails with errno, or, errno 0, transfers at most len (>= 1) bytes; n 0 calls it off.
	 * One is pending at a time: the last asked for. unit: of a console 1 + its port
	 * (shared/abi/console.h), else 0; 0 of a console is standard output or error.
	 *	disk: EIO, EOPNOTSUPP; short: whole sectors of what fits into len are transferred, then it is EIO.
	 *	console output: EIO, ENOSPC, EPIPE, short. Standard input, entropy: short.
	 * -ENODEV: no such device or unit. -EINVAL: no errno for this device, or len 0. -EOPNOTSUPP: the
	 * device cannot do that.
	 */
	HC_IO_FAULT = 18,
	/* (on): coverage of the kernel begins or ends. -EOPNOTSUPP: this kernel has none. */
	HC_COVERAGE = 19,
	/* (enum debug_trap, gpa of the program's registers, root gpa, gpa of its executable's name or 0): a program met a trap that may be
	 * the debugger's, or goes on. Only with BOOT_DEBUGGER. Answers enum debug_answer: shared/abi/debug.h. */
	HC_DEBUG_TRAP = 20,
	/* (gpa, len, offset): the file that goes with an order (ORDER_FILE), from byte offset on, as much as fits. Answers the bytes
	 * copied, 0 at its end, or why it cannot be read. */
	HC_ORDER_FILE = 21,
	/* (enum fuzz_area, page of it, gpa): that page of guest memory is to be the area's (shared/abi/fuzz.h): the VMM puts memory that it
	 * shares with others behind it, which resets leave alone. What stood there is lost. -EINVAL: no such page; -EOPNOTSUPP: nobody
	 * fuzzes here. */
	HC_FUZZ_SHARE = 22,
	/* (enum fuzz_stage): a fuzzed program has come to that stage. The machine is reset or goes on: answers 0. */
	HC_FUZZ_END = 23,
	HC_COUNT
};

enum ready_point {
	READY_PROGRAM = 0, /* PROGRAM's first instruction comes next */
	READY_ASKED = 1,   /* a program asked through /dev/mote */
	READY_START = 2,   /* nothing was executed yet (BOOT_READY_START); READY_GO executes PROGRAM */
};

enum ready_answer {
	READY_GO = 0,
	READY_EXEC = 1, /* fetch HC_ORDER and execute that program in place of this one */
};

/* Followed by NUL-terminated strings: path, cwd, argv[0..argc-1], envp[0..envc-1]. */
struct hc_order {
	unsigned int size; /* bytes of it all */
	unsigned int argc, envc;
	unsigned int flags; /* enum order_flag */
};
enum order_flag {
	ORDER_READY = 1 << 0, /* say HC_READY again before its first instruction */
	ORDER_FIXED_LAYOUT = 1 << 1, /* addresses are not randomised: personality(2), ADDR_NO_RANDOMIZE */
	ORDER_FILE = 1 << 2,	     /* path is to be made of what HC_ORDER_FILE hands out, mode 0755, in place of what is there */
};
_Static_assert(sizeof(struct hc_order) == 16, "hc_order layout");


struct hc_time {
	unsigned long long realtime_ns; /* CLOCK_REALTIME of the host */
	unsigned long long counter;	/* the guest's own counter at that moment */
};
_Static_assert(sizeof(struct hc_time) == 16, "hc_time layout");

#define HC_PANIC_FRAMES 32
struct hc_panic {
	unsigned long long message_gpa; /* UTF-8 text, not NUL-terminated */
	unsigned long long message_len;
	unsigned long long cpu;
	unsigned long long frame_count; /* return addresses, innermost first */
	unsigned long long frame[HC_PANIC_FRAMES];
	unsigned long long reg_count; /* 0, or 18 on x86_64: rax rbx rcx rdx rsi rdi rbp rsp
					 r8..r15 rip rflags of the faulting context */
	unsigned long long reg[34];
};
_Static_assert(sizeof(struct hc_panic) == 8 * (5 + HC_PANIC_FRAMES + 34), "hc_panic layout");

#define HC_IO_UNIT(device, unit) ((device) | (unit) << 8)

#endif
