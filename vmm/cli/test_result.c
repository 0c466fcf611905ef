#include "test_result.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "mote.h"

/* Just behind the first newline of s[from..len), or from when there is none. */
static size_t next_line(const char *s, size_t from, size_t len)
{
	const char *end = memchr(s + from, '\n', len - from);

	return end && end + 1 < s + len ? (size_t)(end + 1 - s) : from;
}

struct test_capture test_capture_end(const struct test_capture *c, size_t bytes, size_t lines)
{
	size_t least = c->len > bytes ? c->len - bytes : 0, at = c->len;

	for (size_t seen = 0; at > least; at--) {
		if (c->data[at - 1] == '\n' && at != c->len && ++seen == lines)
			break;
	}
	if (at && at == least && c->data[at - 1] != '\n')
		at = next_line(c->data, at, c->len);
	return (struct test_capture){
		.data = at ? c->data + at : c->data, .len = c->len - at, .cut = c->cut};
}

static bool begins(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(line, with, strlen(with));
}

/* What follows mark in the last line of log that begins with it; false when none does. Events are
 * the test's words, not ours. */
static bool quote_line(char *out, size_t size, const struct test_capture *log, const char *mark)
{
	const char *line = log->data, *end = line + log->len, *found = NULL;
	size_t len, found_len = 0;

	for (; line < end; line += len + 1) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		len = (size_t)((newline ? newline : end) - line);
		if (begins(line, len, mark) && !begins(line, len, "mote: event: ")) {
			found = line + strlen(mark);
			found_len = len - strlen(mark);
		}
	}
	if (found)
		snprintf(out, size, "%.*s", (int)found_len, found);
	return found;
}

static void why_exited(char why[TEST_WHY_MAX], int status)
{
	int sig = status - MOTE_SIGNALLED;
	const char *name = sig > 0 ? sigabbrev_np(sig) : NULL;

	if (name)
		snprintf(why, TEST_WHY_MAX, "killed by signal SIG%s", name);
	else
		snprintf(why, TEST_WHY_MAX, "exit status %d", status);
}

static void why_panicked(char why[TEST_WHY_MAX], const struct test_capture *log)
{
	char text[TEST_WHY_MAX - 32];

	if (quote_line(text, sizeof(text), log, "mote: guest kernel panic"))
		snprintf(why, TEST_WHY_MAX, "kernel panic%s", text);
	else
		snprintf(why, TEST_WHY_MAX, "kernel panic");
}

static void why_broke(char why[TEST_WHY_MAX], const struct test_capture *log)
{
	char text[TEST_WHY_MAX - 32];

	if (quote_line(text, sizeof(text), log, "mote: "))
		snprintf(why, TEST_WHY_MAX, "the machine broke: %s", text);
	else
		snprintf(why, TEST_WHY_MAX, "the machine broke");
}

static void why_died(char why[TEST_WHY_MAX], int status)
{
	const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

	if (name)
		snprintf(why, TEST_WHY_MAX, "mote itself died: killed by signal SIG%s", name);
	else
		snprintf(why, TEST_WHY_MAX, "mote itself died: exit status %d",
			 WEXITSTATUS(status));
}

void test_why(char why[TEST_WHY_MAX], const struct test_verdict *r, const struct test_capture *log,
	      double timeout)
{
	switch (r->outcome) {
	case TEST_PASSED:
		why[0] = 0;
		return;
	case TEST_SKIPPED:
	case TEST_EXITED:
		why_exited(why, r->status);
		return;
	case TEST_TIMEOUT:
		snprintf(why, TEST_WHY_MAX, "timeout after %g s", timeout);
		return;
	case TEST_FLOODED:
		snprintf(why, TEST_WHY_MAX, "wrote more than --max-output allows");
		return;
	case TEST_PANICKED:
		why_panicked(why, log);
		return;
	case TEST_BROKE:
		why_broke(why, log);
		return;
	case TEST_DIED:
		why_died(why, r->status);
		return;
	}
}
