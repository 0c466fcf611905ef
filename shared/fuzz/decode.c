#include "shared/fuzz/bytes.h"
#include "shared/fuzz/grammar.h"
#include "shared/fuzz/layout.h"
#include "shared/fuzz/tree.h"

struct reader {
	const uint8_t *at, *end;
};

/* Little-endian; bytes behind the end are 0. */
static uint64_t take(struct reader *r, unsigned int bytes)
{
	uint64_t value = 0;
	for (unsigned int i = 0; i < bytes && r->at < r->end; i++)
		value |= (uint64_t)*r->at++ << 8 * i;
	return value;
}

static uint64_t take_const(struct reader *r, unsigned int form)
{
	switch (form) {
	case FUZZ_CONST_MINUS_ONE:
		return -1ull;
	case FUZZ_CONST_CWD:
		return -100ull;
	case FUZZ_CONST_U8:
		return take(r, 1);
	case FUZZ_CONST_U16:
		return take(r, 2);
	case FUZZ_CONST_U32:
		return take(r, 4);
	case FUZZ_CONST_U64:
		return take(r, 8);
	case FUZZ_CONST_S8:
		return (int64_t)(int8_t)take(r, 1);
	case FUZZ_CONST_S16:
		return (int64_t)(int16_t)take(r, 2);
	case FUZZ_CONST_S32:
		return (int64_t)(int32_t)take(r, 4);
	case FUZZ_CONST_BIT:
		return 1ull << take(r, 1) % 64;
	case FUZZ_CONST_BELOW:
		return (1ull << take(r, 1) % 64) - 1;
	case FUZZ_CONST_ABOVE:
		return ~(1ull << take(r, 1) % 64);
	case FUZZ_CONST_PAGES:
		return (uint64_t)(int64_t)(int8_t)take(r, 1) * FUZZ_PAGE;
	default:
		return form % FUZZ_CONST_INLINE;
	}
}

/* A call before number i. */
static uint64_t take_back(struct reader *r, unsigned int form, unsigned int i)
{
	uint64_t back = form == FUZZ_BACK_FAR ? take(r, 1) : form;
	return i ? i - 1 - back % i : 0;
}

static void take_data(struct reader *r, unsigned int form, struct fuzz_arg *a)
{
	a->value = (form & FUZZ_DATA_PAGE_MASK) << 12 | take(r, 1) << 4;
	if (form & FUZZ_DATA_FINE)
		a->value |= take(r, 1) % 16;
	if (!(form & FUZZ_DATA_FILLED))
		return;
	a->size = take(r, 1) % (FUZZ_DATA_BYTES + 1);
	for (unsigned int i = 0; i < a->size; i++)
		a->bytes[i] = take(r, 1);
}

static uint64_t take_memory(struct reader *r, unsigned int form)
{
	return form < FUZZ_MEMORY_FAR ? form * FUZZ_PAGE : take(r, 3) % FUZZ_MEMORY_BYTES;
}

static void take_arg(struct reader *r, unsigned int i, struct fuzz_arg *a)
{
	unsigned int head = take(r, 1), form = head >> FUZZ_ARG_KIND_BITS;
	a->kind = (head & FUZZ_ARG_KIND_MASK) % FUZZ_ARG_KINDS;
	switch ((enum fuzz_arg_kind)a->kind) {
	case FUZZ_ARG_CONST:
		a->value = take_const(r, form);
		break;
	case FUZZ_ARG_RESULT:
		a->value = take_back(r, form, i);
		break;
	case FUZZ_ARG_OUTPUT:
		a->value = take_back(r, form, i);
		a->offset = take(r, 1) % (FUZZ_DATA_BYTES / 4) * 4;
		break;
	case FUZZ_ARG_DATA:
		take_data(r, form, a);
		break;
	case FUZZ_ARG_PATH:
		a->value = (form == FUZZ_PATH_FAR ? take(r, 1) : form) % fuzz_path_count;
		break;
	case FUZZ_ARG_MEMORY:
	case FUZZ_ARG_KINDS:
		a->value = take_memory(r, form);
		break;
	}
}

static void take_call(struct reader *r, struct fuzz_program *p, unsigned int i)
{
	struct fuzz_call *c = &p->call[i];
	unsigned int head = take(r, 2);
	*c = (struct fuzz_call){.row = fuzz_row_find(head & FUZZ_CALL_ID)};
	c->thread = (head >> FUZZ_CALL_THREAD_SHIFT) % FUZZ_MAX_THREADS % p->threads;
	const struct fuzz_row *row = &fuzz_row[c->row];
	if (fuzz_row_forks(row))
		c->child = head >> FUZZ_CALL_CHILD_SHIFT;
	for (unsigned int k = 0; k < row->argc; k++)
		take_arg(r, i, &c->arg[k]);
}

void fuzz_decode(const uint8_t *bytes, size_t len, struct fuzz_program *p)
{
	struct reader r = {bytes, bytes + len};
	p->threads = 1 + take(&r, 1) % FUZZ_MAX_THREADS;
	p->count = 0;
	while (r.end - r.at >= 2 && p->count < FUZZ_MAX_CALLS)
		take_call(&r, p, p->count++);
}
