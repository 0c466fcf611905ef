/* The console terminal: a tty on port 0 of the virtio console. */
#include "drivers/virtio/port.h"

#include <linux/eventpoll.h>
#include <linux/major.h>

#include "kernel/boot.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/tty/tty.h"

#define HVC_MAJOR   229
#define INPUT_BYTES 256u

static struct tty console;
static bool initialised;

static struct port *tty_port(void)
{
	return port_get(PORT_TTY);
}

static void hvc_write(struct tty *t __unused, const u8 *bytes, size_t n)
{
	struct port *p = tty_port();
	u8 *buf = p && !p->closed && n ? port_reserve(p) : NULL;

	if (!buf)
		return;
	n = MIN(n, (size_t)PORT_SMALL);
	memcpy(buf, bytes, n);
	port_commit(p, buf, n);
}

/* A console without a host end swallows its output. */
static size_t hvc_room(struct tty *t __unused)
{
	struct port *p = tty_port();

	return !p || p->closed || port_reserve(p) ? PORT_SMALL : 0;
}

static u32 hvc_queued(struct tty *t __unused)
{
	struct port *p = tty_port();

	return p && port_busy(p);
}

/* Move what came in to the line discipline and keep a buffer with the device. */
static void pump(struct port *p)
{
	do {
		while (p->rx_off < p->rx_len) {
			size_t n =
				tty_receive(&console, p->rx_buf + p->rx_off, p->rx_len - p->rx_off);
			if (n == 0)
				return; /* full: a reader goes on through unthrottle */
			p->rx_off += n;
		}
		if (p->rx_eof) {
			tty_hangup(&console); /* the host's terminal is gone; nothing more is asked
						 for */
			return;
		}
	} while (port_post(p, INPUT_BYTES) == 0 && port_readable(p));
}

static void hvc_unthrottle(struct tty *t __unused)
{
	struct port *p = tty_port();

	if (p && p->rx_off < p->rx_len)
		pump(p);
}

static void hvc_event(struct port *p)
{
	if (!p->rx_posted && vq_live(&p->rx) && (p->rx_off < p->rx_len || p->rx_eof))
		pump(p);
	waitq_wake_all(&console.write_wait, EPOLLOUT | EPOLLWRNORM);
}

static void hvc_resize(u16 rows, u16 columns)
{
	struct winsize w = {.ws_row = rows, .ws_col = columns};

	tty_resize(&console, &w);
}

static const struct tty_driver hvc_driver = {
	.write = hvc_write, .room = hvc_room, .queued = hvc_queued, .unthrottle = hvc_unthrottle};

struct tty *console_tty(void)
{
	struct port *p;

	if (initialised)
		return &console;
	initialised = true;
	tty_init(&console, &hvc_driver, NULL, DEV(HVC_MAJOR, 0));
	console.size = (struct winsize){.ws_row = boot_info->rows, .ws_col = boot_info->columns};
	p = tty_port();
	if (p) {
		p->on_event = hvc_event;
		port_size_changed = hvc_resize;
		if (boot_info->flags & BOOT_STDIN_TTY)
			pump(p); /* from the beginning: ^C must work for programs that never read */
	}
	return &console;
}
