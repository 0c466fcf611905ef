/* Changes to a program that keep what its calls refer to. */
#ifndef SHARED_FUZZ_EDIT_H
#define SHARED_FUZZ_EDIT_H

#include "shared/fuzz/program.h"

/* Put *call (whose references are to the program as it is) in front of call at (<= count). The
 * children whose calls surround the place get one more. false: the program is full. */
bool fuzz_insert_call(struct fuzz_program *p, unsigned int at, const struct fuzz_call *call);
/* Take call at out. What refers to it gets the number 0 instead; the calls of its child stay, as
 * those of whom it belonged to. */
void fuzz_remove_call(struct fuzz_program *p, unsigned int at);

#endif
