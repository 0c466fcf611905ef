/*
 * Where a fuzzed program and what came of it lie: memory that the VMM (or, without a machine, the process that started the executor)
 * shares with the executor (images/fuzz/executor.c), the program that makes the calls.
 *
 * In a machine the executor gives its own pages for it (MOTE_FUZZ_SHARE); the VMM puts shared memory of the host behind
 * them, which no reset touches. The case is laid out as AFL++ hands test cases over: nothing is copied.
 */
#ifndef MOTE_ABI_FUZZ_H
#define MOTE_ABI_FUZZ_H

#define FUZZ_PAGE 4096

/* The areas of enum fuzz_area, each a whole number of pages. */
enum fuzz_area { FUZZ_AREA_CASE = 0, FUZZ_AREA_RESULTS = 1, FUZZ_AREAS };
#define FUZZ_CASE_PAGES	   1
#define FUZZ_RESULTS_PAGES 8

/* len may be anything: bytes beyond FUZZ_CASE_BYTES do not exist for the executor. */
#define FUZZ_CASE_BYTES (FUZZ_CASE_PAGES * FUZZ_PAGE - 4)
struct fuzz_case {
	unsigned int len;
	unsigned char bytes[FUZZ_CASE_BYTES];
};
_Static_assert(sizeof(struct fuzz_case) == FUZZ_CASE_PAGES * FUZZ_PAGE, "fuzz_case layout");

#define FUZZ_MAX_CALLS 64

enum fuzz_call_state { FUZZ_CALL_NOT_MADE = 0, FUZZ_CALL_MADE = 1, FUZZ_CALL_ANSWERED = 2 };

struct fuzz_result {
	long long value;	/* as the kernel answered: >= 0, or a negative errno */
	unsigned long long output; /* with FUZZ_OBSERVE: a digest of the memory that the call may have written, else 0 */
	unsigned int nr;	/* number of the system call */
	unsigned int state;	/* enum fuzz_call_state */
};
_Static_assert(sizeof(struct fuzz_result) == 24, "fuzz_result layout");

/* What the kernel has in use, caches emptied (MOTE_CENSUS); equal before and after a program unless something was lost. */
struct fuzz_census {
	unsigned long long pages;   /* not free */
	unsigned long long tasks, processes, files, inodes, dentries, mounts, mappings, objects;
};
_Static_assert(sizeof(struct fuzz_census) == 72, "fuzz_census layout");

enum fuzz_option {
	FUZZ_OBSERVE = 1 << 0, /* fill `output` and `observed` */
};

/* Where a case stands. The executor sets it before it says HC_FUZZ_END (or, without a machine, ends). */
enum fuzz_stage {
	FUZZ_STAGE_NONE = 0,
	FUZZ_STAGE_RUNNING = 1,
	FUZZ_STAGE_CALLS = 2,  /* all calls of the main thread were made; or it was ended and the supervisor has noticed */
	FUZZ_STAGE_CLEAN = 3, /* all processes of the program are gone, its files too, `after` is filled */
};

#define FUZZ_OBSERVED_BYTES (FUZZ_RESULTS_PAGES * FUZZ_PAGE - 32 - 2 * 72 - 24 * FUZZ_MAX_CALLS)
struct fuzz_results {
	unsigned int options; /* for the executor: enum fuzz_option */
	unsigned int stage;   /* enum fuzz_stage */
	unsigned int calls;   /* the program decoded to so many */
	unsigned int ended;   /* wait status of the program's first process, when it has ended by itself */
	unsigned int observed_len;
	unsigned int running; /* the executor's: threads and children of the program that have calls to make */
	unsigned int reserved[2];
	struct fuzz_census before, after;
	struct fuzz_result result[FUZZ_MAX_CALLS];
	/* With FUZZ_OBSERVE: lines of text about the state in the end: descriptors, files. */
	char observed[FUZZ_OBSERVED_BYTES];
};
_Static_assert(sizeof(struct fuzz_results) == FUZZ_RESULTS_PAGES * FUZZ_PAGE, "fuzz_results layout");

#endif
