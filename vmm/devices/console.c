#include "devices/console.h"

#include <errno.h>
#include <linux/virtio_console.h>
#include <linux/virtio_mmio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "devices/console_host.h"
#include "devices/virtio.h"
#include "shared/abi/console.h"

/* Queues (5.3.2): port 0 has 0 and 1, control 2 and 3, port n > 0 has 2n + 2 and 2n + 3. */
#define CONTROL_RX	2
#define CONTROL_TX	3
#define CONSOLE_QUEUES	(2 * (CONSOLE_PORTS + 1))
#define CONTROL_PENDING 32 /* messages kept for a driver that gives no buffers; more are dropped   \
			    */

/* Plain state beside the transport's: saved and loaded as it is. */
struct console_state {
	struct virtio_console_config config;
	struct {
		uint64_t sent; /* bytes of the transmit chain at hand already written to the host */
		uint64_t send; /* how many it is to be, once begun: a test may want less than all */
		uint64_t take; /* the same for the receive chain at hand: bytes it may get */
		/* Control message that the driver must have before it gets the transmit chain at hand
		 * back, 0 for none. PORT_OPEN: the host's end is closed for good. */
		uint16_t news, news_value;
		uint8_t told; /* it has it */
	} port[CONSOLE_PORTS];
	uint32_t pending_count;
	struct virtio_console_control pending[CONTROL_PENDING];
};

struct console {
	struct virtio_device virtio; /* first */
	struct console_state state;
	struct host_end in[CONSOLE_PORTS], out[CONSOLE_PORTS];
	int winch; /* signalfd, -1 when there is no terminal */
	/* The input thread, started when something must be waited for. */
	unsigned long thread;
	bool thread_runs, stop;
	bool want_in[CONSOLE_PORTS], want_out[CONSOLE_PORTS];
	int wake; /* eventfd */
	int kick; /* ioeventfd of the terminal's receive queue, once the input thread runs */
};

/* The input thread's descriptors: wake, winch, two a port, kick. */
#define POLL_PORTS 2
#define POLL_KICK (POLL_PORTS + 2 * CONSOLE_PORTS)
#define POLL_COUNT (POLL_KICK + 1)

static unsigned int rx_queue(unsigned int port)
{
	return port ? 2 * port + 2 : 0;
}

static unsigned int tx_queue(unsigned int port)
{
	return rx_queue(port) + 1;
}

static void *io_thread(void *arg);

/*
 * From now on a notification of the terminal's receive queue goes from KVM straight to the input thread,
 * which would have to wait for a key in any case: no exit to the VMM. Where KVM refuses, notifications
 * keep coming to console_notify().
 */
static void kick_thread_directly(struct console *c)
{
	c->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->kick < 0)
		return;
	if (device_add_ioeventfd(&c->virtio.mmio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, rx_queue(CONSOLE_PORT_TTY), c->kick)) {
		close(c->kick);
		c->kick = -1;
		return;
	}
	eventfd_write(c->wake, 1);
}

/* Have the input thread look at the want_ flags again. */
static void wake_thread(struct console *c)
{
	if (c->stop)
		return;
	if (c->thread_runs) {
		eventfd_write(c->wake, 1);
		return;
	}
	c->thread_runs = device_start_thread(&c->thread, io_thread, c) == 0;
	if (c->thread_runs && c->in[CONSOLE_PORT_TTY].fd >= 0)
		kick_thread_directly(c);
}

/* ---- control messages ---- */

/* The driver is given m: also what somebody waits to have told? */
static void note_told(struct console *c, const struct virtio_console_control *m)
{
	unsigned int port = m->id & 0xffff; /* see CONSOLE_SHORT_ID */

	if (port < CONSOLE_PORTS && m->event == c->state.port[port].news && m->value == c->state.port[port].news_value)
		c->state.port[port].told = 1;
}

