/*
 * Where the time and memory of a run go. With MOTE_STAGES set in the environment stage_report() writes, on stderr,
 *	stage NAME NANOSECONDS		one line a stage, in order
 *	memory NAME KIBIBYTES
 * Otherwise these functions do nothing. `mote bench` reads the lines. One thread only.
 */
#ifndef MOTE_STAGE_H
#define MOTE_STAGE_H

struct machine;

/* The first stage begins now. */
void stage_begin(void);
/* The stage that has run since the last call ends; the next begins. name: a literal without blanks. */
void stage_end(const char *name);
/* Write the lines; m gives the memory figures. */
void stage_report(const struct machine *m);

#endif
