/*
 * The ports of mote's console, and what it adds to virtio-console: control messages (struct virtio_console_control)
 * from the device, harmless to drivers that do not know them.
 */
#ifndef MOTE_ABI_CONSOLE_H
#define MOTE_ABI_CONSOLE_H

enum console_port {
	CONSOLE_PORT_TTY,
	CONSOLE_PORT_STDIN,
	CONSOLE_PORT_STDOUT,
	CONSOLE_PORT_STDERR,
	CONSOLE_PORTS
};

/* The host did not take the oldest output buffer of port `id`, which is dropped; value = Linux
 * errno. */
#define CONSOLE_PORT_ERROR 0x6d00
/*
 * The host took only the first `value` bytes of the oldest output buffer of a port; the rest is dropped.
 * `id` tells the port in its low half and in the high one the buffer's head descriptor, for other buffers
 * may be on their way.
 */
#define CONSOLE_PORT_SHORT 0x6d01
#define CONSOLE_SHORT_ID(port, head) ((port) | (head) << 16)

#endif
