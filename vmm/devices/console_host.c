#include "devices/console_host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/virtio.h"

void host_end_init(struct host_end *h, int fd)
{
	struct stat st;

	*h = (struct host_end){.fd = fd, .kind = HOST_FILE};
	if (fd < 0 || fstat(fd, &st)) {
		h->fd = -1;
		return;
	}
	if (S_ISFIFO(st.st_mode))
		h->kind = HOST_PIPE;
	else if (S_ISSOCK(st.st_mode))
		h->kind = HOST_SOCKET;
	else if (S_ISCHR(st.st_mode) && isatty(fd))
		h->kind = HOST_TTY;
}

static bool ready(int fd, short events, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, timeout_ms) > 0;
}

void host_wait_writable(const struct host_end *h, int timeout_ms)
{
	ready(h->fd, POLLOUT, timeout_ms);
}

/* How much a ready descriptor takes without blocking. A pipe that polls writable has a free slot,
 * which holds PIPE_BUF bytes; an empty one holds its whole size (pipe(7)). */
static size_t write_room(const struct host_end *h, size_t want)
{
	int queued = 0, size;

	if (h->kind == HOST_TTY)
		return want < 2048 ? want : 2048;
	if (h->kind != HOST_PIPE || want <= PIPE_BUF)
		return want;
	if (ioctl(h->fd, FIONREAD, &queued) == 0 && queued == 0 &&
	    (size = fcntl(h->fd, F_GETPIPE_SZ)) > PIPE_BUF)
		return want < (size_t)size ? want : (size_t)size;
	return PIPE_BUF;
}

static size_t iov_bytes(const struct iovec *iov, unsigned int n)
{
	size_t sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += iov[i].iov_len;
	return sum;
}

static ssize_t send_now(int fd, const struct iovec *iov, unsigned int n)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = n};

	return sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static ssize_t verdict(ssize_t r, ssize_t on_zero)
{
	if (r > 0)
		return r;
	if (r == 0)
		return on_zero;
	return errno == EAGAIN || errno == EINTR ? HOST_BLOCKED : -errno;
}

ssize_t host_write(const struct host_end *h, const struct iovec *iov, unsigned int n)
{
	struct iovec part[VIRTQ_MAX_SIZE];
	size_t want = iov_bytes(iov, n);

	if (h->fd < 0)
		return HOST_CLOSED;
	if (h->kind == HOST_SOCKET)
		return verdict(send_now(h->fd, iov, n), HOST_BLOCKED);
	if (h->kind != HOST_FILE && !ready(h->fd, POLLOUT, 0))
		return HOST_BLOCKED;
	size_t room = write_room(h, want);
	if (room < want) {
		n = iov_slice(iov, n, 0, room, part);
		iov = part;
	}
	return verdict(writev(h->fd, iov, n), HOST_BLOCKED);
}

ssize_t host_read(const struct host_end *h, const struct iovec *iov, unsigned int n)
{
	if (h->fd < 0)
		return HOST_CLOSED;
	if (h->kind != HOST_FILE && !ready(h->fd, POLLIN, 0))
		return HOST_BLOCKED;
	return verdict(readv(h->fd, iov, n), HOST_CLOSED);
}
