/*
 * The bytes of GDB's remote protocol (GDB manual, appendix E): packets in and out, and the shapes
 * of what is in them. Nothing here knows of sockets or machines, and none of the input is trusted.
 */
#ifndef MOTE_GDB_PACKET_H
#define MOTE_GDB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GDB_PACKET_MAX 16384 /* bytes between $ and #, escapes undone; announced as PacketSize */
#define GDB_FRAME_MAX  (2 * GDB_PACKET_MAX + 4)

enum gdb_input {
	GDB_MORE,	  /* nothing complete yet */
	GDB_PACKET,	  /* data[0, len) is one, until the next byte */
	GDB_INTERRUPT,	  /* Ctrl-C: byte 3 between packets */
	GDB_ACK,	  /* + */
	GDB_NAK,	  /* - : say it again */
	GDB_BAD_CHECKSUM, /* a packet came damaged */
	GDB_TOO_LONG,	  /* a packet longer than GDB_PACKET_MAX was skipped */
	GDB_GARBAGE,	  /* a byte that belongs to nothing */
};

struct gdb_parser {
	enum { GDB_BETWEEN, GDB_DATA, GDB_ESCAPED, GDB_SUM_HIGH, GDB_SUM_LOW } state;
	uint8_t sum, want;
	bool too_long;
	size_t len;
	char data[GDB_PACKET_MAX + 1]; /* NUL after len */
};

void gdb_parser_init(struct gdb_parser *p);
enum gdb_input gdb_parser_add(struct gdb_parser *p, uint8_t byte);

/* Make a packet of data in out (GDB_FRAME_MAX bytes are always enough for GDB_PACKET_MAX): its
 * length. */
size_t gdb_frame(char *out, const void *data, size_t len);

/* Two digits a byte, NUL at the end. */
void gdb_hex(char *out, const void *data, size_t len);
/* len bytes from 2 * len digits; false when one is none. */
bool gdb_unhex(void *out, const char *hex, size_t len);

/* What is left of a packet's text. */
struct gdb_text {
	const char *at, *end;
};
bool gdb_take(struct gdb_text *t, const char *literal);
/* 1 to 16 hexadecimal digits; nothing is taken otherwise. */
bool gdb_take_number(struct gdb_text *t, uint64_t *value);
static inline bool gdb_at_end(const struct gdb_text *t)
{
	return t->at == t->end;
}

/* "ADDRESS,LENGTH" */
bool gdb_take_range(struct gdb_text *t, uint64_t *address, uint64_t *len);

/* A thread: a vCPU's index + 1. */
#define GDB_ALL_THREADS (-1)
#define GDB_ANY_THREAD	0
bool gdb_take_thread(struct gdb_text *t, int *thread);

struct gdb_resume {
	enum { GDB_STAY, GDB_CONTINUE, GDB_STEP } go;
	unsigned int signal; /* GDB's number, 0: none */
};
/* What stands behind "vCont;": what each of the threads 1..count is to do (out[thread - 1]). */
bool gdb_parse_vcont(struct gdb_text t, struct gdb_resume out[], unsigned int count);

/* "TYPE,ADDRESS,KIND" behind Z or z, conditions and commands refused. */
struct gdb_breakpoint {
	unsigned int type; /* 0 software, 1 hardware, 2 write, 3 read, 4 access */
	uint64_t address, kind;
};
bool gdb_parse_breakpoint(struct gdb_text t, struct gdb_breakpoint *b);

#endif
