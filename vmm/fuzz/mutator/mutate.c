#include "mutate.h"

#include <string.h>

#include "shared/fuzz/edit.h"
#include "shared/fuzz/layout.h"

void fuzz_mutation_init(struct fuzz_mutation *m, uint64_t seed, const struct fuzz_set *set)
{
	*m = (struct fuzz_mutation){.random = {seed * 2 + 1}, .set = *set};
	for (unsigned int row = 0; row < fuzz_row_count; row++)
		if (fuzz_set_has(set, row))
			m->row[m->rows++] = row;
	for (int i = 0; i < 8; i++)
		fuzz_random(&m->random);
}

static unsigned int pick_call(struct fuzz_mutation *m, const struct fuzz_program *p)
{
	return fuzz_below(&m->random, p->count);
}

static bool same_epic(const char *a, const char *b)
{
	return a[0] == 'E' && !strcmp(a, b);
}

static bool uses_result(const struct fuzz_program *p, unsigned int at, const struct fuzz_row *row)
{
	for (unsigned int k = 0; k < row->argc; k++) {
		enum fuzz_resource want = fuzz_arg_resource(row, k);
		for (unsigned int i = 0; want != FUZZ_NOTHING && i < at; i++)
			if (fuzz_row_makes(&fuzz_row[p->call[i].row], want))
				return true;
	}
	return false;
}

/* One of the set, rather one that has to do with the calls before: it takes what they make, or is
 * of their epic. */
static unsigned int pick_row(struct fuzz_mutation *m, const struct fuzz_program *p, unsigned int at)
{
	unsigned int row = m->row[fuzz_below(&m->random, m->rows)];
	const char *epic = p->count ? fuzz_row[p->call[pick_call(m, p)].row].epic : "";
	for (int tries = fuzz_below(&m->random, 6); tries > 0; tries--) {
		if (uses_result(p, at, &fuzz_row[row]) || same_epic(fuzz_row[row].epic, epic))
			break;
		row = m->row[fuzz_below(&m->random, m->rows)];
	}
	return row;
}

static void make_call(struct fuzz_mutation *m, const struct fuzz_program *p, unsigned int at,
		      unsigned int row, struct fuzz_call *out)
{
	struct fuzz_generator g = {.random = m->random, .p = p, .at = at};
	fuzz_generate_call(&g, row, out);
	m->random = g.random;
}

static void insert_row(struct fuzz_mutation *m, struct fuzz_program *p, unsigned int at,
		       unsigned int row)
{
	struct fuzz_call c;
	make_call(m, p, at, row, &c);
	fuzz_insert_call(p, at, &c);
}

static bool is_made(const struct fuzz_program *p, unsigned int at, enum fuzz_resource want)
{
	for (unsigned int i = 0; i < at; i++)
		if (fuzz_call_makes(&p->call[i], want))
			return true;
	return false;
}

/* A row of the set that makes want, -1: none was met with. */
static int pick_maker(struct fuzz_mutation *m, enum fuzz_resource want)
{
	for (int tries = 0; tries < 200; tries++) {
		unsigned int row = m->row[fuzz_below(&m->random, m->rows)];
		bool open = want == FUZZ_DIRECTORY || want == FUZZ_TTY;
		if (open ? fuzz_row_opens(&fuzz_row[row]) : fuzz_row_makes(&fuzz_row[row], want))
			return row;
	}
	return -1;
}

/* In front of at: calls that make what row takes and no call before at makes. How many were put
 * there. */
static unsigned int insert_makers(struct fuzz_mutation *m, struct fuzz_program *p, unsigned int at,
				  const struct fuzz_row *row)
{
	unsigned int first = at;
	for (unsigned int k = 0; k < row->argc && p->count + 2 < FUZZ_MAX_CALLS; k++) {
		enum fuzz_resource want = fuzz_arg_resource(row, k);
		if (want == FUZZ_NOTHING || is_made(p, at, want))
			continue;
		int maker =
			want == FUZZ_PID && fuzz_chance(&m->random, 60) ? -1 : pick_maker(m, want);
		if (maker < 0)
			continue;
		struct fuzz_generator g = {.random = m->random, .p = p, .at = at};
		struct fuzz_call c;
		fuzz_generate_maker(&g, maker, want, &c);
		m->random = g.random;
		at += fuzz_insert_call(p, at, &c);
	}
	return at - first;
}

/* ---- the changes; each leaves the program as it is where it makes no sense ---- */

typedef void change_function(struct fuzz_mutation *m, struct fuzz_program *p,
			     const struct fuzz_program *other);

