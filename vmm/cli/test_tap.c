#include "test_tap.h"

#include <stdlib.h>
#include <string.h>

#include "test_text.h"

void tap_begin(FILE *f, size_t tests, const char *comment)
{
	fputs("TAP version 14\n", f);
	if (comment)
		fprintf(f, "# %s\n", comment);
	fprintf(f, "1..%zu\n", tests);
	fflush(f);
}

/* A description: '#' would begin a directive, '\' an escape. */
static void put_description(FILE *f, const char *name)
{
	char *text = NULL;
	size_t len = 0;
	FILE *plain = open_memstream(&text, &len);

	if (!plain)
		return;
	text_plain(plain, name, strlen(name), 0);
	fclose(plain);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '#' || text[i] == '\\')
			putc('\\', f);
		putc(text[i], f);
	}
	free(text);
}

static void put_string(FILE *f, const char *key, const char *value)
{
	fprintf(f, "  %s: ", key);
	text_yaml(f, value, strlen(value));
	putc('\n', f);
}

/* Of a longer stream only the end is told. */
#define TOLD_BYTES 65536

/* A literal block. The margin keeps readers from differing about blank lines and leading blanks. */
static void put_stream(FILE *f, const char *key, const struct test_capture *c)
{
	struct test_capture end = test_capture_end(c, TOLD_BYTES, SIZE_MAX);

	if (!c->len)
		return;
	fprintf(f, "  %s: |\n", key);
	if (end.len < c->len)
		fprintf(f, "    (%zu bytes before this)\n", c->len - end.len);
	text_lines(f, "    | ", end.data, end.len);
	if (c->cut)
		fputs("    (and more)\n", f);
}

static void put_diagnostics(FILE *f, const struct test *t, const char *why, const char *again)
{
	fputs("  ---\n", f);
	put_string(f, "message", why);
	if (t->done > 1)
		fprintf(f, "  runs: %llu\n  failed: %llu\n", (unsigned long long)t->done,
			(unsigned long long)t->failed);
	fprintf(f, "  duration_ms: %.3f\n", (double)t->ns / 1e6);
	put_string(f, "again", again);
	if (t->failure) {
		put_stream(f, "stdout", &t->failure->capture[TEST_OUT]);
		put_stream(f, "stderr", &t->failure->capture[TEST_ERR]);
		put_stream(f, "log", &t->failure->capture[TEST_LOG]);
	}
	fputs("  ...\n", f);
}

void tap_point(FILE *f, size_t number, const struct test *t, const char *why, const char *again)
{
	fprintf(f, "%sok %zu - ", t->failed ? "not " : "", number);
	put_description(f, t->name);
	if (!t->failed && t->skipped)
		fprintf(f, " # SKIP %s", why);
	putc('\n', f);
	if (t->failed)
		put_diagnostics(f, t, why, again);
	fflush(f);
}

void tap_bail_out(FILE *f, const char *why)
{
	fprintf(f, "Bail out! %s\n", why);
	fflush(f);
}
