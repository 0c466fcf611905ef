/* Sets of calls, as a user names them. */
#ifndef SHARED_FUZZ_SET_H
#define SHARED_FUZZ_SET_H

#include "shared/fuzz/program.h"

#define FUZZ_SET_WORDS 16 /* 1024 rows */
struct fuzz_set {
	uint64_t bits[FUZZ_SET_WORDS]; /* by row */
};

/*
 * Comma separated: names of calls with '*' for any characters ("epoll_*"), an epic of table.def
 * ("E2"), a group ("signals"), each with '-' in front to take those out again; "" is all calls, and
 * so is what a text that begins with '-' takes away from. NULL, or the first word that names no
 * call; set is undefined then.
 */
const char *fuzz_set_parse(struct fuzz_set *set, const char *text);
bool fuzz_set_has(const struct fuzz_set *set, unsigned int row);
/* Names of group i, NULL behind the last. */
const char *fuzz_set_group(unsigned int i);

#endif
