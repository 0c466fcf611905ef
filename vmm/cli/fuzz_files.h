/* Where the parts of fuzzing lie, and reading cases. */
#ifndef MOTE_CLI_FUZZ_FILES_H
#define MOTE_CLI_FUZZ_FILES_H

#include <stddef.h>

#include "shared/abi/fuzz.h"

/* The path of mote's own executable. 0 or a negative errno, said. */
int files_self(char *path, size_t size);
/* A part of fuzzing ("mutator.so", "seeds", ...), absolute: fuzz/NAME beside mote, or ../lib/mote/fuzz/NAME from there. 0, or -ENOENT, said. */
int files_find(const char *name, char *path, size_t size);
/* The same without a word. */
int files_look(const char *name, char *path, size_t size);
/* A program in $PATH. 0 or -ENOENT. */
int files_search_path(const char *name, char *path, size_t size);

/* The case in a file ("-": standard input). Longer files are cut. 0 or a negative errno, said. */
int files_read_case(const char *name, struct fuzz_case *c);
/* Write it, in place of what is there when it is whole ("-": to standard output). 0 or a negative errno, said. */
int files_write_case(const char *name, const void *bytes, size_t len);

#endif
