#include "shared/fuzz/edit.h"

#include "shared/fuzz/grammar.h"
#include "shared/fuzz/layout.h"

static bool is_reference(const struct fuzz_arg *a)
{
	return a->kind == FUZZ_ARG_RESULT || a->kind == FUZZ_ARG_OUTPUT;
}

/* Calls whose child makes call at: their numbers of calls change by change. */
static void change_children(struct fuzz_program *p, unsigned int at, int change)
{
	for (unsigned int i = 0; i < at; i++) {
		struct fuzz_call *c = &p->call[i];
		if (fuzz_row_forks(&fuzz_row[c->row]) && at <= i + c->child &&
		    c->child + change <= FUZZ_MAX_CHILD)
			c->child += change;
	}
}

static void shift_references(struct fuzz_call *c, unsigned int from, int change)
{
	for (unsigned int k = 0; k < FUZZ_MAX_ARGS; k++)
		if (is_reference(&c->arg[k]) && c->arg[k].value >= from)
			c->arg[k].value += change;
}

static void drop_references(struct fuzz_call *c, unsigned int to)
{
	for (unsigned int k = 0; k < FUZZ_MAX_ARGS; k++)
		if (is_reference(&c->arg[k]) && c->arg[k].value == to)
			c->arg[k] = (struct fuzz_arg){.kind = FUZZ_ARG_CONST};
}

bool fuzz_insert_call(struct fuzz_program *p, unsigned int at, const struct fuzz_call *call)
{
	if (p->count >= FUZZ_MAX_CALLS)
		return false;
	change_children(p, at, 1);
	for (unsigned int i = p->count; i > at; i--) {
		p->call[i] = p->call[i - 1];
		shift_references(&p->call[i], at, 1);
		drop_references(&p->call[i], i); /* the first call's, which mean none */
	}
	p->call[at] = *call;
	p->count++;
	return true;
}

void fuzz_remove_call(struct fuzz_program *p, unsigned int at)
{
	change_children(p, at, -1);
	p->count--;
	for (unsigned int i = at; i < p->count; i++) {
		p->call[i] = p->call[i + 1];
		drop_references(&p->call[i], at);
		shift_references(&p->call[i], at, -1);
	}
}
