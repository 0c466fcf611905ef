#include "fuzz_listing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "shared/fuzz/grammar.h"

static void mark(const struct fuzz_program *p, unsigned int from, unsigned int end, int parent, int owner[FUZZ_MAX_CALLS])
{
	for (unsigned int i = from; i < end;) {
		unsigned int next = fuzz_block_end(p, i, end);

		owner[i] = parent;
		if (next > i + 1)
			mark(p, i + 1, next, (int)i, owner);
		i = next;
	}
}

void listing_owners(const struct fuzz_program *p, int owner[FUZZ_MAX_CALLS])
{
	mark(p, 0, p->count, -1, owner);
}

static void print_who(FILE *out, const struct fuzz_program *p, unsigned int i, int owner)
{
	char who[32];

	if (owner >= 0)
		snprintf(who, sizeof(who), "child of %d", owner);
	else if (p->call[i].thread)
		snprintf(who, sizeof(who), "thread %u", p->call[i].thread);
	else
		snprintf(who, sizeof(who), "main");
	fprintf(out, "  %2u  %-12s ", i, who);
}

static void print_result(FILE *out, const struct fuzz_result *r)
{
	char text[LISTING_CALL];

	switch (r->state) {
	case FUZZ_CALL_ANSWERED:
		fuzz_print_result(r, text, sizeof(text));
		fputs(text, out);
		break;
	case FUZZ_CALL_MADE:
		fputs(" = ?  (did not return)", out);
		break;
	default:
		fputs("   (not made)", out);
	}
}

static void print_end(FILE *out, const struct fuzz_results *r)
{
	if (r->stage < FUZZ_STAGE_CALLS || !r->ended)
		return;
	if (WIFSIGNALED(r->ended))
		fprintf(out, "  the program was killed by signal %d (%s)\n", WTERMSIG(r->ended), strsignal(WTERMSIG(r->ended)));
	else if (WIFEXITED(r->ended))
		fprintf(out, "  the program exited with status %d\n", WEXITSTATUS(r->ended));
}

void listing_program(FILE *out, const struct fuzz_program *p, const struct fuzz_results *results)
{
	int owner[FUZZ_MAX_CALLS];
	char text[LISTING_CALL];

	listing_owners(p, owner);
	for (unsigned int i = 0; i < p->count; i++) {
		print_who(out, p, i, owner[i]);
		fuzz_print_call(p, i, text, sizeof(text));
		fputs(text, out);
		if (results)
			print_result(out, &results->result[i]);
		putc('\n', out);
	}
	if (results)
		print_end(out, results);
}
