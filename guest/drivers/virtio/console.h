/*
 * virtio-console: the program's standard streams and the terminal (see vmm/devices/console.h for
 * the ports).
 */
#ifndef DRIVERS_VIRTIO_CONSOLE_H
#define DRIVERS_VIRTIO_CONSOLE_H

#include "kernel/lib/types.h"

struct file;

/* The file for descriptor `which` (0, 1 or 2) of the first program: the console terminal when the
 * host's descriptor is one, else the stream of its port (open for reading for 0, for writing for 1
 * and 2), which looks like a FIFO. *out has one reference. 0, -ENOMEM, -ENFILE, or why /dev/console
 * cannot be opened. */
int console_open_stdio(int which, struct file **out);

/* Start now what the first write to standard output or error would start: for machines that are remembered before it. */
void console_prepare(void);

/* Wait until the host has taken what was written to standard output and error (or has refused it): 0, or
 * -ERESTARTSYS: a signal. */
int console_settle(void);

#endif
