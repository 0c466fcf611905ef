/*
 * The N_TTY line discipline (termios(3)): what happens to bytes between a terminal line and its
 * readers and writers. Pure: it sleeps never and knows no tasks; struct tty (tty.h) and the unit
 * tests give it an environment.
 */
#ifndef KERNEL_TTY_LDISC_H
#define KERNEL_TTY_LDISC_H

#include <asm/termbits.h>
#include "kernel/lib/types.h"

#define LDISC_SIZE 4096u	    /* a line holds as much with its end: termios(3), "Canonical mode" */
#define LDISC_READ (LDISC_SIZE - 1) /* what a queue that is no line takes */

struct ldisc;

struct ldisc_env {
	/* Echo: bytes for the line, already post-processed. */
	void (*echo)(struct ldisc *l, const u8 *bytes, size_t n);
	/* ISIG: INTR, QUIT or SUSP was typed (sig); the input queue has been flushed when `flush`,
	 * flush output then, too. */
	void (*signal)(struct ldisc *l, int sig, bool flush);
	/* IXON: hold or continue output. */
	void (*flow)(struct ldisc *l, bool stop);
};

struct ldisc {
	struct ktermios termios;
	const struct ldisc_env *env;
	/* Input ring: indices run freely. [tail, canon_head) are whole lines, [canon_head, head) is
	 * being edited (canonical mode). */
	u8 buf[LDISC_SIZE];
	u64 line_end[LDISC_SIZE / 64]; /* this byte ends a line; a marked 0 is an end of file */
	u32 head, tail, canon_head;
	u32 column;	  /* of the cursor, as far as output tells */
	u32 canon_column; /* where the line being edited began */
	bool literal;	  /* VLNEXT was typed */
	bool erasing;	  /* ECHOPRT: between \ and / */
	bool stopped;	  /* VSTOP was typed */
};

void ldisc_init(struct ldisc *l, const struct ldisc_env *env);
/* The settings a terminal has at first (Linux's tty_std_termios). */
extern const struct ktermios ldisc_default_termios;

/* Bytes arrive from the line: takes n bytes, or fewer when the queue is full. */
size_t ldisc_receive(struct ldisc *l, const u8 *bytes, size_t n);
/* How many ldisc_receive() is sure to take. */
size_t ldisc_room(const struct ldisc *l);

/* Bytes a read may return now; in canonical mode with ends of file counting too, so that non-zero
 * means "readable". */
size_t ldisc_available(const struct ldisc *l);
/* FIONREAD: as above without ends of file. */
size_t ldisc_count(const struct ldisc *l);
/* Move up to n bytes to buf: at most one line in canonical mode. Call only when something is
 * available; 0 is an end of file then. *end: a line was read to its end. */
size_t ldisc_read(struct ldisc *l, u8 *buf, size_t n, bool *end);

/* Post-process (OPOST) bytes from a writer into out: *used of in[0..n) are consumed, answers the
 * bytes in out. A byte becomes at most 8: with size >= 8 something is consumed. */
size_t ldisc_output(struct ldisc *l, const u8 *in, size_t n, u8 *out, size_t size, size_t *used);

void ldisc_set_termios(struct ldisc *l, const struct ktermios *t);
void ldisc_flush_input(struct ldisc *l);

#endif
