#include "test_junit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "mote.h"
#include "test_text.h"

void junit_begin_on(struct junit *j, FILE *to, FILE *cases)
{
	*j = (struct junit){.to = to, .cases = cases};
}

int junit_begin(struct junit *j, const char *path)
{
	FILE *cases = tmpfile(), *to = NULL;

	if (cases)
		to = strcmp(path, "-") ? fopen(path, "we") : stdout;
	if (!to) {
		int err = -errno;

		mote_error("--junit %s: %s", cases ? path : "temporary file", strerror(-err));
		if (cases)
			fclose(cases);
		return err;
	}
	junit_begin_on(j, to, cases);
	return 0;
}

static void put_attribute(FILE *f, const char *name, const char *value, size_t len)
{
	fprintf(f, " %s=\"", name);
	text_xml(f, value, len, 0);
	putc('"', f);
}

/* classname: the directory, name: the file, as readers group them. */
static void put_names(FILE *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	put_attribute(f, "classname", slash && slash > path ? path : "mote",
		      slash && slash > path ? (size_t)(slash - path) : 4);
	put_attribute(f, "name", name, strlen(name));
}

/* Of a longer stream only the end is told. */
#define TOLD_BYTES 65536

static void put_text(FILE *f, const struct test_capture *c)
{
	struct test_capture end = test_capture_end(c, TOLD_BYTES, SIZE_MAX);

	if (end.len < c->len)
		fprintf(f, "(%zu bytes before this)\n", c->len - end.len);
	text_xml(f, end.data, end.len, 1);
	if (c->cut)
		fputs("\n(and more)\n", f);
}

/* more: to follow in the same element, or NULL. */
static void put_stream(FILE *f, const char *element, const struct test_capture *c,
		       const struct test_capture *more)
{
	if (!c->len && !(more && more->len))
		return;
	fprintf(f, "<%s>", element);
	put_text(f, c);
	if (more)
		put_text(f, more);
	fprintf(f, "</%s>\n", element);
}

/* The kernel and mote are not what was to be tested: what happens to them is an error, not a
 * failure. */
static bool is_error(const struct test *t)
{
	return t->failure && t->failure->result.outcome >= TEST_PANICKED;
}

static void put_failure(FILE *f, const struct test *t, const char *why, const char *again)
{
	static const char *const type[] = {
		[TEST_EXITED] = "status",  [TEST_TIMEOUT] = "timeout", [TEST_FLOODED] = "output",
		[TEST_PANICKED] = "panic", [TEST_BROKE] = "machine",   [TEST_DIED] = "mote",
	};
	const char *element = is_error(t) ? "error" : "failure";

	fprintf(f, "<%s type=\"%s\"", element,
		t->failure ? type[t->failure->result.outcome] : "status");
	put_attribute(f, "message", why, strlen(why));
	putc('>', f);
	if (t->done > 1)
		fprintf(f, "%llu of %llu runs failed\n", (unsigned long long)t->failed,
			(unsigned long long)t->done);
	fputs("again: ", f);
	text_xml(f, again, strlen(again), 1);
	fprintf(f, "</%s>\n", element);
	if (!t->failure)
		return;
	put_stream(f, "system-out", &t->failure->capture[TEST_OUT], NULL);
	put_stream(f, "system-err", &t->failure->capture[TEST_ERR], &t->failure->capture[TEST_LOG]);
}

void junit_case(struct junit *j, const struct test *t, const char *why, const char *again)
{
	FILE *f = j->cases;

	j->tests++;
	fputs("<testcase", f);
	put_names(f, t->name);
	fprintf(f, " time=\"%.6f\"", (double)t->ns / 1e9);
	if (t->failed) {
		*(is_error(t) ? &j->errors : &j->failures) += 1;
		fputs(">\n", f);
		put_failure(f, t, why, again);
		fputs("</testcase>\n", f);
	} else if (t->skipped) {
		j->skipped++;
		fputs("><skipped", f);
		put_attribute(f, "message", why, strlen(why));
		fputs("/></testcase>\n", f);
	} else {
		fputs("/>\n", f);
	}
}

static void put_counts(const struct junit *j, double seconds)
{
	fprintf(j->to,
		" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.6f\"",
		j->tests, j->failures, j->errors, j->skipped, seconds);
}

static void put_head(const struct junit *j, double seconds, long long started, const char *seed)
{
	char stamp[32] = "";
	time_t t = (time_t)started;
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mote test\"", j->to);
	put_counts(j, seconds);
	fputs(">\n<testsuite name=\"mote test\"", j->to);
	put_counts(j, seconds);
	fprintf(j->to, " timestamp=\"%s\">\n", stamp);
	if (seed)
		fprintf(j->to,
			"<properties><property name=\"shuffle\" value=\"%s\"/></properties>\n",
			seed);
}

static void copy_cases(const struct junit *j)
{
	char buf[65536];
	size_t n;

	rewind(j->cases);
	while ((n = fread(buf, 1, sizeof(buf), j->cases)))
		fwrite(buf, 1, n, j->to);
}

int junit_end(struct junit *j, double seconds, long long started, const char *seed)
{
	bool bad = fflush(j->cases) || ferror(j->cases);

	put_head(j, seconds, started, seed);
	copy_cases(j);
	fputs("</testsuite>\n</testsuites>\n", j->to);
	bad |= ferror(j->cases) || ferror(j->to);
	bad |= fclose(j->cases) != 0;
	bad |= fclose(j->to) != 0;
	return bad ? -EIO : 0;
}