static void control_flush(struct console *c)
{
	struct virtio_device *dev = &c->virtio;
	struct virtq_chain ch;

	while (c->state.pending_count && virtio_peek(dev, CONTROL_RX, &ch)) {
		struct virtio_console_control *m = &c->state.pending[0];
		if (ch.readable || ch.write_len < sizeof(*m)) {
			virtio_broken(dev);
			return;
		}
		iov_from_buf(ch.iov, ch.writable, m, sizeof(*m));
		note_told(c, m);
		c->state.pending_count--;
		memmove(m, m + 1, c->state.pending_count * sizeof(*m));
		virtio_finish(dev, CONTROL_RX, &ch, sizeof(*m));
	}
}

static void control_send(struct console *c, uint32_t port, uint16_t event, uint16_t value)
{
	if (c->state.pending_count == CONTROL_PENDING)
		return;
	c->state.pending[c->state.pending_count++] =
		(struct virtio_console_control){.id = port, .event = event, .value = value};
	control_flush(c);
}

static void control_message(struct console *c, const struct virtio_console_control *m)
{
	if (m->event == VIRTIO_CONSOLE_DEVICE_READY && m->value) {
		for (unsigned int i = 0; i < CONSOLE_PORTS; i++)
			control_send(c, i, VIRTIO_CONSOLE_PORT_ADD, 1);
	} else if (m->event == VIRTIO_CONSOLE_PORT_READY && m->value && m->id < CONSOLE_PORTS) {
		if (m->id == CONSOLE_PORT_TTY)
			control_send(c, m->id, VIRTIO_CONSOLE_CONSOLE_PORT, 1);
		control_send(c, m->id, VIRTIO_CONSOLE_PORT_OPEN, 1);
	}
}

static void control_receive(struct console *c)
{
	struct virtio_device *dev = &c->virtio;
	struct virtq_chain ch;

	while (virtio_peek(dev, CONTROL_TX, &ch)) {
		struct virtio_console_control m;
		if (ch.writable || ch.read_len < sizeof(m)) {
			virtio_broken(dev);
			return;
		}
		iov_to_buf(ch.iov, ch.readable, &m, sizeof(m));
		virtio_finish(dev, CONTROL_TX, &ch, 0);
		control_message(c, &m);
	}
}

/* ---- data ---- */

static bool multiport(const struct console *c)
{
	return c->virtio.state.driver_features & (1ull << VIRTIO_CONSOLE_F_MULTIPORT);
}

/*
 * The host's end of an output is gone, or does not take the chain at hand. That stays with us until the
 * driver has taken the message: so that its writer learns of it from this very write. A driver
 * without a control queue is made to look by a configuration interrupt.
 */
static void port_news(struct console *c, unsigned int port, uint16_t head, uint16_t event, uint16_t value)
{
	if (c->state.port[port].news)
		return;
	c->state.port[port].news = event;
	c->state.port[port].news_value = value;
	if (!multiport(c)) {
		c->state.port[port].told = 1;
		return;
	}
	control_send(c, event == CONSOLE_PORT_SHORT ? CONSOLE_SHORT_ID(port, (uint32_t)head) : port, event, value);
	if (!c->state.port[port].told)
		virtio_config_changed(&c->virtio);
}

/* May the transmit chain at hand go back? Not before the driver has the news about it. */
static bool news_taken(struct console *c, unsigned int port)
{
	if (c->state.port[port].news && !c->state.port[port].told)
		return false;
	if (c->state.port[port].news != VIRTIO_CONSOLE_PORT_OPEN)
		c->state.port[port].news = c->state.port[port].told = 0;
	return true;
}

/* ---- faults for tests ---- */

static uint32_t unit_bit(unsigned int port)
{
	return 1u << (port + 1);
}

static uint32_t output_units(unsigned int port)
{
	bool output = port == CONSOLE_PORT_STDOUT || port == CONSOLE_PORT_STDERR;

	return unit_bit(port) | (output ? 1 : 0);
}

static int console_check_fault(const struct virtio_device *dev, const struct io_fault *f)
{
	uint32_t outputs = 1u | unit_bit(CONSOLE_PORT_STDOUT) | unit_bit(CONSOLE_PORT_STDERR);

	(void)dev;
	if (f->unit == CONSOLE_PORT_STDIN + 1)
		return f->error ? -EOPNOTSUPP : 0; /* virtio-console has no word for it */
	if (f->unit == CONSOLE_PORT_TTY + 1)
		return -EOPNOTSUPP; /* nobody hears of what a terminal did not take */
	if (!(outputs >> f->unit & 1))
		return -ENODEV;
	return !f->error || f->error == EIO || f->error == ENOSPC || f->error == EPIPE ? 0 : -EINVAL;
}

