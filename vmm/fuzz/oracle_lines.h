/* Lines about the state that a program left behind (struct fuzz_results, observed). */
#ifndef MOTE_FUZZ_ORACLE_LINES_H
#define MOTE_FUZZ_ORACLE_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* Do Linux's line and mote's say the same? What the sandbox shows as nobody's is the host's root's: anybody's in a machine. */
bool oracle_lines_alike(const char *theirs, size_t their_len, const char *ours, size_t our_len);

#endif
