/* A campaign's report for people: one page that needs nothing else. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_listing.h"
#include "fuzz_report.h"
#include "fuzz_report_page.h"
#include "mote.h"
#include "test_text.h"

static void put(FILE *out, const char *text)
{
	text_xml(out, text, strlen(text), 1);
}

static double percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

/* A bar with its figure. */
static void put_share(FILE *out, size_t part, size_t whole)
{
	double p = percent((double)part, (double)whole);

	fprintf(out, "<span class=bar><i style=\"width:%.1f%%\"></i></span> <span class=num>%.0f%%</span>", p, p);
}

static void put_date(FILE *out, time_t t)
{
	char text[64];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&t, &tm));
	fputs(text, out);
}

static void put_duration(FILE *out, uint64_t s)
{
	if (s >= 86400)
		fprintf(out, "%" PRIu64 " d ", s / 86400);
	fprintf(out, "%d:%02d:%02d", (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60));
}

/* 1234567 as 1,234,567 */
static void put_count(FILE *out, uint64_t n)
{
	if (n >= 1000) {
		put_count(out, n / 1000);
		fprintf(out, ",%03u", (unsigned int)(n % 1000));
	} else {
		fprintf(out, "%u", (unsigned int)n);
	}
}

/* ---- head ---- */

static void begin_card(FILE *out, const char *name)
{
	fprintf(out, "<div><dt>%s</dt><dd>", name);
}

static void end_card(FILE *out)
{
	fputs("</dd></div>\n", out);
}

static uint64_t run_time(const struct report *r)
{
	uint64_t most = 0;

	for (size_t i = 0; i < r->stats.instances; i++)
		most = r->stats.instance[i].run_time > most ? r->stats.instance[i].run_time : most;
	return most;
}

static size_t count_signatures(const struct report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->findings; i++)
		n += *r->finding[i].signature != 0;
	return n;
}

static void put_cards(FILE *out, const struct report *r)
{
	fputs("<dl class=cards>\n", out);
	begin_card(out, "findings");
	put_count(out, count_signatures(r));
	end_card(out);
	begin_card(out, "executions");
	put_count(out, stats_executions(&r->stats));
	end_card(out);
	begin_card(out, "time");
	put_duration(out, run_time(r));
	end_card(out);
	begin_card(out, "edges reached");
	fprintf(out, "%.1f%% <small>%zu of %zu</small>", percent((double)r->cover.edges_hit, (double)r->cover.edges),
		r->cover.edges_hit, r->cover.edges);
	end_card(out);
	begin_card(out, "corpus");
	put_count(out, r->cover.cases);
	end_card(out);
	begin_card(out, "stability");
	fprintf(out, "%.2f%%", stats_stability(&r->stats));
	end_card(out);
	fputs("</dl>\n", out);
}

static void put_instances(FILE *out, const struct report *r)
{
	fputs("<details><summary>Instances</summary><div class=wide><table><thead><tr><th>name<th>executions<th>time<th>corpus"
	      "<th>crashes<th>hangs<th>stability</thead><tbody>\n",
	      out);
	for (size_t i = 0; i < r->stats.instances; i++) {
		const struct instance_stats *in = &r->stats.instance[i];

		fputs("<tr><td>", out);
		put(out, in->name);
		fputs("<td class=num>", out);
		put_count(out, in->executions);
		fputs("<td class=num>", out);
		put_duration(out, in->run_time);
		fprintf(out, "<td class=num>%" PRIu64 "<td class=num>%" PRIu64 "<td class=num>%" PRIu64 "<td class=num>%.2f%%\n", in->corpus,
			in->crashes, in->hangs, in->stability);
	}
	fputs("</tbody></table></div></details>\n", out);
}

/* ---- findings ---- */

static void put_rate(FILE *out, const struct report_finding *f)
{
	fprintf(out, "<b>%u of %u</b> runs show it", f->shown, f->runs);
	if (f->count) {
		fputs(" &middot; met ", out);
		put_count(out, f->count);
		fputs(f->count == 1 ? " time" : " times", out);
	}
	if (f->first_ns) {
		fputs(", first ", out);
		put_date(out, (time_t)(f->first_ns / 1000000000u));
	}
	if (f->files)
		fprintf(out, " &middot; %u saved case%s", f->files, f->files == 1 ? "" : "s");
}

