/* The first program and the end of the machine with it. */
#ifndef KERNEL_TASK_FIRST_H
#define KERNEL_TASK_FIRST_H

#define FIRST_PID 2

/* Write everything back and end the machine with the shell's form of a wait(2) status. */
_Noreturn void machine_end(int wait_status);

#endif
