/*
 * What mote's console adds to virtio-console: a control message (struct virtio_console_control)
 * from the device, harmless to drivers that do not know it.
 */
#ifndef MOTE_ABI_CONSOLE_H
#define MOTE_ABI_CONSOLE_H

/* The host did not take the oldest output buffer of port `id`, which is dropped; value = Linux
 * errno. */
#define CONSOLE_PORT_ERROR 0x6d00

#endif
