#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
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

void message_write(const char *text, size_t len)
{
	char out[2048];
	size_t n = 0;

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
