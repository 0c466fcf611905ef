/* vmm/message.c for harnesses: everything is formatted, as it would be, and then thrown away. */
#include <stdarg.h>
#include <stdio.h>

#include "message.h"
#include "mote.h"

static char text[8192];

void message_write(const char *from, size_t len)
{
	volatile char sink = 0;

	for (size_t i = 0; i < len; i++)
		sink ^= from[i];
	(void)sink;
}

void message_set_raw(bool raw)
{
	(void)raw;
}

void message_printf(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
}

void mote_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
}
