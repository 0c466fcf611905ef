/* Which pages of a machine's memory were ever touched, from the host's point of view. */
#ifndef MOTE_PAGES_H
#define MOTE_PAGES_H

#include <stdint.h>

struct machine;

/* Call fn for every page of the machine's own that may be other than zero, in ascending order, until it answers other than 0: that answer. Negative errno when the
 * host does not tell. Costs in proportion to what was touched. */
int pages_for_each_touched(struct machine *m, int (*fn)(void *ctx, const struct machine *m, uint64_t page), void *ctx);

#endif
