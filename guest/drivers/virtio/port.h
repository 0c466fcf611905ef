/*
 * The ports of the virtio console, inside of the driver. The device starts with the first use of
 * any port, a queue with the first use of its direction.
 */
#ifndef DRIVERS_VIRTIO_PORT_H
#define DRIVERS_VIRTIO_PORT_H

#include "drivers/virtio/virtio.h"
#include "kernel/fs/uio.h"
#include "kernel/task/wait.h"
#include "shared/abi/console.h"

enum {
	PORT_TTY = CONSOLE_PORT_TTY,
	PORT_STDIN = CONSOLE_PORT_STDIN,
	PORT_STDOUT = CONSOLE_PORT_STDOUT,
	PORT_STDERR = CONSOLE_PORT_STDERR,
	PORT_COUNT = CONSOLE_PORTS
};

#define PORT_CHUNKS 4
#define PORT_SMALL  4096u
#define PORT_LARGE  65536u

/* A buffer of output on its way: a small one that always exists, or `large`, from the first large
 * write on. */
struct port_chunk {
	u8 *large;
	bool busy;
};

struct port {
	unsigned int id;
	bool closed;	   /* the host takes no more output */
	u16 error;	   /* errno of output that the host refused, for the next writer */
	struct port_chunk *judged; /* the buffer whose writer waits for the host's verdict now; NULL: none */
	u32 taken;		   /* and how much of it the host took */
	struct waitq wait; /* input came, output went, or the host closed */
	struct vq tx, rx;
	struct port_chunk chunk[PORT_CHUNKS];
	/* Input: one buffer is with the device, or holds [rx_off, rx_len) not yet read, or the end
	 * of input. */
	u8 *rx_buf;
	u32 rx_cap, rx_off, rx_len;
	bool rx_posted, rx_eof;
	void (*on_event)(struct port *p); /* beside waking `wait` (terminal); must not sleep */
};

/* The port, its device started: NULL when the machine has no console. */
struct port *port_get(unsigned int id);

/* Start the device and p's queue for output now, so that the first write need not. */
void port_prepare(unsigned int id);

/*
 * Send up to all of `from`: bytes taken (they will reach the host, also when the caller ends; fewer when
 * the host took no more), or, when nothing was, -EAGAIN (nonblock and no room), -EPIPE (host closed), what
 * else the host's write(2) said, -EFAULT, -ERESTARTSYS. Sleeps while the host is slow.
 */
isize port_write(struct port *p, struct uio *from, bool nonblock);
/* The same without a uio, for small pieces: a buffer of PORT_SMALL bytes to be filled, or NULL when
 * there is no room now (then p->wait is woken), and its sending, n > 0 bytes of it. Nothing may
 * sleep between the two. */
u8 *port_reserve(struct port *p);
void port_commit(struct port *p, u8 *buf, u32 n);
/* May port_write take something now? Else the next room wakes p->wait. */
bool port_writable(struct port *p);
/* Has the host not taken all output yet? Then p->wait is woken when it takes more. */
bool port_busy(struct port *p);

/* Have the device fill the empty receive buffer with at most `want` bytes (it may do so at once):
 * 0, -ENOMEM. Nothing happens when input is waiting or a buffer is out. */
int port_post(struct port *p, u32 want);
/* Is there input or its end? Else the next input wakes p->wait. */
bool port_readable(struct port *p);

/* Called when the host's window size changed. */
extern void (*port_size_changed)(u16 rows, u16 columns);

#endif
