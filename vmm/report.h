/*
 * Reports on a guest that broke: what happened, registers, instruction bytes and a symbolised backtrace. They go to stderr in one piece,
 * or to whoever wants them as they are (machine.on_report); then the machine ends with MOTE_FAILED.
 */
#ifndef MOTE_REPORT_H
#define MOTE_REPORT_H

#include <stdbool.h>

#include "arch/arch.h"
#include "shared/abi/hypercall.h"

struct machine;
struct vcpu;

#define REPORT_MESSAGE 4096
#define REPORT_CODE    16

struct report {
	bool panic; /* the kernel said so itself; else it did what none may do */
	char message[REPORT_MESSAGE];
	unsigned long long cpu;
	unsigned long long reg[ARCH_MAX_REGS];
	unsigned int reg_count; /* 0: unknown */
	/* Return addresses, innermost first. */
	unsigned long long frame[HC_PANIC_FRAMES];
	unsigned int frame_count;
	/* Not of a panic: */
	bool user;
	unsigned long long root, fault_address;
	unsigned char code[REPORT_CODE];
	unsigned int code_len;
};

/* v cannot go on: "the guest kernel" and the text. Called on v's thread. */
void report_guest_broken(struct vcpu *v, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The kernel's own report (HC_PANIC); p is the VMM's copy, nothing in it is trusted. */
void report_panic(struct vcpu *v, const struct hc_panic *p);

/* What v stands at, parked or in its own thread: all of *r but message and panic. */
void report_fill(struct report *r, struct vcpu *v);
/* Print it; lines: with the lines of source, which start addr2line(1). */
void report_print(const struct machine *m, const struct report *r, bool lines);

#endif
