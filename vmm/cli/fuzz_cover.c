/* What the corpus of a campaign reaches. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_lines.h"
#include "fuzz_report.h"
#include "fuzz_walk.h"
#include "mote.h"

struct covering {
	struct cover *c;
	struct fuzz_rig *rig;
};

/* ---- running ---- */

static struct cover_call *find_call(struct cover *c, unsigned int nr)
{
	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		if (fuzz_row[i].nr == (int)nr)
			return &c->call[i];
	}
	return NULL;
}

/* The results are the guest's: any bytes. */
static void note_calls(struct cover *c, const struct fuzz_results *results)
{
	for (unsigned int i = 0; i < FUZZ_MAX_CALLS; i++) {
		struct fuzz_result r = results->result[i];
		struct cover_call *call = r.state == FUZZ_CALL_NOT_MADE ? NULL : find_call(c, r.nr);

		if (!call)
			continue;
		call->made++;
		if (r.state != FUZZ_CALL_ANSWERED)
			call->unanswered++;
		else if (r.value < 0 && r.value > -COVER_ERRORS)
			call->error[-r.value]++;
		else
			call->succeeded++;
	}
}

static int visit(void *ctx, const char *path, const struct fuzz_case *kase)
{
	struct covering *v = ctx;
	struct fuzz_outcome out;
	uint8_t *map = fuzz_map(v->rig);

	(void)path;
	memcpy(fuzz_case(v->rig), kase, sizeof(*kase));
	memset(map, 0, fuzz_map_size(v->rig));
	int err = fuzz_run(v->rig, FUZZ_QUICK, &out);

	if (err)
		return err;
	for (size_t i = 0; i < v->c->edges; i++)
		v->c->seen[i] |= map[i] != 0;
	v->c->cases++;
	report_progress("corpus", v->c->cases);
	note_calls(v->c, out.results);
	return 0;
}

/* ---- edges as lines ---- */

static int compare_lines(const void *a, const void *b)
{
	const struct cover_line *x = a, *y = b;
	int order = strcmp(x->file, y->file);

	if (!order)
		order = strcmp(x->function, y->function);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Edges of one line become one entry. */
static void merge_lines(struct cover *c)
{
	size_t to = 0;

	for (size_t i = 0; i < c->lines; i++) {
		if (to && !compare_lines(&c->line[to - 1], &c->line[i])) {
			c->line[to - 1].edges += c->line[i].edges;
			c->line[to - 1].hit += c->line[i].hit;
		} else {
			c->line[to++] = c->line[i];
		}
	}
	c->lines = to;
}

/* One entry an edge: where it is, and whether it was passed. */
static void fill_lines(struct cover *c, const struct source_place place[])
{
	for (size_t i = 0; i < c->edges; i++) {
		c->line[i] = (struct cover_line){.file = place[i].file,
						 .function = place[i].function,
						 .line = place[i].line,
						 .edges = 1,
						 .hit = c->seen[i]};
		c->edges_hit += c->seen[i];
	}
	c->lines = c->edges;
	qsort(c->line, c->lines, sizeof(*c->line), compare_lines);
	merge_lines(c);
}

static int find_lines(struct cover *c, const struct fuzz_rig *rig, const char *kernel)
{
	uint64_t *address = calloc(c->edges + 1, sizeof(*address));
	struct source_place *place = calloc(c->edges + 1, sizeof(*place));
	int err = address && place ? 0 : -ENOMEM;

	for (size_t i = 0; i < c->edges && !err; i++)
		address[i] = fuzz_edge_pc(rig, i);
	if (!err)
		err = lines_find(kernel, address, c->edges, place, &c->names);
	if (!err)
		fill_lines(c, place);
	free(address);
	free(place);
	return err;
}

int cover_corpus(struct report *r, struct fuzz_rig *rig, const char *kernel)
{
	struct cover *c = &r->cover;
	struct covering v = {c, rig};

	c->edges = fuzz_edges(rig);
	c->seen = calloc(1, c->edges + 1);
	c->line = calloc(c->edges + 1, sizeof(*c->line));
	c->call = calloc(fuzz_row_count, sizeof(*c->call));
	if (!c->seen || !c->line || !c->call) {
		mote_error("out of memory");
		return -ENOMEM;
	}
	int err = walk_cases(r->directory, "queue", visit, &v);

	return err ? err : find_lines(c, rig, kernel);
}

/* ---- reading it ---- */

size_t cover_file_end(const struct cover *c, size_t i)
{
	const char *file = c->line[i].file;

	while (i < c->lines && !strcmp(c->line[i].file, file))
		i++;
	return i;
}

size_t cover_function_end(const struct cover *c, size_t i)
{
	size_t end = cover_file_end(c, i);
	const char *function = c->line[i].function;

	while (i < end && !strcmp(c->line[i].function, function))
		i++;
	return i;
}

const char *cover_error_name(int error)
{
	static char number[16];
	const char *name = strerrorname_np(error);

	if (name)
		return name;
	snprintf(number, sizeof(number), "%d", error);
	return number;
}
