/*
 * mkseeds IN OUT: a program for fuzzing from text. tests/fuzz/seeds/ has examples. A line is
 *
 *	[tN] NAME(ARGUMENT, ...) [+N]		thread N makes it; of fork and its kin: the child
 *makes the next N threads N # anything
 *
 * ARGUMENT: numbers and names of constants joined by |; "path", one of shared/fuzz/tree.c; rN, the
 *result of call N; rN[K], word K of what it wrote; mN, the arena + N; @N, slot N of the data area
 *(64 bytes each), @N="text", @N=q:A,B,... (8 bytes each; d: 4, w: 2), where A may be @N or mN.
 */
#include <ctype.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/fuzz/grammar.h"
#include "shared/fuzz/layout.h"
#include "shared/fuzz/tree.h"
#include "trace_flags.h"

static const char *file;
static unsigned int line_number;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list ap;
	fprintf(stderr, "%s:%u: ", file, line_number);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputs("\n", stderr);
	exit(1);
}

struct reader {
	const char *at;
};

static bool take(struct reader *r, const char *token)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
	if (strncmp(r->at, token, strlen(token)))
		return false;
	r->at += strlen(token);
	return true;
}

static void need(struct reader *r, const char *token)
{
	if (!take(r, token))
		fail("'%s' is missing before '%s'", token, r->at);
}

static void take_word(struct reader *r, char word[64])
{
	size_t n = 0;
	take(r, "");
	while ((isalnum((unsigned char)r->at[n]) || r->at[n] == '_') && n < 63)
		n++;
	memcpy(word, r->at, n);
	word[n] = 0;
	r->at += n;
}

static uint64_t take_number(struct reader *r)
{
	char *end;
	uint64_t v = strtoull(r->at, &end, 0);
	if (end == r->at)
		fail("no number: '%s'", r->at);
	r->at = end;
	return v;
}

/* ---- constants ---- */

static bool find_in(const struct trace_set *set, const char *word, uint64_t *value)
{
	for (const struct trace_name *n = set ? set->names : NULL; n && n->name; n++) {
		if (!strcmp(n->name, word)) {
			*value = n->value;
			return true;
		}
	}
	return false;
}

static bool find_signal(const char *word, uint64_t *value)
{
	for (int sig = 1; sig < 32; sig++) {
		if (strlen(word) > 3 && sigabbrev_np(sig) && !strcmp(word + 3, sigabbrev_np(sig)) &&
		    !strncmp(word, "SIG", 3)) {
			*value = sig;
			return true;
		}
	}
	return false;
}

static uint64_t constant(const struct fuzz_row *row, unsigned int k, const char *word)
{
	static const struct trace_set *const sets[] = {
		&trace_open_flags,  &trace_at_flags,	 &trace_prot,	 &trace_map_flags,
		&trace_clone_flags, &trace_wait_options, &trace_whence,	 &trace_fcntl,
		&trace_ioctl,	    &trace_sig_how,	 &trace_madvice, &trace_epoll_op,
		&trace_access,	    &trace_clocks,	 &trace_poll,	 &trace_sa_flags,
		&trace_fd_flags,    &trace_stat_types};
	static const struct {
		const char *name;
		uint64_t value;
	} more[] = {{"AT_FDCWD", -100ull}, {"O_RDONLY", 0}, {"O_WRONLY", 1},
		    {"O_RDWR", 2},	   {"NULL", 0},	    {"PROT_NONE", 0}};
	uint64_t value;
	if (find_in(trace_set_for(row->name, row->arg[k]), word, &value) ||
	    find_signal(word, &value))
		return value;
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		if (find_in(sets[i], word, &value))
			return value;
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		if (!strcmp(more[i].name, word))
			return more[i].value;
	fail("%s is no constant", word);
}

static uint64_t take_value(struct reader *r, const struct fuzz_row *row, unsigned int k)
{
	uint64_t value = 0;
	do {
		char word[64];
		take(r, "");
		if (isdigit((unsigned char)*r->at) || *r->at == '-') {
			value |= take_number(r);
		} else {
			take_word(r, word);
			value |= constant(row, k, word);
		}
	} while (take(r, "|"));
	return value;
}

/* ---- data ---- */

/* "text" with \n, \0 and \xNN; without its end. */
static unsigned int take_text(struct reader *r, uint8_t *out, unsigned int size)
{
	unsigned int n = 0;
	for (; *r->at != '"'; r->at++) {
		if (!*r->at || n == size)
			fail("text does not end, or is too long");
		int c = (unsigned char)*r->at;
		if (c == '\\') {
			c = *++r->at;
			c = c == 'n' ? '\n' : c == '0' ? 0 : c;
			if (c == 'x') {
				char hex[3] = {r->at[1], r->at[1] ? r->at[2] : 0, 0};
				c = (int)strtol(hex, NULL, 16);
				r->at += 2;
			}
		}
		out[n++] = c;
	}
	r->at++;
	return n;
}

static uint64_t take_element(struct reader *r, const struct fuzz_row *row, unsigned int k)
{
	if (take(r, "@"))
		return FUZZ_DATA_ADDR + take_number(r) * 64;
	if (take(r, "m0"))
		return r->at--, FUZZ_MEMORY_ADDR + take_number(r);
	return take_value(r, row, k);
}

