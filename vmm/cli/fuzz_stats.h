/* What the files of a campaign tell: afl-fuzz's plot_data, fuzzer_stats and fuzz_bitmap, the targets' findings. */
#ifndef MOTE_CLI_FUZZ_STATS_H
#define MOTE_CLI_FUZZ_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz/fuzz.h"

#define STATS_NAME 64

struct instance_stats {
	char name[STATS_NAME];
	uint64_t executions, corpus;
	uint64_t run_time;	  /* s */
	double per_second;	  /* of late */
	uint64_t counted_ns, counted; /* when per_second was settled, and executions then */
	double stability;	  /* percent, 0: not known yet */
	uint64_t crashes, hangs;  /* files saved */
	bool unreadable;	  /* its findings file: said once */
};

/* All instances' records of one signature. */
struct stats_finding {
	char signature[FUZZ_SIGNATURE];
	enum fuzz_kind kind;
	uint64_t count;
	uint64_t first_ns, last_ns; /* CLOCK_REALTIME */
	char instance[STATS_NAME];  /* where it was seen first */
	struct fuzz_case kase;	    /* that first showed it there */
	char *log;		    /* of that one */
};

struct campaign_stats {
	const char *directory;
	size_t edges;	  /* of the kernel; what lies behind them in the map are pairs of call and errno */
	size_t calls_end; /* of the map: where those end */
	struct instance_stats *instance;
	size_t instances;
	struct stats_finding *finding; /* by time */
	size_t findings;
	size_t edges_seen, pairs_seen; /* of all instances together, as of their bitmaps: a minute old at most */
	uint8_t *seen;		       /* calls_end bytes */
};

/* Look at the files again. 0 or -ENOMEM. What cannot be read is not counted. */
int stats_update(struct campaign_stats *s);
void stats_free(struct campaign_stats *s);

/* Of all instances together. */
uint64_t stats_executions(const struct campaign_stats *s);
uint64_t stats_corpus(const struct campaign_stats *s);
double stats_stability(const struct campaign_stats *s); /* the least, 0: not known yet */

#endif
