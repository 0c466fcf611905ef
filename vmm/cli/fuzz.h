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

/* Exit statuses of the commands that look at cases; MOTE_FAILED besides. */
enum fuzz_status { FUZZ_STATUS_FINE = 0, FUZZ_STATUS_FINDING = 1 };

#endif
