/* Parts of machine_launch() (mote.h) that machines made otherwise need too. */
#ifndef MOTE_LAUNCH_H
#define MOTE_LAUNCH_H

#include <stddef.h>

#include "devices/console.h"

/* The path of the kernel: `given` when not NULL, or `kernel` beside the executable, or ../lib/mote/kernel from
 * there. 0, or -ENOENT, said. */
int launch_find_kernel(const char *given, char *path, size_t size);
/* A console on three host descriptors (-1: none): which are terminals, and how large. */
void launch_console(struct console_config *k, int in, int out, int err);
/* The devices every machine has, in their order, and the disks (NULL or NULL-terminated, as --disk), with `private` as if each were
 * FILE,private. 0 or a negative errno, said. */
int launch_add_devices(struct machine *m, const struct console_config *console,
		       const char *const *disk, bool private);

#endif
