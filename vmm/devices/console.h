/*
 * virtio-console (virtio 1.2, section 5.3), multiport. Port 0 is the terminal (when there is one),
 * ports 1, 2 and 3 carry the program's standard input, output and error as byte streams.
 *
 * Beyond the specification, and harmless to other drivers: ports serve their queues from DRIVER_OK
 * on, without waiting for PORT_READY; the end of input completes the waiting receive buffer with
 * length 0 (and PORT_OPEN 0 is sent). Output that the host refuses for another reason than a closed
 * end (a full disk) is dropped, and the control message CONSOLE_PORT_ERROR says why. Standard input
 * is read only while the guest has a receive buffer there, and never more than that holds.
 */
#ifndef MOTE_DEVICES_CONSOLE_H
#define MOTE_DEVICES_CONSOLE_H

#include <stdbool.h>

#include "devices/device.h"
#include "shared/abi/console.h"

struct console_config {
	/* Host descriptors of the three streams, -1 for none; they stay the caller's. */
	int in, out, err;
	/* Which of them are terminals (BOOT_STD*_TTY). The terminal port reads `in` when that is
	 * one and writes to the first terminal of out, err, in; with none of them a terminal it has
	 * no input and writes to err. */
	bool in_tty, out_tty, err_tty;
	unsigned short rows, columns; /* 0: not known */
};

/*
 * Make the device and add it to m. Blocks SIGPIPE, and SIGWINCH where there is a terminal, in the
 * calling thread (call it before other threads start): a changed window size reaches the guest by
 * itself. The caller sets the terminal's modes. 0 or a negative errno.
 */
int console_add(struct machine *m, const struct console_config *config);

#endif
