/* The cases that a campaign has saved. */
#ifndef MOTE_CLI_FUZZ_WALK_H
#define MOTE_CLI_FUZZ_WALK_H

#include "shared/abi/fuzz.h"

/* What to do with one; path: its file. Not 0 ends the walk. */
typedef int walk_case(void *ctx, const char *path, const struct fuzz_case *c);

/*
 * Every file id:* of DIR/INSTANCE/NAME*: "queue", "crashes" (older ones lie in crashes.DATE), "hangs". What an instance took over from another
 * one of the same DIR is left out. Answers what visit() did, or a negative errno, said.
 */
int walk_cases(const char *directory, const char *name, walk_case *visit, void *ctx);

#endif