static void change_insert(struct fuzz_mutation *m, struct fuzz_program *p,
			  const struct fuzz_program *other __attribute__((unused)))
{
	unsigned int at =
		fuzz_chance(&m->random, 50) ? p->count : fuzz_below(&m->random, p->count + 1u);
	if (p->count + 2 > FUZZ_MAX_CALLS)
		return;
	unsigned int row = pick_row(m, p, at);
	if (fuzz_chance(&m->random, 70))
		at += insert_makers(m, p, at, &fuzz_row[row]);
	insert_row(m, p, at, row);
}

static void change_remove(struct fuzz_mutation *m, struct fuzz_program *p,
			  const struct fuzz_program *other __attribute__((unused)))
{
	if (p->count > 1)
		fuzz_remove_call(p, pick_call(m, p));
}

static void change_duplicate(struct fuzz_mutation *m, struct fuzz_program *p,
			     const struct fuzz_program *other __attribute__((unused)))
{
	if (!p->count)
		return;
	unsigned int from = pick_call(m, p);
	struct fuzz_call c = p->call[from];
	fuzz_insert_call(p, from + fuzz_below(&m->random, p->count - from + 1u), &c);
}

/* Two neighbours: what the first one made, the second cannot have used any more. */
static void change_swap(struct fuzz_mutation *m, struct fuzz_program *p,
			const struct fuzz_program *other __attribute__((unused)))
{
	if (p->count < 2)
		return;
	unsigned int at = fuzz_below(&m->random, p->count - 1u);
	struct fuzz_call c = p->call[at];
	fuzz_remove_call(p, at);
	fuzz_insert_call(p, at + 1, &c);
}

static void change_replace(struct fuzz_mutation *m, struct fuzz_program *p,
			   const struct fuzz_program *other __attribute__((unused)))
{
	if (!p->count)
		return;
	unsigned int at = pick_call(m, p);
	struct fuzz_call c;
	make_call(m, p, at, pick_row(m, p, at), &c);
	c.thread = p->call[at].thread;
	p->call[at] = c;
}

static void change_argument(struct fuzz_mutation *m, struct fuzz_program *p,
			    const struct fuzz_program *other __attribute__((unused)))
{
	unsigned int at = p->count ? pick_call(m, p) : 0;
	if (!p->count || !fuzz_row[p->call[at].row].argc)
		return;
	struct fuzz_generator g = {.random = m->random, .p = p, .at = at, .call = &p->call[at]};
	g.k = fuzz_below(&g.random, fuzz_row[p->call[at].row].argc);
	fuzz_generate_arg(&g);
	m->random = g.random;
}

static void change_bytes(struct fuzz_mutation *m, struct fuzz_arg *a)
{
	struct fuzz_random *r = &m->random;
	unsigned int at = fuzz_below(r, a->size), word = at / 8 * 8;
	switch (fuzz_below(r, 4)) {
	case 0:
		a->bytes[at] ^= 1u << fuzz_below(r, 8);
		break;
	case 1:
		a->bytes[at] = fuzz_random(r);
		break;
	case 2: {
		uint64_t value = fuzz_boundary(r);
		memcpy(a->bytes + word, &value, a->size - word < 8u ? a->size - word : 8u);
		break;
	}
	default:
		a->bytes[at] += fuzz_chance(r, 50) ? 1 : -1;
	}
}

/* A little of an argument: a bit, one more, a boundary, some of its bytes. */
static void change_value(struct fuzz_mutation *m, struct fuzz_program *p,
			 const struct fuzz_program *other __attribute__((unused)))
{
	unsigned int at = p->count ? pick_call(m, p) : 0;
	if (!p->count || !fuzz_row[p->call[at].row].argc)
		return;
	struct fuzz_arg *a =
		&p->call[at].arg[fuzz_below(&m->random, fuzz_row[p->call[at].row].argc)];
	if (a->kind == FUZZ_ARG_DATA && a->size && fuzz_chance(&m->random, 80)) {
		change_bytes(m, a);
	} else if (a->kind == FUZZ_ARG_DATA) {
		a->value = fuzz_below(&m->random, FUZZ_DATA_VALUES);
	} else if (a->kind == FUZZ_ARG_CONST) {
		unsigned int how = fuzz_below(&m->random, 10);
		a->value = how < 4   ? a->value ^ 1ull << fuzz_below(&m->random, 32)
			   : how < 7 ? a->value + (how == 6 ? -1ull : 1)
				     : fuzz_boundary(&m->random);
	} else if (a->kind == FUZZ_ARG_MEMORY) {
		a->value = fuzz_below(&m->random, FUZZ_MEMORY_BYTES);
	}
}

