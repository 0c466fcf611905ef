/* A campaign's report for machines: RFC 8259, ASCII alone. */
#include <inttypes.h>
#include <string.h>

#include "fuzz_listing.h"
#include "fuzz_report.h"
#include "mote.h"
#include "test_text.h"

/* Bytes that are no text come as the characters of the same number. */
static void put_string(FILE *out, const char *s)
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

static void put_key(FILE *out, const char *name)
{
	put_string(out, name);
	putc(':', out);
}

static void put_text(FILE *out, const char *name, const char *value)
{
	put_key(out, name);
	put_string(out, value);
}

static void put_number(FILE *out, const char *name, uint64_t value)
{
	put_key(out, name);
	fprintf(out, "%" PRIu64, value);
}

/* Seconds since 1970, null when unknown. */
static void put_time(FILE *out, const char *name, uint64_t ns)
{
	put_key(out, name);
	if (ns)
		fprintf(out, "%.3f", (double)ns / 1e9);
	else
		fputs("null", out);
}

/* ---- the campaign ---- */

static void put_instances(FILE *out, const struct campaign_stats *s)
{
	put_key(out, "instances");
	putc('[', out);
	for (size_t i = 0; i < s->instances; i++) {
		const struct instance_stats *in = &s->instance[i];

		fputs(i ? ",\n{" : "\n{", out);
		put_text(out, "name", in->name);
		putc(',', out);
		put_number(out, "executions", in->executions);
		putc(',', out);
		put_number(out, "run_time", in->run_time);
		putc(',', out);
		put_number(out, "corpus", in->corpus);
		fprintf(out, ",\"stability\":%.2f,", in->stability);
		put_number(out, "crashes", in->crashes);
		putc(',', out);
		put_number(out, "hangs", in->hangs);
		putc('}', out);
	}
	putc(']', out);
}

static void put_campaign(FILE *out, const struct report *r)
{
	put_text(out, "directory", r->directory);
	fputs(",\n", out);
	put_number(out, "made", (uint64_t)r->made);
	fputs(",\n", out);
	put_number(out, "executions", stats_executions(&r->stats));
	putc(',', out);
	put_number(out, "corpus", stats_corpus(&r->stats));
	fprintf(out, ",\"stability\":%.2f,\n", stats_stability(&r->stats));
	put_instances(out, &r->stats);
}

/* ---- findings ---- */

static void put_program(FILE *out, const struct report_finding *f)
{
	struct fuzz_program p;
	char text[LISTING_CALL];

	fuzz_decode(f->kase.bytes, f->kase.len, &p);
	put_key(out, "program");
	putc('[', out);
	for (unsigned int i = 0; i < p.count; i++) {
		size_t len = fuzz_print_call(&p, i, text, sizeof(text));

		if (f->results.result[i].state == FUZZ_CALL_ANSWERED && len < sizeof(text))
			fuzz_print_result(&f->results.result[i], text + len, sizeof(text) - len);
		if (i)
			putc(',', out);
		put_string(out, text);
	}
	putc(']', out);
}

static void put_finding(FILE *out, const struct report_finding *f)
{
	putc('{', out);
	put_text(out, "signature", f->signature);
	putc(',', out);
	put_text(out, "kind", fuzz_kind_name(f->kind));
	putc(',', out);
	put_number(out, "count", f->count);
	putc(',', out);
	put_time(out, "first_seen", f->first_ns);
	putc(',', out);
	put_time(out, "last_seen", f->last_ns);
	putc(',', out);
	put_number(out, "files", f->files);
	putc(',', out);
	put_text(out, "source", f->source);
	putc(',', out);
	put_text(out, "reproducer", f->reproducer);
	putc(',', out);
	put_number(out, "runs", f->runs);
	putc(',', out);
	put_number(out, "shown", f->shown);
	fputs(",\n", out);
	put_program(out, f);
	fputs(",\n", out);
	put_text(out, "log", f->log);
	putc('}', out);
}

