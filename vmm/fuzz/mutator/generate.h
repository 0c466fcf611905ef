/* New calls and arguments that make sense where they stand. Internal to the mutator and to those
 * who make seeds. */
#ifndef FUZZ_GENERATE_H
#define FUZZ_GENERATE_H

#include "random.h"
#include "shared/fuzz/grammar.h"

/* What a call answers, or writes, that others take. */
enum fuzz_resource {
	FUZZ_NOTHING,
	FUZZ_FD,
	FUZZ_PIPE,
	FUZZ_EPOLL,
	FUZZ_TIMERFD,
	FUZZ_PIDFD,
	FUZZ_DIRECTORY,
	FUZZ_TTY,
	FUZZ_PID,
	FUZZ_TIMER,
	FUZZ_ADDRESS
};

struct fuzz_generator {
	struct fuzz_random random;
	const struct fuzz_program *p;
	unsigned int at;	/* in front of which call; results of those before it may be used */
	struct fuzz_call *call; /* being made: arguments before k are there */
	unsigned int k;
};

/* The call of a row, arguments and all, for place g->at of g->p. */
void fuzz_generate_call(struct fuzz_generator *g, unsigned int row, struct fuzz_call *out);
/* The same, so that what it makes is a resource of that kind, where the arguments decide. */
void fuzz_generate_maker(struct fuzz_generator *g, unsigned int row, enum fuzz_resource want,
			 struct fuzz_call *out);
/* Does this call, as far as its arguments tell? */
bool fuzz_call_makes(const struct fuzz_call *call, enum fuzz_resource want);
/* Is what the call opens, by its path, a resource of that kind: a directory, a terminal? */
bool fuzz_call_opens(const struct fuzz_call *call, enum fuzz_resource want);
/* Can a call of the row? */
bool fuzz_row_opens(const struct fuzz_row *row);
/* Argument g->k of g->call anew. */
void fuzz_generate_arg(struct fuzz_generator *g);
/* The resource that argument k of a row is, FUZZ_NOTHING: none. */
enum fuzz_resource fuzz_arg_resource(const struct fuzz_row *row, unsigned int k);
/* Does a call of this row make one? */
bool fuzz_row_makes(const struct fuzz_row *row, enum fuzz_resource want);

/* ---- the parts of generate.c ---- */

static inline const struct fuzz_row *fuzz_generator_row(const struct fuzz_generator *g)
{
	return &fuzz_row[g->call->row];
}
static inline struct fuzz_arg *fuzz_generator_arg(struct fuzz_generator *g)
{
	return &g->call->arg[g->k];
}

/* One of the numbers at which things change. */
uint64_t fuzz_boundary(struct fuzz_random *r);
/* A descriptor number as structures hold it. */
int fuzz_small_fd(struct fuzz_random *r);
/* The argument becomes a number. */
void fuzz_set_const(struct fuzz_generator *g, uint64_t value);
/* The argument points to size bytes at data, or to nothing but room with size 0. */
void fuzz_set_data(struct fuzz_generator *g, const void *data, unsigned int size);

/* A number out of those that have names for this argument (flags.c); false when it has none. */
bool fuzz_generate_named(struct fuzz_generator *g);
/* A path that suits the call (paths.c). */
void fuzz_generate_path(struct fuzz_generator *g);
/* What a structure's pointer points to (data.c). */
void fuzz_generate_pointer(struct fuzz_generator *g);

#endif