/* A transmit chain comes to hand. */
static void chain_begin(struct console *c, unsigned int port, const struct virtq_chain *ch)
{
	struct io_fault f;

	if (c->state.port[port].send || c->state.port[port].news)
		return;
	c->state.port[port].send = ch->read_len;
	if (!virtio_fault(&c->virtio, output_units(port), &f))
		return;
	if (f.error)
		port_news(c, port, ch->head, CONSOLE_PORT_ERROR, (uint16_t)f.error);
	else if (f.length < ch->read_len)
		c->state.port[port].send = f.length < UINT16_MAX ? f.length : UINT16_MAX;
}

/* The bytes of the receive chain at hand that may be filled. */
static uint64_t chain_room(struct console *c, unsigned int port, const struct virtq_chain *ch)
{
	uint64_t *take = &c->state.port[port].take;
	struct io_fault f;

	if (*take)
		return *take;
	*take = ch->write_len;
	if (virtio_fault(&c->virtio, unit_bit(port), &f) && f.length < *take)
		*take = f.length;
	return *take;
}

/* ---- transfers ---- */

/* Write the rest of ch: HOST_BLOCKED, -errno, or 1 when all of it that is to be written is. */
static int chain_write(struct console *c, unsigned int port, const struct virtq_chain *ch)
{
	uint64_t *sent = &c->state.port[port].sent, send = c->state.port[port].send;

	while (*sent < send && *sent < ch->read_len) {
		struct iovec part[VIRTQ_MAX_SIZE];
		unsigned int n = iov_slice(ch->iov, ch->readable, *sent, send - *sent, part);
		ssize_t r = host_write(&c->out[port], part, n);
		if (r <= 0)
			return r;
		*sent += r;
	}
	return 1;
}

/* Send the chain at hand. False when the host takes no more now; else it is done with, perhaps with news
 * for the driver. */
static bool port_send(struct console *c, unsigned int port, const struct virtq_chain *ch)
{
	int r = chain_write(c, port, ch);

	if (r == HOST_CLOSED)
		port_news(c, port, ch->head, VIRTIO_CONSOLE_PORT_OPEN, 0);
	else if (r < 0)
		port_news(c, port, ch->head, CONSOLE_PORT_ERROR, (uint16_t)-r);
	else if (r != HOST_BLOCKED && c->state.port[port].sent < ch->read_len)
		port_news(c, port, ch->head, CONSOLE_PORT_SHORT, (uint16_t)c->state.port[port].sent);
	return r != HOST_BLOCKED;
}

static void port_transmit(struct console *c, unsigned int port)
{
	struct virtio_device *dev = &c->virtio;
	struct virtq_chain ch;

	while (virtio_peek(dev, tx_queue(port), &ch)) {
		if (ch.writable) {
			virtio_broken(dev);
			return;
		}
		chain_begin(c, port, &ch);
		if (!c->state.port[port].news && !port_send(c, port, &ch)) {
			if (machine_may_wait(dev->mmio.machine)) {
				host_wait_writable(&c->out[port], 100);
				continue;
			}
			c->want_out[port] = true;
			wake_thread(c);
			return;
		}
		if (!news_taken(c, port))
			return;
		c->state.port[port].sent = c->state.port[port].send = 0;
		virtio_finish(dev, tx_queue(port), &ch, 0);
	}
}

static void port_receive(struct console *c, unsigned int port)
{
	struct virtio_device *dev = &c->virtio;
	struct virtq_chain ch;

	while (virtio_peek(dev, rx_queue(port), &ch)) {
		if (ch.readable) {
			virtio_broken(dev);
			return;
		}
		struct iovec part[VIRTQ_MAX_SIZE];
		unsigned int n = iov_slice(ch.iov, ch.writable, 0, chain_room(c, port, &ch), part);
		ssize_t r = host_read(&c->in[port], part, n);
		if (r == HOST_BLOCKED) {
			c->want_in[port] = true;
			wake_thread(c);
			return;
		}
		if (r < 0 && dev->state.queue[CONTROL_RX].ready)
			control_send(c, port, VIRTIO_CONSOLE_PORT_OPEN, 0);
		c->state.port[port].take = 0;
		virtio_finish(dev, rx_queue(port), &ch, r > 0 ? r : 0);
	}
}

