#include "test_report.h"

#include <string.h>

#include "test_text.h"

/* Of a longer stream only the end is shown. */
#define SHOWN_BYTES 16384
#define SHOWN_LINES 50

static void put_name(FILE *f, const char *name)
{
	text_plain(f, name, strlen(name), 0);
}

static void put_time(FILE *f, uint64_t ns)
{
	if (ns < 1000000000)
		fprintf(f, "%.2f ms", (double)ns / 1e6);
	else
		fprintf(f, "%.2f s", (double)ns / 1e9);
}

void report_run(FILE *f, const struct test *t, const struct test_verdict *r, const char *why)
{
	fputs(r->outcome == TEST_SKIPPED ? "skip " : "ok ", f);
	put_name(f, t->name);
	fputs(" (", f);
	if (*why)
		fprintf(f, "%s, ", why);
	put_time(f, r->ns);
	fputs(")\n", f);
}

static void put_stream(FILE *f, const char *title, const struct test_capture *c, bool whole)
{
	struct test_capture end = whole ? *c : test_capture_end(c, SHOWN_BYTES, SHOWN_LINES);

	if (!c->len)
		return;
	fprintf(f, "  %s:\n", title);
	if (end.len < c->len)
		fprintf(f, "    [%zu bytes before this: -v shows all]\n", c->len - end.len);
	text_lines(f, "    ", end.data, end.len);
	if (c->cut)
		fprintf(f, "    [and more than these %zu bytes]\n", c->len);
}

void report_failure(FILE *f, const struct test *t, const struct test_verdict *r,
		    const struct test_capture capture[TEST_STREAMS], uint64_t repeat,
		    const char *why, const char *again, bool whole)
{
	fputs("FAIL ", f);
	put_name(f, t->name);
	fputs(": ", f);
	text_plain(f, why, strlen(why), 0);
	fputs(" (", f);
	if (repeat > 1)
		fprintf(f, "run %llu of %llu, ", (unsigned long long)(r->run % repeat + 1),
			(unsigned long long)repeat);
	put_time(f, r->ns);
	fputs(")\n", f);
	put_stream(f, "standard output", &capture[TEST_OUT], whole);
	put_stream(f, "standard error", &capture[TEST_ERR], whole);
	put_stream(f, "kernel and mote", &capture[TEST_LOG], whole);
	fprintf(f, "  again: %s\n", again);
}

/* The tests that failed, when the failures above do not say it all. */
static void put_failed(FILE *f, const struct test_plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct test *t = &p->test[i];

		if (!t->failed)
			continue;
		fputs("failed: ", f);
		put_name(f, t->name);
		if (p->repeat > 1)
			fprintf(f, ": %llu of %llu runs", (unsigned long long)t->failed,
				(unsigned long long)t->done);
		putc('\n', f);
	}
}

void report_summary(FILE *f, const struct test_plan *p, const struct test_counts *c, uint64_t ns,
		    unsigned int machines)
{
	double seconds = (double)ns / 1e9;

	if (c->failed > 1 || p->repeat > 1)
		put_failed(f, p);
	fprintf(f, "%llu of %llu runs in %.2f s, %.0f a second, %u machine%s\n",
		(unsigned long long)c->done, (unsigned long long)c->runs, seconds,
		seconds > 0 ? (double)c->done / seconds : 0, machines, machines == 1 ? "" : "s");
	fprintf(f, "%llu passed, %llu failed",
		(unsigned long long)(c->done - c->failed - c->skipped),
		(unsigned long long)c->failed);
	if (c->skipped)
		fprintf(f, ", %llu skipped", (unsigned long long)c->skipped);
	putc('\n', f);
}
