/* /dev/mote: what a test asks of its machine (shared/abi/testdev.h). */
#ifndef KERNEL_TESTDEV_H
#define KERNEL_TESTDEV_H

/* Register the device. */
void testdev_register(void);

#endif
