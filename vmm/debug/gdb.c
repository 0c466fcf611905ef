#include "gdb.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gdb_session.h"

#define SEND_MS 10000 /* gdb must take what it is sent within this time */

/* ---- out ---- */

static void drop_client(struct gdb *g)
{
	close(g->client);
	g->client = -1;
	g->running = false;
}

static bool send_bytes(struct gdb *g, const char *data, size_t len)
{
	while (len && g->client >= 0) {
		ssize_t n = send(g->client, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		struct pollfd p = {.fd = g->client, .events = POLLOUT};

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno != EINTR && (errno != EAGAIN || poll(&p, 1, SEND_MS) <= 0)) {
			return false;
		}
	}
	return true;
}

void gdb_send(struct gdb *g)
{
	g->frame_len = gdb_frame(g->frame, g->reply, g->reply_len);
	g->reply_len = 0;
	send_bytes(g, g->frame, g->frame_len);
}

void gdb_put(struct gdb *g, const char *format, ...)
{
	size_t room = sizeof(g->reply) - g->reply_len;
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(g->reply + g->reply_len, room, format, ap);

	va_end(ap);
	g->reply_len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

void gdb_put_hex(struct gdb *g, const void *data, size_t len)
{
	if (2 * len >= sizeof(g->reply) - g->reply_len)
		return;
	gdb_hex(g->reply + g->reply_len, data, len);
	g->reply_len += 2 * len;
}

void gdb_console(struct gdb *g, const char *format, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(text, sizeof(text), format, ap);

	va_end(ap);
	if (n < 0)
		return;
	gdb_put(g, "O");
	gdb_put_hex(g, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
	gdb_send(g);
}

/* ---- in ---- */

/* Each kind of noise once a connection. */
static void complain(struct gdb *g, enum gdb_input kind, const char *what)
{
	if (!(g->told >> kind & 1))
		mote_error("gdb at %s sent %s", g->where, what);
	g->told |= 1u << kind;
}

static void do_packet(struct gdb *g)
{
	if (!g->no_ack)
		send_bytes(g, "+", 1);
	gdb_command(g);
}

static void look_for_stop(struct gdb *g, bool asked);

static void take_byte(struct gdb *g, uint8_t byte)
{
	enum gdb_input in = gdb_parser_add(&g->parser, byte);

	switch (in) {
	case GDB_PACKET:
		do_packet(g);
		break;
	case GDB_INTERRUPT:
		look_for_stop(g, true);
		break;
	case GDB_NAK:
		send_bytes(g, g->frame, g->frame_len);
		break;
	case GDB_BAD_CHECKSUM:
		complain(g, in, "a packet with a wrong checksum, which is left out");
		if (!g->no_ack)
			send_bytes(g, "-", 1);
		break;
	case GDB_TOO_LONG:
		complain(g, in, "a packet longer than agreed, which is left out");
		if (!g->no_ack)
			send_bytes(g, "+", 1);
		gdb_put(g, "E.packet too long");
		gdb_send(g);
		break;
	case GDB_GARBAGE:
		complain(g, in, "bytes that are no packet");
		break;
	case GDB_ACK:
	case GDB_MORE:
		break;
	}
}

/* Whoever is there no longer says nothing: the machine goes on, unless it was never let go, for
 * then somebody still wants it from its first instruction. */
static void client_vanished(struct gdb *g)
{
	bool wait = !g->ever_ran;

	drop_client(g);
	if (wait) {
		debug_stand(g->m);
		mote_error("gdb is gone; still waiting for one at %s", g->where);
	} else {
		debug_detach(g->m);
		mote_error("gdb is gone without a word; the machine goes on, and gdb may come "
			   "again at %s",
			   g->where);
	}
}

static void read_client(struct gdb *g)
{
	uint8_t buf[4096];
	ssize_t n = recv(g->client, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_vanished(g);
		return;
	}
	for (ssize_t i = 0; i < n && g->client >= 0; i++)
		take_byte(g, buf[i]);
	if (g->leaving && g->client >= 0)
		drop_client(g);
}

/* ---- connections ---- */

static void refuse_second(int fd)
{
	static const char why[] = "E.another gdb is attached to this machine";
	char frame[2 * sizeof(why) + 4] = "+";
	size_t len = gdb_frame(frame + 1, why, sizeof(why) - 1) + 1;

	if (send(fd, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		errno = 0; /* it will see that the connection is closed */
	shutdown(fd, SHUT_WR);
	close(fd);
	mote_error("a second gdb was refused: one is attached");
}

/* The first gdb lets machine_run() begin: vCPU 0 gets its thread there. */
static void await_run(struct machine *m)
{
	while (!m->vcpu[0].live && atomic_load(&m->status) < 0)
		usleep(1000);
}

static void accept_client(struct gdb *g)
{
	int on = 1, fd = accept4(g->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (g->client >= 0) {
		refuse_second(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
		   sizeof(on)); /* fails on a unix socket, which needs neither */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	g->client = fd;
	g->no_ack = g->leaving = false;
	g->alone = GDB_TOGETHER;
	g->told = 0;
	g->stop = DEBUG_STOP_NONE;
	g->cpu = g->stop_cpu = 0;
	g->resume_cpu = GDB_EVERY_CPU;
	gdb_parser_init(&g->parser);
	g->met = true;
	await_run(g->m);
	debug_attach(g->m);
}

/* ---- the thread ---- */

/* A vCPU has stopped, or shall. */
static void look_for_stop(struct gdb *g, bool asked)
{
	struct vcpu *v;

	if (!g->running)
		return;
	v = debug_collect(g->m, asked);
	if (!v)
		return;
	g->stop = v->debug.stop;
	v->debug.stop = DEBUG_STOP_NONE;
	g->cpu = g->stop_cpu = v->index;
	g->running = false;
	g->alone = GDB_TOGETHER;
	gdb_stop_reply(g);
	gdb_send(g);
}

/* What a vCPU that goes alone is waiting for may be what another one holds, and that one may have
 * stopped. */
static void alone_too_long(struct gdb *g)
{
	if (g->alone == GDB_ALONE)
		debug_let_others_run(g->m);
	else if (debug_others_wait(g->m))
		look_for_stop(g, false);
	if (g->running)
		g->alone = GDB_ALONG;
}

static void tell_end(struct gdb *g)
{
	if (g->client < 0)
		return;
	if (g->running) {
		gdb_put(g, "W%02x", g->status & 0xff);
		gdb_send(g);
	}
	drop_client(g);
}

static void *gdb_main(void *arg)
{
	struct gdb *g = arg;
	enum { QUIT, LISTENER, EVENT, CLIENT, COUNT };
	static const int patience[] = {[GDB_TOGETHER] = -1, [GDB_ALONE] = 100, [GDB_ALONG] = 2000};

	while (g->status < 0) {
		struct pollfd p[COUNT] = {
			[QUIT] = {.fd = g->quit, .events = POLLIN},
			[LISTENER] = {.fd = g->listener, .events = POLLIN},
			[EVENT] = {.fd = debug_event_fd(g->m), .events = g->running ? POLLIN : 0},
			[CLIENT] = {.fd = g->client, .events = POLLIN}};

		if (!poll(p, COUNT, patience[g->alone]))
			alone_too_long(g);
		if (p[LISTENER].revents)
			accept_client(g);
		if (p[CLIENT].revents && g->client == p[CLIENT].fd && g->status < 0)
			read_client(g);
		if (p[EVENT].revents && g->client >= 0)
			look_for_stop(g, false);
	}
	tell_end(g);
	return NULL;
}

/* ---- mote.h ---- */

static void invite(const struct gdb *g)
{
	char link[64], kernel[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", g->m->kernel.fd);
	n = readlink(link, kernel, sizeof(kernel) - 1);
	kernel[n > 0 ? n : 0] = 0;
	mote_error("waiting for gdb: gdb -ex 'file %s' -ex 'target remote %s'", kernel, g->where);
}

static void free_gdb(struct gdb *g)
{
	if (g->listener >= 0)
		close(g->listener);
	if (g->path[0])
		unlink(g->path);
	if (g->quit >= 0)
		close(g->quit);
	free(g);
}

int machine_debug(struct machine *m, const char *where)
{
	struct gdb *g;
	unsigned long thread;
	int err = -ENOMEM;

	if (!(m->flags & BOOT_DEBUGGER)) {
		mote_error("no debugger for this machine: its kernel was started without one (mote "
			   "snapshot --gdb)");
		return -EINVAL;
	}
	if (getenv("MOTE_PROFILE")) {
		mote_error("a machine is debugged or profiled (MOTE_PROFILE), not both");
		return -EINVAL;
	}
	g = calloc(1, sizeof(*g));
	if (!g) {
		mote_error("out of memory");
		return err;
	}
	g->m = m;
	g->listener = g->client = -1;
	g->status = -1;
	g->quit = eventfd(0, EFD_CLOEXEC);
	err = gdb_listen(g, where);
	if (!err && !debug_create(m))
		err = -ENOMEM;
	if (!err) {
		invite(g);
		err = device_start_thread(&thread, gdb_main, g);
		g->thread = thread;
	}
	if (err)
		free_gdb(g);
	else
		m->gdb = g;
	return err;
}

void machine_debug_wait(struct machine *m)
{
	while (m->gdb && !m->gdb->met && atomic_load(&m->status) < 0)
		usleep(20000);
}

void gdb_finish(struct machine *m, int status)
{
	struct gdb *g = m->gdb;
	uint64_t one = 1;

	if (!g)
		return;
	m->gdb = NULL;
	g->status = status & 0xff;
	if (write(g->quit, &one, sizeof(one)) < 0)
		abort(); /* an eventfd takes every small number */
	pthread_join(g->thread, NULL);
	debug_destroy(m);
	snapshot_put(g->snapshot);
	free_gdb(g);
}
