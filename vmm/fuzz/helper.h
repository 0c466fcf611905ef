/*
 * The process that AFL++ believes to be the target's: it kills that one when a case takes too long. It does nothing, holds no descriptor,
 * shares its maker's memory, and dies with the thread that made it.
 */
#ifndef MOTE_FUZZ_HELPER_H
#define MOTE_FUZZ_HELPER_H

#include <sys/types.h>

/* Its pid, or a negative errno. SIGCHLD tells its end. One at a time. */
pid_t helper_make(void);
/* It ends, and is waited for. */
void helper_end(pid_t pid);

#endif
