/* Two kernels' answers beside each other. */
#include <stdio.h>
#include <string.h>

#include "oracle.h"
#include "oracle_lines.h"
#include "shared/fuzz/program.h"

static void print_answer(FILE *f, const char *who, const struct fuzz_result *r, const struct fuzz_results *all)
{
	char text[160] = " = ?";

	if (r->state == FUZZ_CALL_ANSWERED && r->value == ORACLE_REFUSED)
		snprintf(text, sizeof(text), " (not made: the sandbox refuses it)");
	else if (r->state == FUZZ_CALL_ANSWERED)
		fuzz_print_result(r, text, sizeof(text));
	else if (r->state == FUZZ_CALL_MADE)
		snprintf(text, sizeof(text), all->ended ? " ended there" : " did not return");
	else
		snprintf(text, sizeof(text), " (not made)");
	fprintf(f, "      %-5s%s", who, text);
	if (r->output)
		fprintf(f, "   output %016llx", r->output);
	fputc('\n', f);
}

static bool alike(const struct fuzz_result *a, const struct fuzz_result *b)
{
	return a->state == b->state && a->value == b->value && a->output == b->output;
}

static void print_call(FILE *f, const struct fuzz_program *p, unsigned int i, const struct fuzz_results *theirs,
		       const struct fuzz_results *ours, bool first)
{
	const struct fuzz_result *t = &theirs->result[i], *o = &ours->result[i];
	char text[1024];

	fuzz_print_call(p, i, text, sizeof(text));
	fprintf(f, "%s %2u %s", first ? ">>" : alike(t, o) ? "  " : " !", i, text);
	if (alike(t, o)) {
		fuzz_print_result(t, text, sizeof(text));
		fprintf(f, "%s\n", t->state == FUZZ_CALL_ANSWERED ? text : t->state == FUZZ_CALL_MADE ? " did not return" : " (not made)");
		return;
	}
	fputc('\n', f);
	print_answer(f, "Linux", t, theirs);
	print_answer(f, "mote", o, ours);
}

/* The lines that differ, in order. */
static void print_observed(FILE *f, const char *t, const char *o)
{
	while (*t || *o) {
		int tn = (int)strcspn(t, "\n"), on = (int)strcspn(o, "\n");

		if (!oracle_lines_alike(t, (size_t)tn, o, (size_t)on))
			fprintf(f, " ! Linux %.*s\n   mote  %.*s\n", tn, t, on, o);
		t += tn + (t[tn] == '\n');
		o += on + (o[on] == '\n');
	}
}

void oracle_print_difference(FILE *f, const struct fuzz_case *c, const struct fuzz_results *theirs, const struct fuzz_results *ours,
			     const struct oracle_lenience *l)
{
	static _Thread_local struct fuzz_program p;
	struct oracle_difference d;

	fuzz_decode(c->bytes, c->len < FUZZ_CASE_BYTES ? c->len : FUZZ_CASE_BYTES, &p);
	struct oracle_lenience quiet = {l->allow, l->single_id, NULL};

	bool differ = oracle_compare(c, theirs, ours, 1, &quiet, &d);

	fprintf(f, "%s\n", differ ? d.key : "Linux and mote answer alike");
	for (unsigned int i = 0; i < p.count; i++)
		print_call(f, &p, i, theirs, ours, differ && d.call == (int)i);
	if (theirs->ended != ours->ended)
		fprintf(f, " ! status: Linux %#x, mote %#x\n", theirs->ended, ours->ended);
	print_observed(f, theirs->observed, ours->observed);
}
