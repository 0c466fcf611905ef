/* Where gdb finds the machine. */
#include "gdb_session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define DEFAULT_WHERE "127.0.0.1:1234"

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
static int parse_host(const char *host, const char *port_text, struct sockaddr_storage *a,
		      socklen_t *len)
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
		  v6 ? (const void *)&((struct sockaddr_in6 *)&a)->sin6_addr
		     : &((struct sockaddr_in *)&a)->sin_addr,
		  host, sizeof(host));
	snprintf(g->where, sizeof(g->where), v6 ? "[%s]:%u" : "%s:%u", host,
		 ntohs(((struct sockaddr_in *)&a)->sin_port));
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

int gdb_listen(struct gdb *g, const char *where)
{
	if (!where || !*where)
		where = DEFAULT_WHERE;
	int err = strncmp(where, "unix:", 5) ? listen_tcp(g, where) : listen_unix(g, where + 5);

	if (err == -EINVAL)
		mote_error("--gdb=%s: must be ADDRESS:PORT (numbers) or unix:PATH", where);
	else if (err)
		mote_error("--gdb=%s: cannot listen there: %s", where, strerror(-err));
	return err;
}
