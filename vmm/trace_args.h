/* One argument or result as text. Internal to vmm/trace*.c. */
#ifndef MOTE_TRACE_ARGS_H
#define MOTE_TRACE_ARGS_H

#include <stdbool.h>
#include <stdio.h>
#include "guest/syscall/kinds.h"
#include "memory.h"
#include "shared/abi/trace.h"

enum trace_arg_kind {
	KIND_NOKIND = 0,
#define X(kind, type) KIND_##kind,
	SYSCALL_KINDS(X)
#undef X
};

/* A row of table.def. */
struct trace_row {
	short x86_64, aarch64; /* numbers, -1 none */
	unsigned char argc;
	unsigned char kind[6];
	bool raw; /* not implemented: arguments unknown */
	const char *name;
	const char *arg[6];
};

/* Text in a fixed buffer: what does not fit is left out. */
struct trace_text {
	char *buf;
	size_t size, len;
};
void text_add(struct trace_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct trace_call {
	/* The n bytes at va of the program's memory: how many could be read. NULL: out of mem. */
	size_t (*read)(const struct trace_call *c, uint64_t va, void *dst, size_t n);
	const void *read_from; /* for read */
	const struct memory *mem;
	const struct trace_record *rec;
	const struct trace_row *row;
	bool exit; /* the call is over: rec->ret counts */
	struct trace_text *out;
};

/* Can argument i be printed only when the call is over? */
bool trace_arg_is_output(const struct trace_row *row, unsigned int i);
/* The same for this call: also when what it points to is not in memory yet (the call itself brings
 * it in; but execve's strings are gone when it is over). */
bool trace_arg_is_deferred(const struct trace_call *c, unsigned int i);
/* Is argument i left out (open's mode without O_CREAT, F_GETFD's third)? */
bool trace_arg_is_hidden(const struct trace_call *c, unsigned int i);
void trace_arg(const struct trace_call *c, unsigned int i);
/* What stands behind "= ". */
void trace_result(const struct trace_call *c);

/* "SIGINT", "SIGRT_2", or the number. */
void trace_signal_name(struct trace_text *t, unsigned long sig);

#endif
