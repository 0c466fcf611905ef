/*
 * The oracle's sandbox, a program of its own (fuzz/sandbox): it shares no memory with mote, so that what escapes a fuzzed program finds nothing in its
 * ancestors.
 *
 * sandbox TIME_LIMIT_MS OWNER_PID IDS: IDS is "range" (the owner maps a range of ids) or "own". It is started with enum sandbox_fd open.
 * It answers (struct sandbox_answer) once when it has made its user namespace (the owner then maps ids and sends a byte), once when all is ready,
 * and then for every byte that it is sent, when one run is over. It ends when the owner does.
 */
#ifndef MOTE_FUZZ_SANDBOX_H
#define MOTE_FUZZ_SANDBOX_H

#include <linux/filter.h>
#include <stdbool.h>
#include <sys/types.h>

enum sandbox_fd {
	SANDBOX_OWNER = 3,   /* a SOCK_SEQPACKET socket */
	SANDBOX_EXECUTOR,    /* the file to execute */
	SANDBOX_CASE,	     /* memory: struct fuzz_case */
	SANDBOX_RESULTS,     /* memory: struct fuzz_results */
	SANDBOX_FILTER,	     /* a file: the instructions of a struct sock_fprog */
	SANDBOX_FD_END
};

struct sandbox_answer {
	int error;	/* 0 or a positive errno */
	char doing[60]; /* what failed */
};

struct sandbox {
	unsigned int time_limit; /* ms */
	pid_t owner;
	bool map_ids;		  /* by the owner, a range */
	struct sock_fprog filter; /* of system calls */
};

/* The keeper (keeper.c): makes the user namespace, starts runs, ends them in time. */
void sandbox_keep(const struct sandbox *s) __attribute__((noreturn));

/*
 * File systems (root.c). sandbox_base(): for the keeper: a tmpfs of its own with the devices and the host's /proc (a new proc can only be
 * mounted where one is seen) in place of the host's files. sandbox_root(): for a run, from there: a tmpfs for the program, with devices
 * and a proc of its pid namespace. NULL or what failed, with errno.
 */
const char *sandbox_base(void);
const char *sandbox_root(void);

/* Process 1 of a run (init.c): limits, executor, reaping. Its exit status is SANDBOX_BROKEN when there was no executor. */
#define SANDBOX_BROKEN 125
void sandbox_init(const struct sandbox *s) __attribute__((noreturn));

#endif
