/* What a campaign begins with: files in DIR/seeds/queue, which afl-fuzz also takes for another instance's queue. */
#ifndef MOTE_CLI_FUZZ_SEEDS_H
#define MOTE_CLI_FUZZ_SEEDS_H

#include <stdbool.h>

/*
 * Add the cases in the directory from (not below it) to the seeds of the campaign in directory. Any bytes are a case; files that are empty,
 * longer than a case or unreadable, and whatever is no file, are left out, which is said in one line unless quiet. 0 or a negative
 * errno, said, when from or the seeds cannot be read or written.
 */
int seeds_add(const char *directory, const char *from, bool quiet);
/* afl-fuzz does not begin with nothing: see that there is one seed at least. 0 or a negative errno, said. */
int seeds_add_least(const char *directory);

#endif