static void take_list(struct reader *r, const struct fuzz_row *row, unsigned int k,
		      unsigned int width, struct fuzz_arg *a)
{
	do {
		uint64_t v = take_element(r, row, k);
		if (a->size + width > FUZZ_DATA_BYTES)
			fail("too much data");
		memcpy(a->bytes + a->size, &v, width);
		a->size += width;
		take(r, "");
	} while (r->at[0] == ',' && r->at[1] != ' ' && take(r, ","));
}

static void take_data(struct reader *r, const struct fuzz_row *row, unsigned int k,
		      struct fuzz_arg *a)
{
	a->kind = FUZZ_ARG_DATA;
	a->value = take_number(r) * 64;
	if (a->value >= FUZZ_DATA_VALUES)
		fail("no such slot");
	if (take(r, "=\""))
		a->size = take_text(r, a->bytes, FUZZ_DATA_BYTES);
	else if (take(r, "=q:"))
		take_list(r, row, k, 8, a);
	else if (take(r, "=d:"))
		take_list(r, row, k, 4, a);
	else if (take(r, "=w:"))
		take_list(r, row, k, 2, a);
}

/* ---- arguments and calls ---- */

static void take_path(struct reader *r, struct fuzz_arg *a)
{
	char path[300] = "";
	take_text(r, (uint8_t *)path, sizeof(path) - 1);
	for (unsigned int i = 0; i < fuzz_path_count; i++) {
		if (!strcmp(path, fuzz_path[i])) {
			a->kind = FUZZ_ARG_PATH;
			a->value = i;
			return;
		}
	}
	fail("no such path: '%s'", path);
}

static void take_reference(struct reader *r, unsigned int before, struct fuzz_arg *a)
{
	a->kind = FUZZ_ARG_RESULT;
	a->value = take_number(r);
	if (a->value >= before)
		fail("r%u is no earlier call", (unsigned int)a->value);
	if (!take(r, "["))
		return;
	a->kind = FUZZ_ARG_OUTPUT;
	a->offset = take_number(r) * 4 % FUZZ_DATA_BYTES;
	need(r, "]");
}

static void take_arg(struct reader *r, const struct fuzz_program *p, const struct fuzz_row *row,
		     unsigned int k, struct fuzz_arg *a)
{
	take(r, "");
	if (take(r, "\"")) {
		take_path(r, a);
	} else if (take(r, "@")) {
		take_data(r, row, k, a);
	} else if (r->at[0] == 'r' && isdigit((unsigned char)r->at[1])) {
		r->at++;
		take_reference(r, p->count, a);
	} else if (r->at[0] == 'm' && isdigit((unsigned char)r->at[1])) {
		r->at++;
		*a = (struct fuzz_arg){.kind = FUZZ_ARG_MEMORY,
				       .value = take_number(r) % FUZZ_MEMORY_BYTES};
	} else {
		a->value = take_value(r, row, k);
	}
}

static unsigned int find_row(const char *name)
{
	for (unsigned int row = 0; row < fuzz_row_count; row++)
		if (!strcmp(fuzz_row[row].name, name))
			return row;
	fail("no call is called '%s'", name);
}

static void take_call(struct reader *r, struct fuzz_program *p)
{
	char name[64];
	struct fuzz_call c = {0};
	if (p->count == FUZZ_MAX_CALLS)
		fail("more than %d calls", FUZZ_MAX_CALLS);
	take_word(r, name);
	if (name[0] == 't' && isdigit((unsigned char)name[1]) && !name[2]) {
		c.thread = name[1] - '0';
		take_word(r, name);
	}
	if (c.thread >= p->threads)
		fail("no thread %u", c.thread);
	c.row = find_row(name);
	need(r, "(");
	for (unsigned int k = 0; k < fuzz_row[c.row].argc; k++) {
		if (k)
			need(r, ",");
		take_arg(r, p, &fuzz_row[c.row], k, &c.arg[k]);
	}
	need(r, ")");
	if (take(r, "+"))
		c.child = take_number(r) % (FUZZ_MAX_CHILD + 1);
	p->call[p->count++] = c;
}

static void take_line(struct reader *r, struct fuzz_program *p)
{
	if (take(r, "#") || !*r->at)
		return;
	if (take(r, "threads "))
		p->threads = 1 + (take_number(r) - 1) % FUZZ_MAX_THREADS;
	else
		take_call(r, p);
	take(r, "");
	if (*r->at)
		fail("'%s' is too much", r->at);
}

int main(int argc, char **argv)
{
	static struct fuzz_program p = {.threads = 1};
	static uint8_t bytes[FUZZ_CASE_BYTES];
	char line[2000];
	FILE *in = argc == 3 ? fopen(argv[1], "r") : NULL, *out;
	if (!in)
		return fprintf(stderr, "usage: mkseeds IN OUT\n"), 2;
	file = argv[1];
	while (fgets(line, sizeof(line), in)) {
		line_number++;
		line[strcspn(line, "\n")] = 0;
		take_line(&(struct reader){line}, &p);
	}
	size_t n = fuzz_encode(&p, bytes, sizeof(bytes));
	out = fopen(argv[2], "w");
	if (!out || fwrite(bytes, 1, n, out) != n || fclose(out))
		return perror(argv[2]), 1;
	return 0;
}
