/* The host ends of the console's ports: descriptors that must never be made non-blocking (others
 * share them) and yet must not block a vCPU for long. */
#ifndef MOTE_DEVICES_CONSOLE_HOST_H
#define MOTE_DEVICES_CONSOLE_HOST_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

enum host_kind { HOST_FILE, HOST_PIPE, HOST_SOCKET, HOST_TTY };

struct host_end {
	int fd; /* -1: none */
	enum host_kind kind;
};

void host_end_init(struct host_end *h, int fd);

/* Answers of the next two: bytes moved (> 0), HOST_BLOCKED: nothing now, wait with poll(2), or a
 * negative errno: HOST_CLOSED when there is no reader, or no writer. */
#define HOST_BLOCKED 0
#define HOST_CLOSED  (-EPIPE)
/* Write some of iov[0..n). */
ssize_t host_write(const struct host_end *h, const struct iovec *iov, unsigned int n);
ssize_t host_read(const struct host_end *h, const struct iovec *iov, unsigned int n);
/* Wait until host_write() can go on, at most timeout_ms. */
void host_wait_writable(const struct host_end *h, int timeout_ms);

#endif
