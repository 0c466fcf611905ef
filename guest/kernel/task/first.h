/* The first program and the end of the machine with it. */
#ifndef KERNEL_TASK_FIRST_H
#define KERNEL_TASK_FIRST_H

#include "kernel/lib/types.h"

#define FIRST_PID 2

/* Write everything back and end the machine with the shell's form of a wait(2) status. */
_Noreturn void machine_end(int wait_status);

/*
 * Execute a program in the current task: strings[0..len) are its path, cwd, argv[0..argc-1] and envp[0..envc-1], each with its
 * NUL. When it cannot be run the machine ends with a word on mote's stderr and the status that a shell has for that.
 */
void program_start(const char *strings, size_t len, unsigned int argc, unsigned int envc);
/* The same for boot_info's. */
void program_start_boot(void);
/* The end that both come to when a program cannot be run. */
_Noreturn void program_give_up(const char *program, int err);

#endif
