/*
 * What a rig found, in a file that whoever watches it may read at any time and that survives its death: one record a signature, and
 * how many cases were run. The file is mapped shared and written by one rig; its numbers are the host's.
 */
#ifndef MOTE_FUZZ_FINDINGS_H
#define MOTE_FUZZ_FINDINGS_H

#include <stdatomic.h>

#include "fuzz.h"

#define FINDINGS_MAGIC "MOTEFIND"
#define FINDINGS_VERSION 1u
#define FINDINGS_MAX 256u /* signatures; others count as dropped */
#define FINDINGS_LOG 12288u

struct finding {
	char signature[FUZZ_SIGNATURE]; /* NUL-terminated */
	uint32_t kind;		 /* enum fuzz_kind */
	uint32_t pad;
	_Atomic uint64_t count;
	uint64_t first_ns;	 /* CLOCK_REALTIME */
	_Atomic uint64_t last_ns;
	uint64_t first_case;	 /* so many cases had been run when it was first met */
	struct fuzz_case kase;	 /* that first showed it */
	char log[FINDINGS_LOG]; /* of that one; NUL-terminated, cut */
};

struct findings {
	char magic[8];
	uint32_t version;
	uint32_t size; /* of this structure */
	uint64_t started_ns;
	_Atomic uint64_t cases;	   /* that were run */
	_Atomic uint64_t thorough; /* of them to their very end */
	_Atomic uint64_t busy_ns;  /* rig's time: of machine and bookkeeping, not of waiting for the next case; 0: not measured */
	_Atomic uint32_t count;	   /* records that are complete */
	_Atomic uint32_t dropped;  /* findings for which there was no record left */
	struct finding finding[FINDINGS_MAX];
};

/* Map path, new or with what an earlier run left there (counts go on). 0 or a negative errno, said: -EINVAL for a file that is something
 * else. */
int findings_open(struct findings **out, const char *path);
/* A copy of path as it is now, everything in it checked, for free(). 0 or a negative errno, said. */
int findings_read(struct findings **out, const char *path);
void findings_close(struct findings *f);
/* o, a finding, came of kase. */
void findings_note(struct findings *f, const struct fuzz_outcome *o, const struct fuzz_case *kase);

#endif
