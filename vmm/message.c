#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mote.h"

static atomic_bool raw_terminal;

void message_set_raw(bool raw)
{
	raw_terminal = raw;
}

static void write_all(const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(STDERR_FILENO, p, len);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

static _Thread_local struct message_sink *captured;

struct message_sink *message_capture(struct message_sink *sink)
{
	struct message_sink *before = captured;

	captured = sink;
	return before;
}

static void keep(struct message_sink *s, const char *text, size_t len)
{
	size_t room = s->size - 1 - s->len;

	len = len < room ? len : room;
	memcpy(s->text + s->len, text, len);
	s->len += len;
	s->text[s->len] = 0;
}

void message_write(const char *text, size_t len)
{
	char out[2048];
	size_t n = 0;

	if (captured) {
		keep(captured, text, len);
		return;
	}
	if (!raw_terminal) {
		write_all(text, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (n > sizeof(out) - 2) {
			write_all(out, n);
			n = 0;
		}
		if (text[i] == '\n')
			out[n++] = '\r';
		out[n++] = text[i];
	}
	write_all(out, n);
}

static void message_vprintf(const char *prefix, const char *format, va_list ap, const char *suffix)
{
	char text[2048], line[2100];

	vsnprintf(text, sizeof(text), format, ap);
	int n = snprintf(line, sizeof(line), "%s%s%s", prefix, text, suffix);

	message_write(line, (size_t)n);
}

void message_printf(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message_vprintf("", format, ap, "");
	va_end(ap);
}

void mote_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message_vprintf("mote: ", format, ap, "\n");
	va_end(ap);
}
