/*
 * Which pages of a machine may differ from the snapshot it was last equal to.
 *
 * KVM's dirty log notes a page at its first write and protects it against further ones only when it is told to clear the
 * note. A protected page costs a fault, so pages that every test writes are never protected again: they stay in the list of
 * candidates, are compared at each reset, and leave it (track_settle()) when they were found unchanged several times.
 * What the VMM itself writes comes from memory.written.
 *
 * All of it belongs to whoever holds the machine, vCPUs parked.
 */
#ifndef MOTE_TRACK_H
#define MOTE_TRACK_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

#define TRACK_SHARED UINT8_MAX /* the page's memory is others' (share.h): it is no part of the machine's state */

struct track {
	uint64_t pages;	   /* of guest memory */
	uint64_t *log;	   /* KVM's bitmap; NULL: not tracking */
	uint64_t *seen;	   /* bit: noted in KVM's log and not cleared since */
	uint8_t *age;	   /* 0: no candidate; TRACK_SHARED; else 1 + resets since it last differed */
	uint32_t *list;	   /* the candidates */
	uint32_t count, settled; /* how many, and how many of them are old enough to leave */
	bool manual;	   /* KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 */
};

/* Note writes from now on (again: nothing more happens). 0 or a negative errno, said. */
int track_start(struct machine *m);
void track_free(struct track *t);
/* Bring what was written since into the list. 0 or a negative errno, said. */
int track_collect(struct machine *m);
/* Make page n a candidate by hand. */
void track_add(struct track *t, uint32_t page);
/* Page n is none of the machine's from now on. */
void track_exclude(struct track *t, uint32_t page);
static inline bool track_excluded(const struct track *t, uint64_t page)
{
	return t->age && t->age[page] == TRACK_SHARED;
}
/* Page list[i] was compared: did it differ? */
void track_compared(struct track *t, uint32_t i, bool differed);
/* All candidates are equal to the snapshot now: those that seldom differ leave. 0 or a negative errno, said. */
int track_settle(struct machine *m);

#endif
