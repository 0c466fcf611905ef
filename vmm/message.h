/*
 * What mote itself says, on stderr. Every text goes out whole, in one write(2), and with "\r\n" for
 * line ends while the terminal is in raw mode.
 */
#ifndef MOTE_MESSAGE_H
#define MOTE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* The terminal that stderr is does no output processing now. */
void message_set_raw(bool raw);
/* Write text as it is but for line ends. */
void message_write(const char *text, size_t len);
void message_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Where the messages of one thread go while they are captured: the first size - 1 bytes of them, NUL-terminated; len starts at 0. */
struct message_sink {
	char *text;
	size_t size, len;
};
/* From now on what this thread says goes there; NULL: to stderr again. Answers what it was before. */
struct message_sink *message_capture(struct message_sink *sink);

#endif