/* What an argument of another call of the program refers to, or is. */
static void change_reference(struct fuzz_mutation *m, struct fuzz_program *p,
			     const struct fuzz_program *other __attribute__((unused)))
{
	if (p->count < 2)
		return;
	unsigned int to = 1 + fuzz_below(&m->random, p->count - 1u),
		     from = fuzz_below(&m->random, to);
	struct fuzz_call *c = &p->call[to];
	if (!fuzz_row[c->row].argc)
		return;
	struct fuzz_arg *a = &c->arg[fuzz_below(&m->random, fuzz_row[c->row].argc)];
	unsigned int argc = fuzz_row[p->call[from].row].argc;
	if (argc && fuzz_chance(&m->random, 50))
		*a = p->call[from].arg[fuzz_below(&m->random, argc)];
	else
		*a = (struct fuzz_arg){.kind = FUZZ_ARG_RESULT, .value = from};
}

/* Another program's calls behind or among these. Their references move along with them. */
static void change_splice(struct fuzz_mutation *m, struct fuzz_program *p,
			  const struct fuzz_program *other)
{
	if (!other || !other->count)
		return;
	unsigned int first = fuzz_chance(&m->random, 50) ? 0 : fuzz_below(&m->random, other->count);
	unsigned int n = 1 + fuzz_below(&m->random, other->count - first),
		     at = fuzz_chance(&m->random, 70) ? p->count
						      : fuzz_below(&m->random, p->count + 1u);
	for (unsigned int i = 0; i < n; i++) {
		struct fuzz_call c = other->call[first + i];
		c.thread %= p->threads;
		for (unsigned int k = 0; k < FUZZ_MAX_ARGS; k++) {
			struct fuzz_arg *a = &c.arg[k];
			if (a->kind != FUZZ_ARG_RESULT && a->kind != FUZZ_ARG_OUTPUT)
				continue;
			a->value = a->value >= first ? a->value - first + at : a->value;
			if (a->value >= at + i)
				*a = (struct fuzz_arg){.kind = FUZZ_ARG_CONST};
		}
		if (!fuzz_insert_call(p, at + i, &c))
			return;
	}
}

static void change_threads(struct fuzz_mutation *m, struct fuzz_program *p,
			   const struct fuzz_program *other __attribute__((unused)))
{
	p->threads = fuzz_chance(&m->random, 50) ? 1 : 1 + fuzz_below(&m->random, FUZZ_MAX_THREADS);
	for (unsigned int i = 0; i < p->count; i++)
		p->call[i].thread = fuzz_chance(&m->random, 50)
					    ? p->call[i].thread % p->threads
					    : fuzz_below(&m->random, p->threads);
}

/* Let a child make some of the calls. */
static void change_fork(struct fuzz_mutation *m, struct fuzz_program *p,
			const struct fuzz_program *other __attribute__((unused)))
{
	static const uint16_t ids[] = {FUZZ_ID_FORK, FUZZ_ID_FORK, FUZZ_ID_VFORK, FUZZ_ID_CLONE,
				       FUZZ_ID_CLONE3};
	unsigned int row = fuzz_row_find(FUZZ_PICK(&m->random, ids)),
		     at = fuzz_below(&m->random, p->count + 1u);
	struct fuzz_call c;
	if (!fuzz_set_has(&m->set, row))
		return;
	make_call(m, p, at, row, &c);
	c.child = 0;
	if (fuzz_insert_call(p, at, &c))
		p->call[at].child =
			fuzz_below(&m->random,
				   p->count - at < FUZZ_MAX_CHILD ? p->count - at : FUZZ_MAX_CHILD);
}

static change_function *const changes[] = {
	change_insert,	change_insert,	 change_insert,	   change_insert,    change_insert,
	change_remove,	change_remove,	 change_duplicate, change_swap,	     change_replace,
	change_replace, change_argument, change_argument,  change_argument,  change_argument,
	change_value,	change_value,	 change_value,	   change_reference, change_reference,
	change_splice,	change_splice,	 change_threads,   change_fork};

void fuzz_mutate(struct fuzz_mutation *m, struct fuzz_program *p, const struct fuzz_program *other)
{
	for (unsigned int n = 1 + fuzz_below(&m->random, 4); n; n--)
		FUZZ_PICK(&m->random, changes)(m, p, other);
	if (!p->count)
		change_insert(m, p, other);
}