static void put_program(FILE *out, const struct report_finding *f)
{
	struct fuzz_program p;
	char *text = NULL;
	size_t len;
	FILE *listing = open_memstream(&text, &len);

	if (!listing)
		return;
	fuzz_decode(f->kase.bytes, f->kase.len, &p);
	listing_program(listing, &p, &f->results);
	if (!fclose(listing)) {
		fprintf(out, "<details><summary>Program: %u call%s, %u thread%s</summary><pre>", p.count, p.count == 1 ? "" : "s", p.threads,
			p.threads == 1 ? "" : "s");
		text_xml(out, text, len, 1);
		fputs("</pre></details>\n", out);
	}
	free(text);
}

static void put_finding(FILE *out, const struct report_finding *f)
{
	fprintf(out, "<article><h3><span class=kind>%s</span> ", fuzz_kind_name(f->kind));
	/* The kind is the signature's first word. */
	size_t kind = strlen(fuzz_kind_name(f->kind));

	put(out, !strncmp(f->signature, fuzz_kind_name(f->kind), kind) && f->signature[kind] ? f->signature + kind : f->signature);
	fputs("</h3>\n<p>", out);
	put_rate(out, f);
	fputs("</p>\n<pre class=command>mote fuzz repro ", out);
	put(out, f->reproducer);
	fputs("</pre>\n", out);
	put_program(out, f);
	if (*f->log) {
		fputs("<details><summary>Kernel log</summary><pre>", out);
		put(out, f->log);
		fputs("</pre></details>\n", out);
	}
	fputs("<p class=dim>from ", out);
	put(out, f->source);
	fputs("</p></article>\n", out);
}

static void put_findings(FILE *out, const struct report *r)
{
	fputs("<h2>Findings</h2>\n", out);
	if (!count_signatures(r))
		fputs("<p>None.</p>\n", out);
	for (size_t i = 0; i < r->findings; i++) {
		if (*r->finding[i].signature)
			put_finding(out, &r->finding[i]);
		else
			fprintf(out, "<p class=dim>%u saved cases show nothing any more.</p>\n", r->finding[i].files);
	}
}

/* ---- over time ---- */

#define WIDTH  640
#define HEIGHT 200
#define LEFT   70
#define BOTTOM 24

static uint64_t executions_of(const struct plot_point *p)
{
	return p->executions;
}

static uint64_t map_of(const struct plot_point *p)
{
	return p->map;
}

static void put_axes(FILE *out, uint64_t most, uint64_t end)
{
	for (unsigned int i = 0; i <= 4; i++) {
		double y = HEIGHT - (double)HEIGHT * i / 4, x = LEFT + (double)(WIDTH - LEFT) * i / 4;

		fprintf(out, "<path class=grid d=\"M%d %.1fH%d\"/><text x=%d y=%.1f text-anchor=end>", LEFT, y + 8, WIDTH, LEFT - 6, y + 12);
		put_count(out, most * i / 4);
		fprintf(out, "</text><text x=%.1f y=%d text-anchor=%s>", x, HEIGHT + BOTTOM + 4, i == 4 ? "end" : i ? "middle" : "start");
		put_duration(out, end * i / 4);
		fputs("</text>\n", out);
	}
}

static void put_curve(FILE *out, const struct plot *p, const char *title, uint64_t (*value)(const struct plot_point *p))
{
	const struct plot_point *last = &p->point[p->count - 1];
	uint64_t most = value(last) ? value(last) : 1;

	fprintf(out, "<figure><figcaption>%s</figcaption><svg viewBox=\"0 0 %d %d\" role=img>", title, WIDTH + 4, HEIGHT + BOTTOM + 12);
	put_axes(out, most, last->time);
	fputs("<polyline points=\"", out);
	for (unsigned int i = 0; i < p->count; i++)
		fprintf(out, "%.1f,%.1f ", LEFT + (double)(WIDTH - LEFT) * (double)p->point[i].time / (double)last->time,
			8 + HEIGHT - (double)HEIGHT * (double)value(&p->point[i]) / (double)most);
	fputs("\"/></svg></figure>\n", out);
}

static void put_plots(FILE *out, const struct plot *p)
{
	fputs("<h2>Over time</h2>\n", out);
	if (!p->count) {
		fputs("<p>afl-fuzz has written nothing yet: it begins after a minute.</p>\n", out);
		return;
	}
	fputs("<div class=plots>\n", out);
	put_curve(out, p, "executions", executions_of);
	put_curve(out, p, "edges and (call, result) pairs, of the instance that has most", map_of);
	fputs("</div>\n", out);
}

/* ---- coverage ---- */

struct sum {
	size_t edges, hit, lines, lines_hit;
};

static struct sum sum_lines(const struct cover *c, size_t from, size_t to)
{
	struct sum s = {0};

	for (size_t i = from; i < to; i++) {
		s.edges += c->line[i].edges;
		s.hit += c->line[i].hit;
		s.lines++;
		s.lines_hit += c->line[i].hit != 0;
	}
	return s;
}

