#include "drivers/virtio/port.h"
#include "drivers/virtio/console.h"

#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>

#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"
#include "shared/abi/console.h"

#define CONTROL_RX 2
#define CONTROL_TX 3

static struct virtio_dev device;
static enum { DEVICE_OFF, DEVICE_ON, DEVICE_BROKEN } device_state;

#define PORT(n) [n] = {.id = n, .wait = WAITQ_INIT(port_table[n].wait)}
static struct port port_table[PORT_COUNT] = {PORT(PORT_TTY), PORT(PORT_STDIN), PORT(PORT_STDOUT),
					     PORT(PORT_STDERR)};
static VQ_MEMORY(tx_memory[PORT_COUNT], PORT_CHUNKS);
static VQ_MEMORY(rx_memory[PORT_COUNT], 1);
/* In the image: not touched until used, and there before any allocator. */
static u8 small_buffer[PORT_COUNT][PORT_CHUNKS][PORT_SMALL] __aligned(64);

#define CONTROL_BUFFERS 4
static struct vq control;
static VQ_MEMORY(control_memory, CONTROL_BUFFERS);
static struct virtio_console_control control_buffer[CONTROL_BUFFERS];

void (*port_size_changed)(u16 rows, u16 columns);

static unsigned int rx_queue(const struct port *p)
{
	return p->id ? 2 * p->id + 2 : 0;
}

/* ---- control: only to learn that the host has closed an output ---- */

static void control_post(unsigned int i)
{
	vq_describe(&control, i, &control_buffer[i], sizeof(control_buffer[i]), VRING_DESC_F_WRITE,
		    0);
	vq_submit(&control, i);
}

/* A write that has ended already is heard of as an error of the next one. */
static void note_short(struct port *p, u32 head, u32 taken)
{
	if (p->judged && p->judged == p->chunk + head)
		p->taken = MIN(p->taken, taken);
	else
		p->error = EIO;
}

static void control_message(const struct virtio_console_control *m)
{
	u32 id = m->event == CONSOLE_PORT_SHORT ? m->id & 0xffff : m->id;
	struct port *p = id < PORT_COUNT ? &port_table[id] : NULL;

	if (!p)
		return;
	if (m->event == VIRTIO_CONSOLE_PORT_OPEN && !m->value)
		p->closed = true;
	else if (m->event == CONSOLE_PORT_ERROR)
		p->error = m->value;
	else if (m->event == CONSOLE_PORT_SHORT)
		note_short(p, m->id >> 16, m->value);
	waitq_wake_all(&p->wait, 0);
}

static void control_service(void)
{
	u16 head;
	u32 len;

	if (!vq_live(&control)) {
		if (!virtio_has(&device, VIRTIO_CONSOLE_F_MULTIPORT))
			return;
		VQ_SETUP(&control, &device, CONTROL_RX, &control_memory);
		for (unsigned int i = 0; i < CONTROL_BUFFERS; i++)
			control_post(i);
	}
	do {
		while (vq_take_used(&control, &head, &len)) {
			struct virtio_console_control m = control_buffer[head];
			control_post(head);
			if (len == sizeof(m))
				control_message(&m);
		}
	} while (vq_want_interrupt(&control));
}

static void on_config(struct virtio_dev *d)
{
	control_service();
	if (port_size_changed && virtio_has(d, VIRTIO_CONSOLE_F_SIZE)) {
		u16 cols = virtio_config16(d, offsetof(struct virtio_console_config, cols));
		port_size_changed(virtio_config16(d, offsetof(struct virtio_console_config, rows)),
				  cols);
	}
}

/* ---- queues ---- */

static void reap_tx(struct port *p)
{
	u16 head;
	u32 len;

	while (vq_live(&p->tx) && vq_take_used(&p->tx, &head, &len))
		p->chunk[head].busy = false;
}

