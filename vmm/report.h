/*
 * Reports on a guest that broke: what happened, registers, instruction bytes and a symbolised
 * backtrace, all on stderr in one piece; then the machine ends with MOTE_FAILED.
 */
#ifndef MOTE_REPORT_H
#define MOTE_REPORT_H

#include "shared/abi/hypercall.h"

struct vcpu;

/* v cannot go on: "the guest kernel" and the text. Called on v's thread. */
void report_guest_broken(struct vcpu *v, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The kernel's own report (HC_PANIC); p is the VMM's copy, nothing in it is trusted. */
void report_panic(struct vcpu *v, const struct hc_panic *p);

#endif
