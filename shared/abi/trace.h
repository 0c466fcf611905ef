/*
 * System-call trace records: the kernel reports, the VMM decodes (it reads strings
 * and structures through the page tables named by root) and prints them.
 */
#ifndef MOTE_ABI_TRACE_H
#define MOTE_ABI_TRACE_H

enum trace_kind {
	TRACE_ENTER = 1,  /* before the call: nr, arg */
	TRACE_EXIT = 2,	  /* after it: nr, arg as at entry, ret */
	TRACE_SIGNAL = 3, /* a signal is delivered: nr = number, arg[0] = si_code, arg[1] = si_pid or address */
	TRACE_EXITED = 4, /* a task is gone: nr = wait status */
};

struct trace_record {
	unsigned int kind;
	unsigned int tid;
	unsigned long long root; /* gpa of the page-table root of the caller */
	unsigned long long nr;
	unsigned long long arg[6];
	long long ret;
	unsigned long long time_ns; /* CLOCK_MONOTONIC of the guest */
};
_Static_assert(sizeof(struct trace_record) == 8 * 11, "trace_record layout");

#endif