static void reap_rx(struct port *p)
{
	u16 head;
	u32 len;

	if (!vq_live(&p->rx) || !vq_take_used(&p->rx, &head, &len))
		return;
	p->rx_posted = false;
	p->rx_off = 0;
	p->rx_len = MIN(len, p->rx_cap);
	p->rx_eof = len == 0;
}

static void on_queue(struct virtio_dev *d __unused)
{
	if (vq_live(&control))
		control_service();
	for (struct port *p = port_table; p < port_table + PORT_COUNT; p++) {
		if (!vq_live(&p->tx) && !vq_live(&p->rx))
			continue;
		reap_tx(p);
		reap_rx(p);
		if (p->on_event)
			p->on_event(p);
		waitq_wake_all(&p->wait, 0);
	}
}

static void start_device(void)
{
	const u64 wanted = 1ull << VIRTIO_CONSOLE_F_SIZE | 1ull << VIRTIO_CONSOLE_F_MULTIPORT;
	bool paused = arch_heavy_pause(); /* for virtio_ready too */

	device.on_queue = on_queue;
	device.on_config = on_config;
	device_state = DEVICE_BROKEN;
	if (!virtio_start(&device, VIRTIO_ID_CONSOLE, 0, wanted)) {
		virtio_ready(&device);
		device_state = DEVICE_ON;
	}
	arch_heavy_resume(paused);
}

struct port *port_get(unsigned int id)
{
	if (device_state == DEVICE_OFF)
		start_device();
	return device_state == DEVICE_ON ? &port_table[id] : NULL;
}

/* ---- output ---- */

static void tx_start(struct port *p)
{
	if (!vq_live(&p->tx))
		VQ_SETUP(&p->tx, &device, rx_queue(p) + 1, &tx_memory[p->id]);
}

void port_prepare(unsigned int id)
{
	struct port *p = port_get(id);

	if (p)
		tx_start(p);
}

static struct port_chunk *free_chunk(struct port *p)
{
	for (unsigned int i = 0; i < PORT_CHUNKS; i++)
		if (!p->chunk[i].busy)
			return &p->chunk[i];
	return NULL;
}

static bool any_busy(struct port *p)
{
	reap_tx(p);
	for (unsigned int i = 0; i < PORT_CHUNKS; i++)
		if (p->chunk[i].busy)
			return true;
	return false;
}

bool port_busy(struct port *p)
{
	if (p->closed || !any_busy(p))
		return false;
	return !vq_want_interrupt(&p->tx) || any_busy(p);
}

bool port_writable(struct port *p)
{
	reap_tx(p);
	if (p->closed || p->error || !vq_live(&p->tx) || free_chunk(p))
		return true;
	if (!vq_want_interrupt(&p->tx))
		return false;
	reap_tx(p);
	return free_chunk(p) != NULL;
}

u8 *port_reserve(struct port *p)
{
	tx_start(p);
	if (p->chunk[0].busy && (!port_writable(p) || !free_chunk(p)))
		return NULL;
	return small_buffer[p->id][free_chunk(p) - p->chunk];
}

/* Hand chunk i, holding n bytes at buf, to the device. */
static void submit_chunk(struct port *p, unsigned int i, const u8 *buf, u32 n)
{
	p->chunk[i].busy = true;
	vq_describe(&p->tx, i, buf, n, 0, 0);
	vq_submit(&p->tx, i);
	reap_tx(p);
}

void port_commit(struct port *p, u8 *buf, u32 n)
{
	submit_chunk(p, (buf - small_buffer[p->id][0]) / PORT_SMALL, buf, n);
}

/* The buffer for a write of n bytes, and how much of it fits. */
static u8 *chunk_buffer(struct port *p, struct port_chunk *c, size_t n, size_t *room)
{
	if (n > PORT_SMALL && !c->large)
		c->large = kmalloc(PORT_LARGE);
	if (n > PORT_SMALL && c->large) {
		*room = MIN(n, PORT_LARGE);
		return c->large;
	}
	*room = MIN(n, PORT_SMALL);
	return small_buffer[p->id][c - p->chunk];
}

