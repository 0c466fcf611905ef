/*
 * The user's terminal while a guest runs: raw, so that every byte reaches the guest's own line
 * discipline (Ctrl-C too), and put back on every way out.
 */
#ifndef MOTE_CLI_TERMINAL_H
#define MOTE_CLI_TERMINAL_H

/* Make the terminal at standard input raw. It is put back by terminal_restore(), at exit, on a
 * crash caught by terminal_catch_crashes(), and, by a small watching process, when mote is killed
 * outright. No effect when standard input is no terminal or mote is in its background. */
void terminal_raw(void);
/* Let SIGSEGV and its like say one line, restore the terminal and end with MOTE_FAILED. */
void terminal_catch_crashes(void);
/* Async-signal-safe; more than once is fine. */
void terminal_restore(void);

#endif
