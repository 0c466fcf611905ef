#include "gdb_packet.h"

#include <string.h>

/* ---- bytes to packets ---- */

void gdb_parser_init(struct gdb_parser *p)
{
	p->state = GDB_BETWEEN;
	p->len = 0;
}

static void begin(struct gdb_parser *p)
{
	p->state = GDB_DATA;
	p->sum = 0;
	p->len = 0;
	p->too_long = false;
}

static enum gdb_input between(struct gdb_parser *p, uint8_t byte)
{
	switch (byte) {
	case '$':
		begin(p);
		return GDB_MORE;
	case 3:
		return GDB_INTERRUPT;
	case '+':
		return GDB_ACK;
	case '-':
		return GDB_NAK;
	default:
		return GDB_GARBAGE;
	}
}

static void add_data(struct gdb_parser *p, uint8_t byte)
{
	if (p->len < GDB_PACKET_MAX)
		p->data[p->len++] = (char)byte;
	else
		p->too_long = true;
}

/* A new packet's start in the middle of one: the old one will never be complete. */
static enum gdb_input in_data(struct gdb_parser *p, uint8_t byte)
{
	if (byte == '$') {
		begin(p);
		return GDB_GARBAGE;
	}
	if (byte == '#') {
		p->state = GDB_SUM_HIGH;
		return GDB_MORE;
	}
	p->sum = (uint8_t)(p->sum + byte);
	if (byte == '}')
		p->state = GDB_ESCAPED;
	else
		add_data(p, byte);
	return GDB_MORE;
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static enum gdb_input in_sum(struct gdb_parser *p, uint8_t byte)
{
	int d = digit(byte);

	if (p->state == GDB_SUM_HIGH && d >= 0) {
		p->want = (uint8_t)(d << 4);
		p->state = GDB_SUM_LOW;
		return GDB_MORE;
	}
	p->state = GDB_BETWEEN;
	if (d < 0 || (p->want | d) != p->sum)
		return GDB_BAD_CHECKSUM;
	p->data[p->len] = 0;
	return p->too_long ? GDB_TOO_LONG : GDB_PACKET;
}

enum gdb_input gdb_parser_add(struct gdb_parser *p, uint8_t byte)
{
	switch (p->state) {
	case GDB_BETWEEN:
		return between(p, byte);
	case GDB_DATA:
		return in_data(p, byte);
	case GDB_ESCAPED:
		p->sum = (uint8_t)(p->sum + byte);
		p->state = GDB_DATA;
		add_data(p, byte ^ 0x20);
		return GDB_MORE;
	case GDB_SUM_HIGH:
	case GDB_SUM_LOW:
		return in_sum(p, byte);
	}
	return GDB_GARBAGE;
}

/* ---- packets to bytes ---- */

static const char digits[] = "0123456789abcdef";

size_t gdb_frame(char *out, const void *data, size_t len)
{
	const uint8_t *from = data;
	char *at = out;
	uint8_t sum = 0;

	*at++ = '$';
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = from[i];

		/* '*' would ask for run-length decoding */
		if (byte == '$' || byte == '#' || byte == '}' || byte == '*') {
			*at++ = '}';
			sum = (uint8_t)(sum + '}');
			byte ^= 0x20;
		}
		*at++ = (char)byte;
		sum = (uint8_t)(sum + byte);
	}
	*at++ = '#';
	*at++ = digits[sum >> 4];
	*at++ = digits[sum & 15];
	return (size_t)(at - out);
}

void gdb_hex(char *out, const void *data, size_t len)
{
	const uint8_t *from = data;

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[from[i] >> 4];
		*out++ = digits[from[i] & 15];
	}
	*out = 0;
}

bool gdb_unhex(void *out, const char *hex, size_t len)
{
	uint8_t *to = out;

	for (size_t i = 0; i < len; i++) {
		int high = digit((uint8_t)hex[2 * i]), low = digit((uint8_t)hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* ---- shapes ---- */

bool gdb_take(struct gdb_text *t, const char *literal)
{
	size_t len = strlen(literal);

	if ((size_t)(t->end - t->at) < len || memcmp(t->at, literal, len))
		return false;
	t->at += len;
	return true;
}

bool gdb_take_number(struct gdb_text *t, uint64_t *value)
{
	const char *at = t->at;
	uint64_t v = 0;

	while (at < t->end && digit((uint8_t)*at) >= 0) {
		if (at - t->at == 16)
			return false;
		v = v << 4 | (uint64_t)digit((uint8_t)*at++);
	}
	if (at == t->at)
		return false;
	t->at = at;
	*value = v;
	return true;
}

bool gdb_take_range(struct gdb_text *t, uint64_t *address, uint64_t *len)
{
	return gdb_take_number(t, address) && gdb_take(t, ",") && gdb_take_number(t, len);
}

bool gdb_take_thread(struct gdb_text *t, int *thread)
{
	uint64_t n;

	if (gdb_take(t, "-1")) {
		*thread = GDB_ALL_THREADS;
		return true;
	}
	if (!gdb_take_number(t, &n) || n > 0xffff)
		return false;
	*thread = (int)n;
	return true;
}

static bool take_action(struct gdb_text *t, struct gdb_resume *a)
{
	bool with_signal = true;
	uint64_t signal = 0;

	if (gdb_take(t, "C"))
		a->go = GDB_CONTINUE;
	else if (gdb_take(t, "S"))
		a->go = GDB_STEP;
	else
		with_signal = false;
	if (with_signal && (!gdb_take_number(t, &signal) || signal > 0xff))
		return false;
	a->signal = (unsigned int)signal;
	if (with_signal)
		return true;
	a->go = gdb_take(t, "c") ? GDB_CONTINUE : GDB_STEP;
	return a->go == GDB_CONTINUE || gdb_take(t, "s");
}

/* The first action that names a thread is its: those it has already stay. */
static bool apply(const struct gdb_resume *a, int thread, struct gdb_resume out[], bool set[],
		  unsigned int count)
{
	if (thread > (int)count)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		if (set[i] || (thread > 0 && (unsigned int)thread != i + 1))
			continue;
		out[i] = *a;
		set[i] = true;
	}
	return true;
}

bool gdb_parse_vcont(struct gdb_text t, struct gdb_resume out[], unsigned int count)
{
	bool set[64] = {0};

	if (count > sizeof(set) / sizeof(set[0]))
		return false;
	memset(out, 0, count * sizeof(*out));
	do {
		struct gdb_resume a;
		int thread = GDB_ALL_THREADS;

		if (!take_action(&t, &a) || (gdb_take(&t, ":") && !gdb_take_thread(&t, &thread)) ||
		    !apply(&a, thread, out, set, count))
			return false;
	} while (gdb_take(&t, ";"));
	return gdb_at_end(&t);
}

bool gdb_parse_breakpoint(struct gdb_text t, struct gdb_breakpoint *b)
{
	uint64_t type;

	if (!gdb_take_number(&t, &type) || type > 4 || !gdb_take(&t, ",") ||
	    !gdb_take_range(&t, &b->address, &b->kind))
		return false;
	b->type = (unsigned int)type;
	return gdb_at_end(&t);
}