static void console_notify(struct virtio_device *dev, unsigned int queue)
{
	struct console *c = (struct console *)dev;

	if (queue == CONTROL_TX) {
		control_receive(c);
	} else if (queue == CONTROL_RX) {
		control_flush(c);
		for (unsigned int i = 0; i < CONSOLE_PORTS; i++)
			if (c->state.port[i].news)
				port_transmit(c, i);
	} else {
		unsigned int port = queue < 2 ? 0 : queue / 2 - 1;
		if (queue % 2)
			port_transmit(c, port);
		else
			port_receive(c, port);
		if (queue == 0 && c->winch >= 0 && !c->thread_runs)
			wake_thread(c);
	}
}

static void console_reset(struct virtio_device *dev)
{
	struct console *c = (struct console *)dev;

	c->state.pending_count = 0;
	memset(c->state.port, 0, sizeof(c->state.port));
}

static bool console_state_possible(const struct mmio_device *mmio)
{
	const struct console *c = (const struct console *)mmio;

	return virtio_state_possible(&c->virtio) && c->state.pending_count <= CONTROL_PENDING;
}

/* What waited for the host waits again. */
static void console_resumed(struct virtio_device *dev)
{
	struct console *c = (struct console *)dev;

	for (unsigned int i = 0; i < CONSOLE_PORTS; i++) {
		c->want_in[i] = c->want_out[i] = false;
		port_transmit(c, i);
		port_receive(c, i);
	}
}

/* ---- the input thread ---- */

static bool read_size(struct console *c)
{
	struct winsize w;

	for (unsigned int i = 0; i < 2; i++) {
		const struct host_end *h = i ? &c->in[0] : &c->out[0];
		if (h->kind != HOST_TTY || ioctl(h->fd, TIOCGWINSZ, &w))
			continue;
		bool changed = c->state.config.rows != w.ws_row || c->state.config.cols != w.ws_col;
		c->state.config.rows = w.ws_row;
		c->state.config.cols = w.ws_col;
		return changed;
	}
	return false;
}

static unsigned int build_poll(struct console *c, struct pollfd *p)
{
	unsigned int n = 0;

	p[n++] = (struct pollfd){.fd = c->wake, .events = POLLIN};
	p[n++] = (struct pollfd){.fd = c->winch, .events = POLLIN};
	for (unsigned int i = 0; i < CONSOLE_PORTS; i++) {
		p[n++] = (struct pollfd){.fd = c->want_in[i] ? c->in[i].fd : -1, .events = POLLIN};
		p[n++] = (struct pollfd){.fd = c->want_out[i] ? c->out[i].fd : -1,
					 .events = POLLOUT};
	}
	p[n++] = (struct pollfd){.fd = c->kick, .events = POLLIN};
	return n;
}

static void serve_poll(struct console *c, const struct pollfd *p)
{
	struct signalfd_siginfo info;
	uint64_t count;

	if (p[0].revents && read(c->wake, &count, sizeof(count)) < 0)
		return;
	if (p[POLL_KICK].revents && read(c->kick, &count, sizeof(count)) == sizeof(count))
		port_receive(c, CONSOLE_PORT_TTY);
	if (p[1].revents && read(c->winch, &info, sizeof(info)) == sizeof(info) && read_size(c))
		virtio_config_changed(&c->virtio);
	for (unsigned int i = 0; i < CONSOLE_PORTS; i++) {
		if (p[POLL_PORTS + 2 * i].revents) {
			c->want_in[i] = false;
			port_receive(c, i);
		}
		if (p[POLL_PORTS + 1 + 2 * i].revents) {
			c->want_out[i] = false;
			port_transmit(c, i);
		}
	}
}

