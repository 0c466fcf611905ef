/* Cases in files, and programs in $PATH. */
#ifndef MOTE_CLI_FUZZ_FILES_H
#define MOTE_CLI_FUZZ_FILES_H

#include <stddef.h>

#include "shared/abi/fuzz.h"

/* A program in $PATH. 0 or -ENOENT. */
int files_search_path(const char *name, char *path, size_t size);

/* The case in a file ("-": standard input). Longer files are cut. 0 or a negative errno, said. */
int files_read_case(const char *name, struct fuzz_case *c);
/* Write it, in place of what is there when it is whole ("-": to standard output). 0 or a negative errno, said. */
int files_write_case(const char *name, const void *bytes, size_t len);

#endif
