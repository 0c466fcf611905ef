/* Names of constants for the trace printer. Internal to vmm/trace*.c. */
#ifndef MOTE_TRACE_FLAGS_H
#define MOTE_TRACE_FLAGS_H

#include <stdbool.h>

struct trace_name {
	unsigned long value;
	const char *name; /* NULL ends a list */
};

struct trace_set {
	bool flags;	  /* bits joined by '|'; else one of the values */
	const char *zero; /* flags: text for 0, NULL = "0" */
	const struct trace_name *names;
};

/* By table.def kind (open flags, mmap flags, ...): NULL when the kind has none. */
extern const struct trace_set trace_open_flags, trace_at_flags, trace_prot, trace_map_flags,
	trace_clone_flags, trace_wait_options, trace_whence, trace_fcntl, trace_ioctl,
	trace_sig_how, trace_madvice, trace_epoll_op, trace_access, trace_clocks, trace_poll,
	trace_sa_flags, trace_fd_flags, trace_stat_types;

/* By call and argument, for arguments that table.def calls plain numbers; NULL when there is none.
 */
const struct trace_set *trace_set_for(const char *call, const char *arg);

#endif
