/* The character and block devices beyond /dev/null and its like. */
#ifndef KERNEL_DEVICES_H
#define KERNEL_DEVICES_H

/* Register them, once: called when somebody first looks into /dev or opens a device node, so that
 * programs that never do pay nothing. Starts the disks (to learn their sizes), no other device. */
void devices_register(void);

#endif
