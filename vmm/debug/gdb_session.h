/* One gdb and its machine, between the files of the stub. All of it is the gdb thread's but for
 * what is marked. */
#ifndef MOTE_GDB_SESSION_H
#define MOTE_GDB_SESSION_H

#include <pthread.h>
#include <stdatomic.h>

#include "debug.h"
#include "gdb_packet.h"
#include "machine.h"

struct gdb {
	struct machine *m;
	pthread_t thread;
	int listener, client; /* client -1: none */
	int quit;	      /* eventfd: the machine has ended */
	atomic_int status;    /* -1, then the machine's */
	atomic_bool met;      /* a gdb was here */
	char where[256];      /* as told to the user */
	char path[108];	      /* of the socket file, "": none */

	struct gdb_parser parser;
	bool no_ack;
	bool running;  /* gdb waits for a stop */
	bool ever_ran; /* it has let the machine go on at least once */
	/* Some vCPUs stay while one runs; then they run along. */
	enum { GDB_TOGETHER, GDB_ALONE, GDB_ALONG } alone;
	bool leaving;		 /* close the connection when this packet is done */
	unsigned int told;	 /* enum gdb_input bits: noise that was complained of */
	bool points_told;	 /* that there are no hardware breakpoints */
	unsigned int cpu;	 /* of g, m, ... (Hg) */
	unsigned int resume_cpu; /* of c and s (Hc); GDB_EVERY_CPU */
	enum debug_stop stop;	 /* why it stands, for ? */
	unsigned int stop_cpu;

	char reply[GDB_PACKET_MAX + 1];
	size_t reply_len;
	char frame[GDB_FRAME_MAX]; /* the last one sent, for repetition */
	size_t frame_len;

	struct snapshot *snapshot; /* of "monitor snapshot" */
	uint64_t snapshot_frame[MOTE_MAX_CPUS];
};
#define GDB_EVERY_CPU MOTE_MAX_CPUS

/* ---- gdb.c ---- */
/* Send what is in reply[0, reply_len). */
void gdb_send(struct gdb *g);
/* Text in gdb's terminal, during a monitor command. */
void gdb_console(struct gdb *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- gdb_listen.c ---- */
/* Fill listener, where and path: machine_debug()'s where. 0 or a negative errno, said. */
int gdb_listen(struct gdb *g, const char *where);

/* ---- gdb_command.c ---- */
/* Do the packet in g->parser and answer it. */
void gdb_command(struct gdb *g);
/* Fill the reply with why the machine stands. */
void gdb_stop_reply(struct gdb *g);

/* ---- gdb_monitor.c ---- */
/* "monitor TEXT". */
void gdb_monitor(struct gdb *g, char *text);

/* ---- reply text ---- */
void gdb_put(struct gdb *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* len bytes in hexadecimal. */
void gdb_put_hex(struct gdb *g, const void *data, size_t len);

#endif