static void put_missed(FILE *out, const struct cover *c, size_t from, size_t to)
{
	const char *comma = "";

	for (size_t i = from; i < to; i++) {
		if (c->line[i].hit)
			continue;
		fprintf(out, "%s%u", comma, c->line[i].line);
		comma = ", ";
	}
}

static void put_function(FILE *out, const struct cover *c, size_t from, size_t to)
{
	struct sum s = sum_lines(c, from, to);

	fputs("<tr><td><code>", out);
	put(out, c->line[from].function);
	fputs("</code><td class=share>", out);
	put_share(out, s.hit, s.edges);
	fprintf(out, "<td class=num>%zu of %zu<td class=lines>", s.hit, s.edges);
	if (s.hit)
		put_missed(out, c, from, to);
	else
		fputs("all of it", out);
	putc('\n', out);
}

static void put_file(FILE *out, const struct cover *c, size_t from, size_t to)
{
	struct sum s = sum_lines(c, from, to);

	fputs("<details class=file><summary><span class=name>", out);
	put(out, c->line[from].file);
	fputs("</span> ", out);
	put_share(out, s.hit, s.edges);
	fprintf(out, " <span class=dim>%zu of %zu edges, %zu of %zu lines</span></summary>\n<div class=wide><table><thead><tr><th>function"
		     "<th>edges<th><th>lines not reached</thead><tbody>\n",
		s.hit, s.edges, s.lines_hit, s.lines);
	for (size_t i = from, next; i < to; i = next) {
		next = cover_function_end(c, i);
		put_function(out, c, i, next);
	}
	fputs("</tbody></table></div></details>\n", out);
}

static void put_coverage(FILE *out, const struct cover *c)
{
	fprintf(out, "<h2>Coverage by source</h2>\n<p>%zu cases of the corpus, run again, reach %zu of %zu edges.</p>\n", c->cases, c->edges_hit,
		c->edges);
	for (size_t i = 0, next; i < c->lines; i = next) {
		next = cover_file_end(c, i);
		put_file(out, c, i, next);
	}
}

/* ---- calls ---- */

static void put_call(FILE *out, const struct fuzz_row *row, const struct cover_call *call)
{
	fputs("<tr><td><code>", out);
	put(out, row->name);
	fputs("</code><td class=num>", out);
	put_count(out, call->made);
	fputs("<td class=num>", out);
	put_count(out, call->succeeded);
	fputs("<td class=errors>", out);
	for (int e = 1; e < COVER_ERRORS; e++) {
		if (call->error[e])
			fprintf(out, "<span>%s <small>%" PRIu64 "</small></span> ", cover_error_name(e), call->error[e]);
	}
	if (call->unanswered)
		fprintf(out, "<span>no answer <small>%" PRIu64 "</small></span>", call->unanswered);
	putc('\n', out);
}

static void put_never(FILE *out, const struct cover *c)
{
	unsigned int never = 0, all = 0;

	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		all += fuzz_row[i].nr >= 0;
		never += fuzz_row[i].nr >= 0 && !c->call[i].made;
	}
	fprintf(out, "<p>%u of %u implemented calls are made by the corpus.", all - never, all);
	if (never)
		fputs(" Never made:", out);
	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		if (fuzz_row[i].nr >= 0 && !c->call[i].made)
			fprintf(out, " <code>%s</code>", fuzz_row[i].name);
	}
	fputs("</p>\n", out);
}

static void put_calls(FILE *out, const struct cover *c)
{
	fputs("<h2>System calls</h2>\n", out);
	put_never(out, c);
	fputs("<div class=wide><table><thead><tr><th>call<th>made<th>succeeded<th>errors</thead><tbody>\n", out);
	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		if (fuzz_row[i].nr >= 0 && c->call[i].made)
			put_call(out, &fuzz_row[i], &c->call[i]);
	}
	fputs("</tbody></table></div>\n", out);
}

/* ---- all ---- */

void report_html(FILE *out, const struct report *r)
{
	fputs(page_head, out);
	fputs("<header><h1>mote fuzz</h1><p class=dim>", out);
	put(out, r->directory);
	fputs(" &middot; ", out);
	put_date(out, r->made);
	fputs(" &middot; mote " MOTE_VERSION "</p></header>\n<main>\n", out);
	put_cards(out, r);
	put_instances(out, r);
	put_findings(out, r);
	put_plots(out, &r->plot);
	put_coverage(out, &r->cover);
	put_calls(out, &r->cover);
	fputs("</main>\n", out);
}