static void put_findings(FILE *out, const struct report *r)
{
	put_key(out, "findings");
	putc('[', out);
	for (size_t i = 0; i < r->findings; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_finding(out, &r->finding[i]);
	}
	putc(']', out);
}

/* ---- coverage ---- */

/* Lines none of whose edges was passed. [from, to) are a function's. */
static void put_function(FILE *out, const struct cover *c, size_t from, size_t to)
{
	unsigned int edges = 0, hit = 0;
	const char *comma = "";

	for (size_t i = from; i < to; i++) {
		edges += c->line[i].edges;
		hit += c->line[i].hit;
	}
	putc('{', out);
	put_text(out, "function", c->line[from].function);
	fprintf(out, ",\"edges\":%u,\"hit\":%u,\"missed_lines\":[", edges, hit);
	for (size_t i = from; i < to; i++) {
		if (c->line[i].hit)
			continue;
		fprintf(out, "%s%u", comma, c->line[i].line);
		comma = ",";
	}
	fputs("]}", out);
}

static void put_file(FILE *out, const struct cover *c, size_t from, size_t to)
{
	putc('{', out);
	put_text(out, "file", c->line[from].file);
	fputs(",\"functions\":[", out);
	for (size_t i = from, next; i < to; i = next) {
		next = cover_function_end(c, i);
		fputs(i > from ? ",\n" : "\n", out);
		put_function(out, c, i, next);
	}
	fputs("]}", out);
}

static void put_coverage(FILE *out, const struct cover *c)
{
	put_key(out, "coverage");
	fprintf(out, "{\"cases\":%zu,\"edges\":%zu,\"hit\":%zu,\"files\":[", c->cases, c->edges, c->edges_hit);
	for (size_t i = 0, next; i < c->lines; i = next) {
		next = cover_file_end(c, i);
		fputs(i ? ",\n" : "\n", out);
		put_file(out, c, i, next);
	}
	fputs("]}", out);
}

static void put_call(FILE *out, const struct fuzz_row *row, const struct cover_call *call)
{
	putc('{', out);
	put_text(out, "call", row->name);
	fprintf(out, ",\"number\":%d,", row->nr);
	put_number(out, "made", call->made);
	putc(',', out);
	put_number(out, "succeeded", call->succeeded);
	putc(',', out);
	put_number(out, "unanswered", call->unanswered);
	fputs(",\"errors\":{", out);
	const char *comma = "";

	for (int e = 1; e < COVER_ERRORS; e++) {
		if (!call->error[e])
			continue;
		fputs(comma, out);
		put_number(out, cover_error_name(e), call->error[e]);
		comma = ",";
	}
	fputs("}}", out);
}

static void put_calls(FILE *out, const struct cover *c)
{
	const char *comma = "\n";

	put_key(out, "calls");
	putc('[', out);
	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		if (fuzz_row[i].nr < 0)
			continue;
		fputs(comma, out);
		put_call(out, &fuzz_row[i], &c->call[i]);
		comma = ",\n";
	}
	putc(']', out);
}

static void put_plot(FILE *out, const struct plot *p)
{
	put_key(out, "over_time");
	putc('[', out);
	for (unsigned int i = 0; i < p->count; i++)
		fprintf(out, "%s{\"time\":%" PRIu64 ",\"executions\":%" PRIu64 ",\"map\":%" PRIu64 "}", i ? ",\n" : "\n", p->point[i].time,
			p->point[i].executions, p->point[i].map);
	putc(']', out);
}

void report_json(FILE *out, const struct report *r)
{
	fputs("{", out);
	put_text(out, "mote", MOTE_VERSION);
	fputs(",\n", out);
	put_campaign(out, r);
	fputs(",\n", out);
	put_findings(out, r);
	fputs(",\n", out);
	put_coverage(out, &r->cover);
	fputs(",\n", out);
	put_calls(out, &r->cover);
	fputs(",\n", out);
	put_plot(out, &r->plot);
	fputs("}\n", out);
}
