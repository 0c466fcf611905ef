/*
 * Memory of the host's behind pages of a machine: both see the same bytes, nothing is copied. Such pages are no part of the machine's
 * state: no snapshot holds them, no reset touches them, no digest counts them.
 *
 * And the channel on which a fuzzed program's executor asks for that and says how far it is (HC_FUZZ_SHARE, HC_FUZZ_END).
 */
#ifndef MOTE_SHARE_H
#define MOTE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/abi/fuzz.h"

struct machine;

/*
 * Put [host, host + len), page aligned and mapped shared, behind the guest's [gpa, gpa + len), all of it RAM, from now on; again to
 * put something else there. What stood there is lost. The host's memory may be unmapped elsewhere: the machine keeps it. Before the
 * first snapshot, or for pages that have been shared before. The machine is not running, or the caller is its vCPU. 0 or a negative
 * errno: -EINVAL for ranges that are not as said, or what mremap(2) says.
 */
int machine_share(struct machine *m, uint64_t gpa, void *host, uint64_t len);

/* What machine.fuzz points to: owned by whoever fuzzes. */
struct fuzz_channel {
	bool sealed; /* areas are not taken any more */
	void *memory[FUZZ_AREAS];      /* what is put behind the areas' pages: mapped shared */
	uint64_t *gpa[FUZZ_AREAS];     /* where each page of an area is, 0: not told yet; share_area_pages() of them */
	unsigned int stage;	       /* of the last HC_FUZZ_END */
};
unsigned int share_area_pages(unsigned int area);
/* Put memory behind the pages of an area that were told, and those that will be. 0 or a negative errno. */
int share_area(struct machine *m, unsigned int area, void *memory);

/* HC_FUZZ_SHARE and HC_FUZZ_END, in the vCPU's thread: the answer. Nothing in arg is trusted. */
int64_t fuzz_hypercall(struct machine *m, uint32_t nr, const unsigned long long arg[4]);

#endif