static void *io_thread(void *arg)
{
	struct console *c = arg;
	struct pollfd p[POLL_COUNT];

	pthread_mutex_lock(&c->virtio.lock);
	while (!c->stop) {
		unsigned int n = build_poll(c, p);
		pthread_mutex_unlock(&c->virtio.lock);
		int r = poll(p, n, -1);
		pthread_mutex_lock(&c->virtio.lock);
		if (r > 0 && !c->stop)
			serve_poll(c, p);
	}
	pthread_mutex_unlock(&c->virtio.lock);
	return NULL;
}

/* ---- life ---- */

static void stop_thread(struct console *c)
{
	pthread_mutex_lock(&c->virtio.lock);
	c->stop = true;
	bool runs = c->thread_runs;
	eventfd_write(c->wake, 1);
	pthread_mutex_unlock(&c->virtio.lock);
	if (runs)
		pthread_join((pthread_t)c->thread, NULL);
}

/* Write out what the guest has handed over, as long as somebody reads it and the machine was not
 * ended from outside. */
static void drain(struct console *c, unsigned int port)
{
	for (;;) {
		c->want_out[port] = false;
		port_transmit(c, port);
		if (!c->want_out[port] || machine_forced(c->virtio.mmio.machine))
			return;
		host_wait_writable(&c->out[port], 100);
	}
}

static void console_free(struct console *c)
{
	if (c->winch >= 0)
		close(c->winch);
	if (c->wake >= 0)
		close(c->wake);
	if (c->kick >= 0)
		close(c->kick);
	pthread_mutex_destroy(&c->virtio.lock);
	free(c);
}

static void console_destroy(struct mmio_device *mmio)
{
	struct console *c = (struct console *)mmio;

	stop_thread(c);
	for (unsigned int i = 0; i < CONSOLE_PORTS; i++)
		drain(c, i);
	console_free(c);
}

static const struct virtio_ops console_ops = {
	.features = 1ull << VIRTIO_CONSOLE_F_SIZE | 1ull << VIRTIO_CONSOLE_F_MULTIPORT,
	.queue_count = CONSOLE_QUEUES,
	.notify = console_notify,
	.reset = console_reset,
	.check_fault = console_check_fault,
	.resumed = console_resumed,
};

static void choose_ends(struct console *c, const struct console_config *k)
{
	int tty_out = k->out_tty ? k->out : k->err_tty ? k->err : k->in_tty ? k->in : k->err;

	for (unsigned int i = 0; i < CONSOLE_PORTS; i++)
		c->in[i].fd = c->out[i].fd = -1;
	host_end_init(&c->in[CONSOLE_PORT_TTY], k->in_tty ? k->in : -1);
	host_end_init(&c->out[CONSOLE_PORT_TTY], tty_out);
	host_end_init(&c->in[CONSOLE_PORT_STDIN], k->in_tty ? -1 : k->in);
	host_end_init(&c->out[CONSOLE_PORT_STDOUT], k->out);
	host_end_init(&c->out[CONSOLE_PORT_STDERR], k->err);
}

/* Signals the console takes another way: SIGPIPE as EPIPE, SIGWINCH from a signalfd. */
static int take_signals(struct console *c, bool tty)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	if (tty) {
		c->winch = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
		if (c->winch < 0)
			return -errno;
	} else {
		sigemptyset(&set);
	}
	sigaddset(&set, SIGPIPE);
	return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int console_add(struct machine *m, const struct console_config *k)
{
	struct console *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	virtio_setup(&c->virtio, &console_ops, VIRTIO_ID_CONSOLE, &c->state.config,
		     sizeof(c->state.config));
	c->virtio.mmio.destroy = console_destroy;
	c->virtio.mmio.state_possible = console_state_possible;
	c->virtio.mmio.state[1] = (struct device_state){&c->state, sizeof(c->state)};
	c->state.config = (struct virtio_console_config){
		.cols = k->columns, .rows = k->rows, .max_nr_ports = CONSOLE_PORTS};
	choose_ends(c, k);
	c->winch = -1;
	c->kick = -1;
	c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int err = c->wake < 0 ? -errno : take_signals(c, k->in_tty || k->out_tty || k->err_tty);
	if (!err)
		err = machine_add_device(m, &c->virtio.mmio);
	if (err)
		console_free(c);
	return err;
}
