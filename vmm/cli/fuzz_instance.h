/*
 * One afl-fuzz of a campaign: its command line, its process, what it says, its restarts.
 *
 * It speaks through a pipe of ours: its log stays of bounded size however long it runs, its last words are at hand, and it cannot
 * outlive us unnoticed.
 */
#ifndef MOTE_CLI_FUZZ_INSTANCE_H
#define MOTE_CLI_FUZZ_INSTANCE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define INSTANCE_NAME 32
#define INSTANCE_TAIL 2048
#define INSTANCE_LOG  (1u << 20) /* bytes; then the log becomes NAME.log.old */

/* What all instances of a campaign share. */
struct instance_setup {
	const char *directory; /* DIR */
	const char *kernel;    /* NULL: the one beside mote */
	const char *calls;     /* --calls, NULL: all */
	bool oracle;
	bool pin;	  /* processors can be chosen */
	size_t map_size;  /* bytes */
	char mote[PATH_MAX]; /* our own executable */
	char mutator[PATH_MAX];
};

struct instance {
	const struct instance_setup *setup;
	char name[INSTANCE_NAME];
	bool is_main; /* afl-fuzz -M */
	int cpu;
	pid_t pid;	   /* 0: not running */
	int output;	   /* the pipe's reading end, nonblocking, -1: none */
	int log;	   /* -1: cannot be written */
	size_t logged;	   /* bytes in log */
	char tail[INSTANCE_TAIL]; /* what it said last */
	size_t tail_len;
	uint64_t started;  /* pool_now() */
	uint64_t again_at; /* pool_now() from when on it is to be started again, 0: not */
	unsigned int failures; /* in a row */
	bool ended;  /* for good */
	bool failed; /* and not as it should */
};

/* Start afl-fuzz, which goes on with what it had. 0 or a negative errno, said. */
int instance_start(struct instance *in);
/* Take what it has said. False: the pipe is closed. */
bool instance_listen(struct instance *in);
/* It has ended with that wait status: say why if it was not asked to, and settle whether and when it starts again. */
void instance_bury(struct instance *in, int wait_status, bool asked);

#endif
