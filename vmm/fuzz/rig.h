/* The inside of a rig, for the files that make it up. Users see fuzz.h. */
#ifndef MOTE_FUZZ_RIG_H
#define MOTE_FUZZ_RIG_H

#include "fuzz.h"
#include "machine.h"
#include "message.h"
#include "report.h"
#include "shared/abi/control.h"
#include "share.h"
#include "symbol.h"
#include "watch.h"

#define RIG_LOG	    (64u << 10) /* bytes of text about a case */
#define RIG_SPARE   64		/* of so many cases that reach nothing new one is looked at to its end */
#define RIG_SEEN_MAX 512	/* signatures whose reports were given with lines of source */

struct fuzz_rig {
	struct machine *m;
	struct snapshot *base; /* where cases begin */

	/* Its own shared memory, in one mapping; what is in use may be others'. */
	uint8_t *own;
	size_t own_size;
	struct fuzz_channel channel;
	uint64_t case_gpa[FUZZ_CASE_PAGES], results_gpa[FUZZ_RESULTS_PAGES];
	struct fuzz_results *results;
	struct fuzz_census before; /* as the executor counted it before the snapshot */
	unsigned int options;
	struct oracle *oracle; /* NULL: nobody is asked */
	bool reached_new;      /* by the case that ran last */

	/* The map: edges, whole pages; pairs; signatures. */
	uint8_t *map, *own_map; /* in use; its own, fuzz_map_size() bytes in whole pages */
	uint64_t coverage_gpa; /* 0: the kernel has none */
	size_t edges, edge_bytes;
	uint8_t *seen;	/* edges and pairs that were ever reached */
	uint8_t *aside; /* a copy of the map's edges while cleaning up is watched */
	struct control_edge *edge;

	/* What is known of the case that runs. */
	struct watch watch;
	struct report report;
	bool reported;
	uint64_t cases;

	/* Text. */
	char signature[FUZZ_SIGNATURE];
	void *kernel; /* its file, mapped */
	size_t kernel_size;
	struct symbols symbols;
	struct message_sink said; /* what mote said during the case */
	char *log;
	uint64_t logged; /* bytes the kernel had logged at the snapshot */
	uint32_t told[RIG_SEEN_MAX]; /* hashes of signatures */
	unsigned int told_count;
};

/* ---- outcome.c ---- */
/* The case came to its end with `status` of machine_run(), stopped because of `cause`: what it came to, also into the map. */
void outcome_judge(struct fuzz_rig *r, int status, enum watch_cause cause, struct fuzz_outcome *out);
/* A finding's signature into the map. */
void outcome_note_signature(struct fuzz_rig *r, const char *signature);
/* (call, errno) pairs of the results into the map. */
void outcome_note_pairs(struct fuzz_rig *r);

#endif
