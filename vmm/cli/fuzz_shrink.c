#include "fuzz_shrink.h"

#include <string.h>

#include "shared/fuzz/edit.h"

struct shrinker {
	struct fuzz_program *p; /* the smallest so far */
	struct fuzz_program tried;
	shrink_test *test;
	void *ctx;
	bool changed; /* in this round */
	bool over;    /* test() does not answer any more */
};

/* Was `tried` as good? Then it is what is made smaller from now on. */
static bool keep_if_true(struct shrinker *s)
{
	if (s->over || !memcmp(&s->tried, s->p, sizeof(s->tried)))
		return false;
	int answer = s->test(s->ctx, &s->tried);

	s->over = answer < 0;
	if (answer != 1)
		return false;
	*s->p = s->tried;
	s->changed = true;
	return true;
}

static struct fuzz_program *try_another(struct shrinker *s)
{
	s->tried = *s->p;
	return &s->tried;
}

/* ---- calls ---- */

/* Pieces of n calls, from the last one on: what comes later depends on what was before. */
static void drop_pieces(struct shrinker *s, unsigned int n)
{
	for (unsigned int end = s->p->count; end >= n && !s->over; end--) {
		struct fuzz_program *p = try_another(s);

		for (unsigned int i = 0; i < n; i++)
			fuzz_remove_call(p, end - 1 - i);
		if (keep_if_true(s) && end > s->p->count + 1u)
			end = s->p->count + 1u;
	}
}

static void drop_calls(struct shrinker *s)
{
	for (unsigned int n = s->p->count / 2; n > 1 && !s->over; n /= 2)
		drop_pieces(s, n);
	drop_pieces(s, 1);
}

/* ---- threads and children ---- */

static void drop_thread(struct shrinker *s, unsigned int thread)
{
	struct fuzz_program *p = try_another(s);

	for (unsigned int i = 0; i < p->count; i++) {
		if (p->call[i].thread == thread)
			p->call[i].thread = 0;
		else if (p->call[i].thread > thread)
			p->call[i].thread--;
	}
	p->threads--;
	keep_if_true(s);
}

static void drop_threads(struct shrinker *s)
{
	for (unsigned int t = s->p->threads; t-- > 1 && !s->over;)
		drop_thread(s, t);
}

static void drop_children(struct shrinker *s)
{
	for (unsigned int i = 0; i < s->p->count && !s->over; i++) {
		while (s->p->call[i].child) {
			try_another(s)->call[i].child--;
			if (!keep_if_true(s))
				break;
		}
	}
}

/* ---- arguments ---- */

static bool set_number(struct shrinker *s, unsigned int i, unsigned int k, uint64_t value)
{
	try_another(s)->call[i].arg[k] = (struct fuzz_arg){.kind = FUZZ_ARG_CONST, .value = value};
	return keep_if_true(s);
}

static bool set_value(struct shrinker *s, unsigned int i, unsigned int k, uint64_t value)
{
	try_another(s)->call[i].arg[k].value = value;
	return keep_if_true(s);
}

static void shorten_data(struct shrinker *s, unsigned int i, unsigned int k)
{
	for (unsigned int cut = s->p->call[i].arg[k].size; cut && !s->over;) {
		struct fuzz_arg *a = &try_another(s)->call[i].arg[k];

		if (cut > a->size) {
			cut = a->size;
			continue;
		}
		a->size -= cut;
		memset(a->bytes + a->size, 0, cut);
		if (!keep_if_true(s))
			cut /= 2;
	}
	for (unsigned int b = 0; b < s->p->call[i].arg[k].size && !s->over; b++) {
		try_another(s)->call[i].arg[k].bytes[b] = 0;
		keep_if_true(s);
	}
}

/* Bit by bit, the highest first. */
static void clear_bits(struct shrinker *s, unsigned int i, unsigned int k)
{
	for (unsigned int bit = 64; bit-- && !s->over;) {
		uint64_t value = s->p->call[i].arg[k].value;

		if (value >> bit & 1)
			set_value(s, i, k, value & ~(1ull << bit));
	}
}

static void simplify_argument(struct shrinker *s, unsigned int i, unsigned int k)
{
	const struct fuzz_arg *a = &s->p->call[i].arg[k];

	if (set_number(s, i, k, 0))
		return;
	switch ((enum fuzz_arg_kind)a->kind) {
	case FUZZ_ARG_CONST:
		if (a->value != -1ull)
			clear_bits(s, i, k);
		break;
	case FUZZ_ARG_DATA:
		shorten_data(s, i, k);
		set_value(s, i, k, 0);
		break;
	case FUZZ_ARG_PATH:
	case FUZZ_ARG_MEMORY:
		set_value(s, i, k, 0);
		break;
	default: /* what it refers to is what it is about */
		break;
	}
}

static void simplify_arguments(struct shrinker *s)
{
	for (unsigned int i = 0; i < s->p->count; i++) {
		for (unsigned int k = 0; k < fuzz_row[s->p->call[i].row].argc && !s->over; k++)
			simplify_argument(s, i, k);
	}
}

int shrink(struct fuzz_program *p, shrink_test *test, void *ctx)
{
	struct shrinker s = {.p = p, .test = test, .ctx = ctx};

	do {
		s.changed = false;
		drop_calls(&s);
		drop_threads(&s);
		drop_children(&s);
		simplify_arguments(&s);
	} while (s.changed && !s.over);
	return s.over ? -1 : 0;
}
