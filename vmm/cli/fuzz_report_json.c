/* A campaign's report for machines: RFC 8259, ASCII alone. */
#include <inttypes.h>
#include <string.h>

#include "fuzz_listing.h"
#include "fuzz_report.h"
#include "mote.h"
#include "test_text.h"

/* What is being written; a comma is due before the next member or element. */
struct json {
	FILE *out;
	bool comma;
};

/* Between members and elements of what is large: a line each. */
static void next(struct json *j)
{
	if (j->comma)
		fputs(",\n", j->out);
	j->comma = false;
}

static void open_with(struct json *j, char bracket)
{
	next(j);
	putc(bracket, j->out);
}

static void close_with(struct json *j, char bracket)
{
	putc(bracket, j->out);
	j->comma = true;
}

/* Bytes that are no text come as the characters of the same number. */
static void put_quoted(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c < ' ' || c >= 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

static void put_key(struct json *j, const char *name)
{
	next(j);
	put_quoted(j->out, name);
	putc(':', j->out);
}

static void put_text(struct json *j, const char *name, const char *value)
{
	put_key(j, name);
	put_quoted(j->out, value);
	j->comma = true;
}

static void put_number(struct json *j, const char *name, uint64_t value)
{
	put_key(j, name);
	fprintf(j->out, "%" PRIu64, value);
	j->comma = true;
}

static void put_fraction(struct json *j, const char *name, double value, int digits)
{
	put_key(j, name);
	fprintf(j->out, "%.*f", digits, value);
	j->comma = true;
}

/* Seconds since 1970, null when unknown. */
static void put_time(struct json *j, const char *name, uint64_t ns)
{
	if (ns) {
		put_fraction(j, name, (double)ns / 1e9, 3);
		return;
	}
	put_key(j, name);
	fputs("null", j->out);
	j->comma = true;
}

static void open_member(struct json *j, const char *name, char bracket)
{
	put_key(j, name);
	putc(bracket, j->out);
}

/* ---- the campaign ---- */

static void put_instance(struct json *j, const struct instance_stats *in)
{
	open_with(j, '{');
	put_text(j, "name", in->name);
	put_number(j, "executions", in->executions);
	put_number(j, "run_time", in->run_time);
	put_number(j, "corpus", in->corpus);
	put_fraction(j, "stability", in->stability, 2);
	put_number(j, "crashes", in->crashes);
	put_number(j, "hangs", in->hangs);
	close_with(j, '}');
}

static void put_campaign(struct json *j, const struct report *r)
{
	put_text(j, "directory", r->directory);
	put_number(j, "made", (uint64_t)r->made);
	put_number(j, "executions", stats_executions(&r->stats));
	put_number(j, "corpus", stats_corpus(&r->stats));
	put_fraction(j, "stability", stats_stability(&r->stats), 2);
	open_member(j, "instances", '[');
	for (size_t i = 0; i < r->stats.instances; i++)
		put_instance(j, &r->stats.instance[i]);
	close_with(j, ']');
}

/* ---- findings ---- */

static void put_program(struct json *j, const struct report_finding *f)
{
	struct fuzz_program p;
	char text[LISTING_CALL];

	fuzz_decode(f->kase.bytes, f->kase.len, &p);
	open_member(j, "program", '[');
	for (unsigned int i = 0; i < p.count; i++) {
		size_t len = fuzz_print_call(&p, i, text, sizeof(text));

		if (f->results.result[i].state == FUZZ_CALL_ANSWERED && len < sizeof(text))
			fuzz_print_result(&f->results.result[i], text + len, sizeof(text) - len);
		next(j);
		put_quoted(j->out, text);
		j->comma = true;
	}
	close_with(j, ']');
}

static void put_finding(struct json *j, const struct report_finding *f)
{
	open_with(j, '{');
	put_text(j, "signature", f->signature);
	put_text(j, "kind", fuzz_kind_name(f->kind));
	put_number(j, "count", f->count);
	put_time(j, "first_seen", f->first_ns);
	put_time(j, "last_seen", f->last_ns);
	put_number(j, "files", f->files);
	put_text(j, "source", f->source);
	put_text(j, "reproducer", f->reproducer);
	put_number(j, "runs", f->runs);
	put_number(j, "shown", f->shown);
	put_program(j, f);
	put_text(j, "log", f->log);
	close_with(j, '}');
}

static void put_findings(struct json *j, const struct report *r)
{
	open_member(j, "findings", '[');
	for (size_t i = 0; i < r->findings; i++)
		put_finding(j, &r->finding[i]);
	close_with(j, ']');
}

/* ---- coverage ---- */

/* Lines none of whose edges was passed. [from, to) are a function's. */
static void put_missed_lines(struct json *j, const struct cover *c, size_t from, size_t to)
{
	const char *comma = "";

	open_member(j, "missed_lines", '[');
	for (size_t i = from; i < to; i++) {
		if (c->line[i].hit)
			continue;
		fprintf(j->out, "%s%u", comma, c->line[i].line);
		comma = ",";
	}
	close_with(j, ']');
}

static void put_function(struct json *j, const struct cover *c, size_t from, size_t to)
{
	unsigned int edges = 0, hit = 0;

	for (size_t i = from; i < to; i++) {
		edges += c->line[i].edges;
		hit += c->line[i].hit;
	}
	open_with(j, '{');
	put_text(j, "function", c->line[from].function);
	put_number(j, "edges", edges);
	put_number(j, "hit", hit);
	put_missed_lines(j, c, from, to);
	close_with(j, '}');
}

static void put_file(struct json *j, const struct cover *c, size_t from, size_t to)
{
	open_with(j, '{');
	put_text(j, "file", c->line[from].file);
	open_member(j, "functions", '[');
	for (size_t i = from, after; i < to; i = after) {
		after = cover_function_end(c, i);
		put_function(j, c, i, after);
	}
	close_with(j, ']');
	close_with(j, '}');
}

static void put_coverage(struct json *j, const struct cover *c)
{
	open_member(j, "coverage", '{');
	put_number(j, "cases", c->cases);
	put_number(j, "edges", c->edges);
	put_number(j, "hit", c->edges_hit);
	open_member(j, "files", '[');
	for (size_t i = 0, after; i < c->lines; i = after) {
		after = cover_file_end(c, i);
		put_file(j, c, i, after);
	}
	close_with(j, ']');
	close_with(j, '}');
}

static void put_call(struct json *j, const struct fuzz_row *row, const struct cover_call *call)
{
	open_with(j, '{');
	put_text(j, "call", row->name);
	put_number(j, "number", (uint64_t)row->nr);
	put_number(j, "made", call->made);
	put_number(j, "succeeded", call->succeeded);
	put_number(j, "unanswered", call->unanswered);
	open_member(j, "errors", '{');
	for (int e = 1; e < COVER_ERRORS; e++) {
		if (call->error[e])
			put_number(j, cover_error_name(e), call->error[e]);
	}
	close_with(j, '}');
	close_with(j, '}');
}

static void put_calls(struct json *j, const struct cover *c)
{
	open_member(j, "calls", '[');
	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		if (fuzz_row[i].nr >= 0)
			put_call(j, &fuzz_row[i], &c->call[i]);
	}
	close_with(j, ']');
}

static void put_plot(struct json *j, const struct plot *p)
{
	open_member(j, "over_time", '[');
	for (unsigned int i = 0; i < p->count; i++) {
		open_with(j, '{');
		put_number(j, "time", p->point[i].time);
		put_number(j, "executions", p->point[i].executions);
		put_number(j, "map", p->point[i].map);
		close_with(j, '}');
	}
	close_with(j, ']');
}

void report_json(FILE *out, const struct report *r)
{
	struct json j = {.out = out};

	open_with(&j, '{');
	put_text(&j, "mote", MOTE_VERSION);
	put_campaign(&j, r);
	put_findings(&j, r);
	put_coverage(&j, &r->cover);
	put_calls(&j, &r->cover);
	put_plot(&j, &r->plot);
	close_with(&j, '}');
	putc('\n', out);
}
