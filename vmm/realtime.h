/* The host's wall clock. */
#ifndef MOTE_REALTIME_H
#define MOTE_REALTIME_H

#include <stdint.h>
#include <time.h>

/* CLOCK_REALTIME in nanoseconds. */
static inline uint64_t realtime_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

#endif
