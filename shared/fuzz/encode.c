#include "shared/fuzz/bytes.h"
#include "shared/fuzz/grammar.h"
#include "shared/fuzz/layout.h"

struct writer {
	uint8_t *at, *end;
	bool full; /* something did not fit */
};

static void put(struct writer *w, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++) {
		if (w->at == w->end) {
			w->full = true;
			return;
		}
		*w->at++ = value >> 8 * i;
	}
}

static void put_head(struct writer *w, unsigned int kind, unsigned int form)
{
	put(w, kind | form << FUZZ_ARG_KIND_BITS, 1);
}

static void put_form(struct writer *w, enum fuzz_const form, uint64_t value, unsigned int bytes)
{
	put_head(w, FUZZ_ARG_CONST, form);
	put(w, value, bytes);
}

static bool is_power(uint64_t v)
{
	return v && !(v & (v - 1));
}

/* By patterns, where that is shorter than the bytes. */
static bool put_pattern(struct writer *w, uint64_t v)
{
	if (is_power(v))
		put_form(w, FUZZ_CONST_BIT, __builtin_ctzll(v), 1);
	else if (is_power(v + 1))
		put_form(w, FUZZ_CONST_BELOW, __builtin_ctzll(v + 1), 1);
	else if (is_power(~v))
		put_form(w, FUZZ_CONST_ABOVE, __builtin_ctzll(~v), 1);
	else if (v % FUZZ_PAGE == 0 && (int64_t)v / FUZZ_PAGE == (int8_t)((int64_t)v / FUZZ_PAGE))
		put_form(w, FUZZ_CONST_PAGES, (int64_t)v / FUZZ_PAGE, 1);
	else
		return false;
	return true;
}

/* The shortest form. */
static void put_const(struct writer *w, uint64_t v)
{
	int64_t s = (int64_t)v;
	if (v < FUZZ_CONST_INLINE)
		put_head(w, FUZZ_ARG_CONST, v);
	else if (s == -1)
		put_head(w, FUZZ_ARG_CONST, FUZZ_CONST_MINUS_ONE);
	else if (s == -100)
		put_head(w, FUZZ_ARG_CONST, FUZZ_CONST_CWD);
	else if (v <= UINT8_MAX)
		put_form(w, FUZZ_CONST_U8, v, 1);
	else if (s == (int8_t)s)
		put_form(w, FUZZ_CONST_S8, v, 1);
	else if (put_pattern(w, v))
		return;
	else if (v <= UINT16_MAX)
		put_form(w, FUZZ_CONST_U16, v, 2);
	else if (s == (int16_t)s)
		put_form(w, FUZZ_CONST_S16, v, 2);
	else if (v <= UINT32_MAX)
		put_form(w, FUZZ_CONST_U32, v, 4);
	else if (s == (int32_t)s)
		put_form(w, FUZZ_CONST_S32, v, 4);
	else
		put_form(w, FUZZ_CONST_U64, v, 8);
}

static void put_back(struct writer *w, const struct fuzz_arg *a, unsigned int i)
{
	unsigned int back = i && a->value < i ? i - 1 - a->value : 0;
	put_head(w, a->kind, back < FUZZ_BACK_FAR ? back : FUZZ_BACK_FAR);
	if (back >= FUZZ_BACK_FAR)
		put(w, back, 1);
	if (a->kind == FUZZ_ARG_OUTPUT)
		put(w, a->offset / 4, 1);
}

static void put_data(struct writer *w, const struct fuzz_arg *a)
{
	unsigned int fine = a->value % 16,
		     size = a->size <= FUZZ_DATA_BYTES ? a->size : FUZZ_DATA_BYTES;
	put_head(w, FUZZ_ARG_DATA,
		 (a->value >> 12 & FUZZ_DATA_PAGE_MASK) | (fine ? FUZZ_DATA_FINE : 0) |
			 (size ? FUZZ_DATA_FILLED : 0));
	put(w, a->value >> 4, 1);
	if (fine)
		put(w, fine, 1);
	if (size)
		put(w, size, 1);
	for (unsigned int k = 0; k < size; k++)
		put(w, a->bytes[k], 1);
}

static void put_memory(struct writer *w, uint64_t value)
{
	uint64_t page = value / FUZZ_PAGE;
	if (value % FUZZ_PAGE == 0 && page < FUZZ_MEMORY_FAR) {
		put_head(w, FUZZ_ARG_MEMORY, page);
		return;
	}
	put_head(w, FUZZ_ARG_MEMORY, FUZZ_MEMORY_FAR);
	put(w, value % FUZZ_MEMORY_BYTES, 3);
}

static void put_arg(struct writer *w, const struct fuzz_arg *a, unsigned int i)
{
	switch ((enum fuzz_arg_kind)a->kind) {
	case FUZZ_ARG_CONST:
	case FUZZ_ARG_KINDS:
		put_const(w, a->value);
		break;
	case FUZZ_ARG_RESULT:
	case FUZZ_ARG_OUTPUT:
		put_back(w, a, i);
		break;
	case FUZZ_ARG_DATA:
		put_data(w, a);
		break;
	case FUZZ_ARG_PATH:
		put_head(w, FUZZ_ARG_PATH, a->value < FUZZ_PATH_FAR ? a->value : FUZZ_PATH_FAR);
		if (a->value >= FUZZ_PATH_FAR)
			put(w, a->value, 1);
		break;
	case FUZZ_ARG_MEMORY:
		put_memory(w, a->value);
		break;
	}
}

static void put_call(struct writer *w, const struct fuzz_call *c, unsigned int i)
{
	const struct fuzz_row *row = &fuzz_row[c->row];
	unsigned int child = fuzz_row_forks(row) ? c->child : 0;
	put(w, row->id | c->thread << FUZZ_CALL_THREAD_SHIFT | child << FUZZ_CALL_CHILD_SHIFT, 2);
	for (unsigned int k = 0; k < row->argc; k++)
		put_arg(w, &c->arg[k], i);
}

size_t fuzz_encode(const struct fuzz_program *p, uint8_t *bytes, size_t size)
{
	struct writer w = {bytes, bytes + size, false};
	put(&w, p->threads - 1u, 1);
	for (unsigned int i = 0; i < p->count && !w.full; i++) {
		uint8_t *start = w.at;
		put_call(&w, &p->call[i], i);
		if (w.full)
			w.at = start;
	}
	return w.at - bytes;
}
