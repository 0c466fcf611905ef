/* Pseudoterminals: pty(7), ptmx(4). */
#ifndef KERNEL_TTY_PTY_H
#define KERNEL_TTY_PTY_H

#include "kernel/fs/file.h"

#define PTY_MAX 1024

/* /dev/ptmx, the slaves' device numbers and the devpts file system. */
void pty_register_devices(void);
bool pty_is_master(const struct file *f);

/* ---- devpts.c ---- */
void devpts_register(void);
/* Give slave number n its name in /dev/pts, owned by the current task; take it away. 0, -ENOMEM. */
int devpts_add(unsigned int n);
void devpts_remove(unsigned int n);

#endif
