/*
 * The oracle: a fuzzed program runs on the host's own Linux, and what it answers is held against what mote's kernel answered.
 *
 * The program is hostile, so it runs where it can reach nothing: a user namespace whose ids are nobody's outside, and for every run new
 * mount, pid, ipc and uts namespaces in a network namespace without interfaces; an empty tmpfs for a root with a few devices and /proc in it; a filter
 * of system calls; limits of memory, processes and time. Namespaces vanish with their last process, and every process dies with the one
 * that called oracle_open(), however that ends.
 *
 * An oracle belongs to one thread.
 */
#ifndef MOTE_FUZZ_ORACLE_H
#define MOTE_FUZZ_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "shared/abi/fuzz.h"

struct oracle;
struct fuzz_rig;
struct fuzz_outcome;

struct oracle_config {
	const char *executor;	 /* NULL: fuzz/executor beside the executable or in ../lib/mote */
	const char *sandbox;	 /* NULL: fuzz/sandbox there */
	const char *allow;	 /* file of allowed differences; NULL: fuzz/oracle-allow there */
	unsigned int time_limit; /* ms that a run may take, 0: 1000 */
};

/*
 * Make ready: parses the allow-list, tries the namespaces. 0 or a negative errno, said in one line (which namespace this host refuses and
 * what would allow it; no executor; which line of the allow-list is wrong).
 */
int oracle_open(struct oracle **out, const struct oracle_config *config);
/* Ends every process of it. NULL is fine. */
void oracle_close(struct oracle *o);

/*
 * Run a case on the host's Linux, with FUZZ_OBSERVE. out->stage tells how far it came: less than FUZZ_STAGE_CLEAN when the time limit ended
 * it. 0 or a negative errno, said: no case can be run any more.
 */
int oracle_run(struct oracle *o, const struct fuzz_case *c, struct fuzz_results *out);

/* Programs' user and group ids from here on are none in the sandbox (but -1, which is none anywhere). */
#define ORACLE_IDS_END 0x7ffffffeu

/* A call that the sandbox refused to make shows this as its value: no errno of Linux. */
#define ORACLE_REFUSED (-3999ll)

/* ---- comparison (oracle_compare.c) ---- */

#define ORACLE_KEY 200
/* The first difference that is not a consequence of another. */
struct oracle_difference {
	int call;	      /* number of the call, -1: of the state in the end */
	char key[ORACLE_KEY]; /* "lseek(fd file, SEEK_HOLE): Linux ENXIO, mote EINVAL": what differences are grouped by */
};

/* What is not to be called a difference. */
struct oracle_lenience {
	const struct oracle_allow *allow; /* NULL: nothing is allowed */
	bool single_id;			  /* calls about ids are not compared */
	unsigned long long *allowed;	  /* counts what the list allowed; NULL: nobody asks */
};

/* The oracle's own: its list; without ids when only one could be mapped (mote was not started by root); counted in oracle_count(). */
struct oracle_lenience oracle_lenience(struct oracle *o);

/*
 * Compare `runs` results of each side, of the same case: all must be alike within a side, or what varies is not compared. Their
 * `observed` ends with a NUL. Behind a difference that the list allows, comparing goes on as long as both sides failed. True: they
 * differ, *d is filled.
 */
bool oracle_compare(const struct fuzz_case *c, const struct fuzz_results *theirs, const struct fuzz_results *ours, size_t runs,
		    const struct oracle_lenience *l, struct oracle_difference *d);
/* Results may hold what a hostile program wrote there: put its counts within their bounds, and a NUL behind `observed`. */
void oracle_clean_results(struct fuzz_results *r);

/* Both sides beside each other, differences marked, to f. */
void oracle_print_difference(FILE *f, const struct fuzz_case *c, const struct fuzz_results *theirs, const struct fuzz_results *ours,
			     const struct oracle_lenience *l);

/* ---- differences that are known, and why (oracle_allow.c) ---- */

struct oracle_allow;
/* 0 or a negative errno, said with the line. */
int oracle_allow_load(struct oracle_allow **out, const char *path);
void oracle_allow_free(struct oracle_allow *a);
/* Why a difference with that key is all right; NULL: it is not. */
const char *oracle_allow_reason(const struct oracle_allow *a, const char *key);

/* ---- in a campaign (oracle_confirm.c) ---- */

/*
 * The case in fuzz_case(r) came out fine: ask the oracle. When Linux answers otherwise, three times in three runs of each side, and the
 * allow-list does not know about it, *out becomes FUZZ_DIFFERENT with the key as its signature. The rig's case, options and map are as
 * before. 0 or a negative errno, said: the rig or the oracle is good for nothing any more.
 */
int oracle_check(struct oracle *o, struct fuzz_rig *r, struct fuzz_outcome *out);
/* Run the case in fuzz_case(r) once on each side and print both beside each other. 0 or a negative errno, said. */
int oracle_show(struct oracle *o, struct fuzz_rig *r, FILE *f);
/* Cases that were asked about, differences that the list allowed, that did not repeat, that were told. */
struct oracle_counts {
	unsigned long long asked, unfinished, allowed, unstable, told;
};
const struct oracle_counts *oracle_count(const struct oracle *o);

#endif
