/* --calls SET: names of system calls and of epics, with commas. */
#ifndef MOTE_CLI_FUZZ_CALLS_H
#define MOTE_CLI_FUZZ_CALLS_H

/* Does every word of set name something in the grammar? 0 or -EINVAL, said. */
int calls_check(const char *set);

#endif
