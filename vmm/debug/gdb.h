/*
 * GDB's remote protocol: a thread that listens for one gdb at a time and has the machine do what it
 * says. mote.h has what users call (machine_debug()).
 */
#ifndef MOTE_GDB_H
#define MOTE_GDB_H

struct machine;

/* The machine has come to its end with status (machine_run()'s): tell gdb, end the thread, remove
 * the socket. Nothing when there is none. */
void gdb_finish(struct machine *m, int status);

#endif
