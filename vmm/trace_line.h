/*
 * Turns trace records into lines as strace -f writes them: a call that another task interrupts is
 * left "<unfinished ...>" and "resumed" later.
 */
#ifndef MOTE_TRACE_LINE_H
#define MOTE_TRACE_LINE_H

#include "trace_args.h"

#define TRACE_TASKS 1024 /* remembered at a time; beyond it the least recent is forgotten */

struct trace_task {
	unsigned int tid; /* 0: free */
	bool in_call;
	unsigned int args_done; /* printed at entry */
	unsigned long long nr;
	unsigned long long stamp;
};

/* All zero: nothing traced so far. */
struct trace_lines {
	struct trace_task task[TRACE_TASKS];
	unsigned int live;
	unsigned int open; /* tid whose line has no newline yet, 0 = none */
	size_t column;	   /* of the open line */
	unsigned long long clock;
};

/* Text for one record into buf (cut at size): its length. */
size_t trace_lines_add(struct trace_lines *l, const struct memory *mem,
		       const struct trace_record *rec, char *buf, size_t size);

#endif
