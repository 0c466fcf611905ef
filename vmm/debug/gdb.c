#include "gdb.h"

#include <arpa/inet.h>
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
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gdb_session.h"

#define DEFAULT_WHERE  "127.0.0.1:1234"
#define SEND_MS	       10000 /* gdb must take what it is sent within this time */
#define ALONE_MS       100   /* a vCPU that steps by itself may need what another one holds */

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

static void interrupt(struct gdb *g)
{
	if (!g->running)
		return;
	debug_stand(g->m);
	g->interrupted = true;
}

static void take_byte(struct gdb *g, uint8_t byte)
{
	enum gdb_input in = gdb_parser_add(&g->parser, byte);

	switch (in) {
	case GDB_PACKET:
		do_packet(g);
		break;
	case GDB_INTERRUPT:
		interrupt(g);
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

/* Whoever is there no longer says nothing: the machine goes on, unless it was never let go, for then somebody still wants it from its
 * first instruction. */
static void client_vanished(struct gdb *g)
{
	bool wait = !g->ever_ran;

	drop_client(g);
	if (wait) {
		debug_stand(g->m);
		mote_error("gdb is gone; still waiting for one at %s", g->where);
	} else {
		debug_detach(g->m);
		mote_error("gdb is gone without a word; the machine goes on, and gdb may come again at %s", g->where);
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
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* fails on a unix socket, which needs neither */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	g->client = fd;
	g->no_ack = g->leaving = g->interrupted = false;
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

/* A program is more interesting than the kernel. */
static unsigned int interesting_cpu(const struct machine *m)
{
	for (unsigned int i = 0; i < m->cpus; i++) {
		if (m->vcpu[i].live && arch_vcpu_in_user((struct vcpu *)&m->vcpu[i]))
			return i;
	}
	return 0;
}

static void tell_stop(struct gdb *g, const struct vcpu *v)
{
	g->stop = v ? v->debug.stop : DEBUG_STOP_NONE;
	g->cpu = g->stop_cpu = v ? v->index : interesting_cpu(g->m);
	g->running = g->alone = false;
	gdb_stop_reply(g);
	gdb_send(g);
}

/* A vCPU has stopped, or gdb asked for it. */
static void look_for_stop(struct gdb *g)
{
	struct vcpu *v;

	if (!g->running)
		return;
	v = debug_collect(g->m);
	if (v) {
		tell_stop(g, v);
		v->debug.stop = DEBUG_STOP_NONE;
	} else if (g->interrupted) {
		debug_stand(g->m);
		tell_stop(g, NULL);
	}
	g->interrupted = false;
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

	while (g->status < 0) {
		struct pollfd p[COUNT] = {[QUIT] = {.fd = g->quit, .events = POLLIN},
					  [LISTENER] = {.fd = g->listener, .events = POLLIN},
					  [EVENT] = {.fd = debug_event_fd(g->m), .events = g->running ? POLLIN : 0},
					  [CLIENT] = {.fd = g->client, .events = POLLIN}};

		if (!poll(p, COUNT, g->alone ? ALONE_MS : -1) && g->alone) {
			g->alone = false;
			debug_let_others_run(g->m);
		}
		if (p[LISTENER].revents)
			accept_client(g);
		if (p[CLIENT].revents && g->client == p[CLIENT].fd && g->status < 0)
			read_client(g);
		if ((p[EVENT].revents || g->interrupted) && g->client >= 0)
			look_for_stop(g);
	}
	tell_end(g);
	return NULL;
}

/* ---- where ---- */

static int listen_on(struct gdb *g, const struct sockaddr *a, socklen_t len)
{
	int on = 1;

	g->listener = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (g->listener < 0)
		return -errno;
	if (a->sa_family != AF_UNIX)
		setsockopt(g->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(g->listener, a, len) || listen(g->listener, 4)) {
		int err = -errno;

		close(g->listener);
		g->listener = -1;
		return err;
	}
	return 0;
}

/* A socket file that nobody listens at any more is left from a mote that was killed. */
static void remove_stale(const struct sockaddr_un *a)
{
	struct stat st;
	int fd;

	if (lstat(a->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof(*a)) && errno == ECONNREFUSED)
		unlink(a->sun_path);
	close(fd);
}

static int listen_unix(struct gdb *g, const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (!*path || strlen(path) >= sizeof(a.sun_path))
		return -EINVAL;
	strcpy(a.sun_path, path);
	remove_stale(&a);
	int err = listen_on(g, (struct sockaddr *)&a, sizeof(a));

	if (err)
		return err;
	strcpy(g->path, path);
	snprintf(g->where, sizeof(g->where), "%s", path);
	return 0;
}

/* HOST is a number: mote is linked statically and has no resolver. */
static int parse_host(const char *host, const char *port_text, struct sockaddr_storage *a, socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a;
	char *rest;
	unsigned long port = strtoul(port_text, &rest, 10);

	if (*port_text < '0' || *port_text > '9' || *rest || port > 65535)
		return -EINVAL;
	if (!*host || !strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*len = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
		return -EINVAL;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	*len = sizeof(*v6);
	return 0;
}

/* "HOST" and "PORT" of "HOST:PORT" or "[HOST]:PORT", in place. */
static char *split_port(char *text, char **host)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return NULL;
	*colon = 0;
	*host = text;
	if (*text == '[' && colon > text && colon[-1] == ']') {
		colon[-1] = 0;
		++*host;
	}
	return colon + 1;
}

/* As bound: port 0 has become a number. */
static void name_tcp(struct gdb *g)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	char host[INET6_ADDRSTRLEN] = "";
	bool v6;

	getsockname(g->listener, (struct sockaddr *)&a, &len);
	v6 = a.ss_family == AF_INET6;
	inet_ntop(a.ss_family,
		  v6 ? (const void *)&((struct sockaddr_in6 *)&a)->sin6_addr : &((struct sockaddr_in *)&a)->sin_addr, host,
		  sizeof(host));
	snprintf(g->where, sizeof(g->where), v6 ? "[%s]:%u" : "%s:%u", host, ntohs(((struct sockaddr_in *)&a)->sin_port));
}

static int listen_tcp(struct gdb *g, const char *where)
{
	struct sockaddr_storage a = {0};
	char text[128], *host, *port;
	socklen_t len;

	if (snprintf(text, sizeof(text), "%s", where) >= (int)sizeof(text))
		return -EINVAL;
	port = split_port(text, &host);
	if (!port || parse_host(host, port, &a, &len))
		return -EINVAL;
	int err = listen_on(g, (struct sockaddr *)&a, len);

	if (!err)
		name_tcp(g);
	return err;
}

static int listen_where(struct gdb *g, const char *where)
{
	int err = strncmp(where, "unix:", 5) ? listen_tcp(g, where) : listen_unix(g, where + 5);

	if (err == -EINVAL)
		mote_error("--gdb=%s: must be ADDRESS:PORT (numbers) or unix:PATH", where);
	else if (err)
		mote_error("--gdb=%s: cannot listen there: %s", where, strerror(-err));
	return err;
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
		mote_error("no debugger for this machine: its kernel was started without one");
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
	err = listen_where(g, where && *where ? where : DEFAULT_WHERE);
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
