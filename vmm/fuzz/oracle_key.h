/* How a difference is called: the call and what kind of arguments it had, so that the same difference of many programs has one name. */
#ifndef MOTE_FUZZ_ORACLE_KEY_H
#define MOTE_FUZZ_ORACLE_KEY_H

#include <stddef.h>

#include "shared/abi/fuzz.h"
#include "shared/fuzz/program.h"

/* "lseek(fd of open(big), page multiple, SEEK_HOLE)" for call i, into text[size]; `theirs`: which earlier calls failed. */
void oracle_call_class(const struct fuzz_program *p, unsigned int i, const struct fuzz_results *theirs, char *text, size_t size);
/* "ENOENT", "17". */
void oracle_answer_class(long long value, char *text, size_t size);

#endif
