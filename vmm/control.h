/* The VMM's half of what tests ask of their machine (shared/abi/testdev.h): the input they read, the
 * events they mark, the faults they want. */
#ifndef MOTE_CONTROL_H
#define MOTE_CONTROL_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct machine;

struct test_control {
	void *input; /* malloc'd, NULL: none; not changed while the machine runs */
	size_t input_len;
	void (*on_event)(void *ctx, const char *text, size_t len); /* NULL: events are dropped */
	void *event_ctx;
	pthread_mutex_t lock; /* one event, or change of coverage, at a time */
	unsigned char *covered; /* malloc'd: the counters of covered_size edges when recording ended; NULL: it goes on */
	size_t covered_size;
};

void control_init(struct test_control *c);
void control_destroy(struct test_control *c);

/* HC_EVENT, HC_INPUT, HC_IO_FAULT and HC_COVERAGE, on the thread of the vCPU that makes the call: the
 * answer. Nothing in arg is trusted. */
int64_t control_hypercall(struct machine *m, uint32_t nr, const unsigned long long arg[4]);

#endif
