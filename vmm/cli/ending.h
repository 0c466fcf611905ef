/* How a command with one machine ends by a signal or the timeout: through the machine, so that its output is finished. */
#ifndef MOTE_CLI_ENDING_H
#define MOTE_CLI_ENDING_H

struct machine;

/* SIGINT, SIGTERM, SIGQUIT, SIGHUP and the timeout's alarm end mote with the status a shell has for them. */
void ending_catch_signals(void);
/* End with MOTE_TIMEOUT after that time; 0: never. */
void ending_start_timeout(double seconds);
/* Between machine_run()'s begin and end: the machine to be stopped; NULL: mote ends at once. */
void ending_watch(struct machine *m);

#endif
