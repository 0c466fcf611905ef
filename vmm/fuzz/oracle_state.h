/* An oracle as its own files see it. */
#ifndef MOTE_FUZZ_ORACLE_STATE_H
#define MOTE_FUZZ_ORACLE_STATE_H

#include <sys/types.h>

#include "oracle.h"

struct oracle {
	pid_t keeper;	      /* sandbox/ */
	int socket;	      /* to it */
	int areas[FUZZ_AREAS]; /* memfds */
	bool ready;	      /* an empty program came through */
	bool single_id;
	struct oracle_allow *allow;
	struct oracle_counts counts;
	char *text; /* of the last difference that was told */
};

#endif
