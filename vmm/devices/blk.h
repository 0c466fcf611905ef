/* virtio-blk (virtio 1.2, section 5.2) over a host file or block device. */
#ifndef MOTE_DEVICES_BLK_H
#define MOTE_DEVICES_BLK_H

struct machine;

#include <stdbool.h>

/* --disk FILE[,ro|,private]: open it (its length rounded down to sectors of 512 bytes is the capacity), add
 * a device to m. With ",private" (or `private`, unless ",ro") writes stay in the machine and the file is only read. 0, or a negative
 * errno after mote_error(). The file is locked (flock) so that two machines do not write one image: -EWOULDBLOCK. */
int blk_add(struct machine *m, const char *spec, bool private);

#endif
