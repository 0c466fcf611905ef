#include "watch.h"

#include <sched.h>
#include <signal.h>
#include <time.h>

#include "mote.h"

enum run_state { RUN_IDLE = 0, RUN_ON = 1, RUN_STOPPING = 2, RUN_STOPPED = 3 };
#define RUN_STATE 3u
#define RUN_ONE	  4u

/* The run with that value of w->run has had its time. It may end meanwhile: then it is not touched. */
static void stop_overdue(struct watch *w, uint64_t run)
{
	uint64_t stopping = (run & ~(uint64_t)RUN_STATE) | RUN_STOPPING;

	if (!atomic_compare_exchange_strong(&w->run, &run, stopping))
		return;
	machine_stop(w->m, MOTE_TIMEOUT);
	atomic_store(&w->run, stopping - RUN_STOPPING + RUN_STOPPED);
}

static void *watch_main(void *arg)
{
	const struct timespec tick = {.tv_nsec = WATCH_TICK_MS * 1000000};
	struct watch *w = arg;
	uint64_t last = 0;
	unsigned int ms = 0;

	while (!w->closing) {
		nanosleep(&tick, NULL);
		uint64_t run = w->run;
		bool running = (run & RUN_STATE) == RUN_ON;

		ms = running && run == last ? ms + WATCH_TICK_MS : 0;
		last = run;
		if (w->on_tick)
			w->on_tick(w->tick_ctx, running);
		if (running && ms >= w->limit_ms)
			stop_overdue(w, run);
	}
	return NULL;
}

int watch_start(struct watch *w, struct machine *m, unsigned int limit_ms)
{
	sigset_t all, old;

	w->m = m;
	w->limit_ms = limit_ms;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int err = -pthread_create(&w->thread, NULL, watch_main, w);

	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->started = !err;
	return err;
}

void watch_end(struct watch *w)
{
	if (!w->started)
		return;
	w->closing = true;
	pthread_join(w->thread, NULL);
	w->started = false;
}

void watch_begin_run(struct watch *w)
{
	uint64_t next = (w->run & ~(uint64_t)RUN_STATE) + RUN_ONE + RUN_ON;

	atomic_store(&w->run, next);
	if (w->asked) /* it was asked when none was on */
		machine_stop(w->m, MOTE_TIMEOUT);
}

enum watch_cause watch_end_run(struct watch *w)
{
	uint64_t on = w->run;
	bool overdue = (on & RUN_STATE) != RUN_ON || !atomic_compare_exchange_strong(&w->run, &on, on - RUN_ON);

	while (overdue && (w->run & RUN_STATE) != RUN_STOPPED)
		sched_yield();
	if (overdue)
		atomic_store(&w->run, w->run - RUN_STOPPED);
	if (atomic_exchange(&w->asked, false))
		return WATCH_ASKED;
	return overdue ? WATCH_TIME : WATCH_NONE;
}

void watch_stop(struct watch *w)
{
	w->asked = true;
	if ((w->run & RUN_STATE) == RUN_ON)
		machine_stop(w->m, MOTE_TIMEOUT);
}