/* Why the host takes no output (0: it does). */
static int take_error(struct port *p)
{
	int err = p->closed ? EPIPE : p->error;

	p->error = 0;
	return -err;
}

/* A buffer of n bytes did not go at once (the host is slow, or does not take it, and then says so by
 * interrupt), or the control queue may hold a word about it: how many bytes the host will have taken. */
static u32 hear_verdict(struct port *p, struct port_chunk *c, u32 n)
{
	p->judged = c;
	p->taken = n;
	if (c->busy)
		virtio_poll_interrupt(&device);
	else
		control_service();
	p->judged = NULL;
	return p->taken;
}

/* One buffer of output through a free chunk: bytes, -EFAULT, or why the host did not take it. */
static isize send_chunk(struct port *p, struct port_chunk *c, struct uio *from)
{
	size_t room, n;
	unsigned int i = c - p->chunk;
	u8 *buf = chunk_buffer(p, c, from->left, &room);

	c->busy = true; /* the copy may sleep */
	n = uio_read(from, buf, room);
	if (n == 0) {
		c->busy = false;
		return -EFAULT;
	}
	submit_chunk(p, i, buf, n);
	if (c->busy || vq_live(&control))
		n = hear_verdict(p, c, n);
	int err = take_error(p);
	return err ? err : (isize)n;
}

static int wait_writable(struct port *p, bool nonblock)
{
	if (nonblock)
		return port_writable(p) ? 0 : -EAGAIN;
	return WAIT_EVENT(&p->wait, port_writable(p), TASK_INTERRUPTIBLE, NO_DEADLINE);
}

isize port_write(struct port *p, struct uio *from, bool nonblock)
{
	isize done = 0, r = 0;

	tx_start(p);
	while (from->left) {
		struct port_chunk *c = NULL;
		size_t left = from->left;
		r = take_error(p);
		if (!r && p->chunk[0].busy)
			r = wait_writable(p, nonblock);
		if (!r)
			c = free_chunk(p);
		if (c)
			r = send_chunk(p, c, from);
		if (r < 0)
			break;
		done += r;
		if ((size_t)r < left - from->left) /* the host took no more of it */
			break;
	}
	return done ? done : r;
}

int console_settle(void)
{
	int err = 0;

	for (unsigned int id = PORT_STDOUT; id <= PORT_STDERR && device_state == DEVICE_ON && !err; id++) {
		struct port *p = &port_table[id];

		err = WAIT_EVENT(&p->wait, !port_busy(p), TASK_INTERRUPTIBLE, NO_DEADLINE);
	}
	return err;
}

/* ---- input ---- */

static int rx_buffer(struct port *p, u32 want)
{
	u32 cap = want > PORT_SMALL ? PORT_LARGE : PORT_SMALL;

	if (!vq_live(&p->rx))
		VQ_SETUP(&p->rx, &device, rx_queue(p), &rx_memory[p->id]);
	if (cap <= p->rx_cap)
		return 0;
	u8 *buf = kmalloc(cap);
	if (!buf)
		return p->rx_cap ? 0 : -ENOMEM;
	kfree(p->rx_buf);
	p->rx_buf = buf;
	p->rx_cap = cap;
	return 0;
}

int port_post(struct port *p, u32 want)
{
	if (p->rx_posted || p->rx_off < p->rx_len || p->rx_eof)
		return 0;
	int err = rx_buffer(p, want);
	if (err)
		return err;
	vq_describe(&p->rx, 0, p->rx_buf, MIN(want, p->rx_cap), VRING_DESC_F_WRITE, 0);
	p->rx_posted = true;
	vq_submit(&p->rx, 0);
	reap_rx(p);
	return 0;
}

bool port_readable(struct port *p)
{
	reap_rx(p);
	if (p->rx_posted && vq_want_interrupt(&p->rx))
		reap_rx(p);
	return p->rx_off < p->rx_len || p->rx_eof;
}
