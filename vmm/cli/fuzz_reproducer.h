/* DIR/reproducers: a case for each signature. */
#ifndef MOTE_CLI_FUZZ_REPRODUCER_H
#define MOTE_CLI_FUZZ_REPRODUCER_H

#include <limits.h>
#include <stdbool.h>

#include "fuzz/fuzz.h"

/* The file's name: the kind, and a number that is the same for the same signature. 0 or -ENAMETOOLONG. */
int reproducer_path(char path[PATH_MAX], const char *directory, enum fuzz_kind kind, const char *signature);
/* Write c there, replace: also in place of another one. 0 or a negative errno, said. */
int reproducer_write(const char *directory, enum fuzz_kind kind, const char *signature, const struct fuzz_case *c, bool replace);

#endif
