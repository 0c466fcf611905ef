#include "ending.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "mote.h"
#include "terminal.h"

/* What the signal handlers see. */
static struct machine *volatile running; /* NULL but while machine_run() is on */
static volatile sig_atomic_t ending;

/* End mote by a signal or the timeout: through the machine where it runs, at once where it does not
 * or has been told already. */
static void end_run(int sig)
{
	int status = sig == SIGALRM ? MOTE_TIMEOUT : MOTE_SIGNALLED + sig;

	if (!running || ending) {
		terminal_restore();
		_exit(status);
	}
	ending = 1;
	machine_stop(running, status);
}

/* The repeated alarm ends a mote that is held up by whoever reads its output. */
void ending_start_timeout(double seconds)
{
	struct itimerval t = {.it_interval.tv_sec = 1};

	if (seconds <= 0)
		return;
	t.it_value.tv_sec = (time_t)seconds;
	t.it_value.tv_usec = (suseconds_t)((seconds - floor(seconds)) * 1e6);
	if (!t.it_value.tv_sec && !t.it_value.tv_usec)
		t.it_value.tv_usec = 1;
	setitimer(ITIMER_REAL, &t, NULL);
}

void ending_catch_signals(void)
{
	struct sigaction end = {.sa_handler = end_run}, old, ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGQUIT, &end, NULL);
	sigaction(SIGALRM, &end, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	if (!sigaction(SIGHUP, NULL, &old) && old.sa_handler != SIG_IGN) /* nohup(1) */
		sigaction(SIGHUP, &end, NULL);
	terminal_catch_crashes();
}

void ending_watch(struct machine *m)
{
	running = m;
}
