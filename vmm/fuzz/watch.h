/*
 * One thread that ends runs which take too long: it looks a few dozen times a second whether the run is still the one it was, so that
 * a run costs no call for the sake of time.
 */
#ifndef MOTE_FUZZ_WATCH_H
#define MOTE_FUZZ_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct machine;

#define WATCH_TICK_MS 20

enum watch_cause {
	WATCH_NONE,
	WATCH_TIME,  /* the time limit */
	WATCH_ASKED, /* watch_stop() */
};

struct watch {
	struct machine *m;
	unsigned int limit_ms; /* changed between runs alone */
	pthread_t thread;
	bool started;
	_Atomic uint64_t run; /* number of the run << 2 | enum run_state */
	atomic_bool asked, closing;
	/* Called by the thread at each of its looks, NULL: nobody wants it. Set before the first run. */
	void (*on_tick)(void *ctx, bool running);
	void *tick_ctx;
};

/* Watch runs of m from now on. 0 or a negative errno. */
int watch_start(struct watch *w, struct machine *m, unsigned int limit_ms);
void watch_end(struct watch *w);
/* Around a run, in its thread. The second: was it stopped, and why? */
void watch_begin_run(struct watch *w);
enum watch_cause watch_end_run(struct watch *w);
/* Stop the run that is on, else the next. Any thread or signal handler. */
void watch_stop(struct watch *w);

#endif
