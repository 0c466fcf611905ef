/* The commands below `mote fuzz`: one function each; argv[0] is its name, the answer an exit status. */
#ifndef MOTE_CLI_FUZZ_H
#define MOTE_CLI_FUZZ_H

#include "fuzz/fuzz.h"

int fuzz_cmd_campaign(int argc, char **argv);
int fuzz_cmd_repro(int argc, char **argv);
int fuzz_cmd_min(int argc, char **argv);
int fuzz_cmd_c(int argc, char **argv);
int fuzz_cmd_report(int argc, char **argv);
/* What afl-fuzz starts. */
int fuzz_cmd_target(int argc, char **argv);

/* Exit statuses, MOTE_FAILED besides. FINDING: of a campaign and what looks at one; VARIES: repro, when runs differed. */
enum fuzz_status { FUZZ_STATUS_FINE = 0, FUZZ_STATUS_FINDING = 1, FUZZ_STATUS_VARIES = FUZZ_KINDS - 1 };
/* What a single case came to: 0 fine, then the kinds from FUZZ_PANIC on as 1, 2, ... */
static inline int fuzz_exit_status(enum fuzz_kind kind)
{
	return kind < FUZZ_PANIC ? FUZZ_STATUS_FINE : (int)kind - FUZZ_PANIC + 1;
}

#endif
