#include "test_report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool on, shown;

void progress_init(void)
{
	const char *term = getenv("TERM");

	on = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb");
}

static size_t columns(void)
{
	struct winsize w;

	return !ioctl(STDERR_FILENO, TIOCGWINSZ, &w) && w.ws_col > 1 ? w.ws_col : 80;
}

static void put(const char *text, size_t len)
{
	if (write(STDERR_FILENO, text, len) < 0)
		on = false; /* the terminal has gone */
}

void progress_show(const struct test_counts *c, uint64_t ns)
{
	char line[160] = "\r";
	double seconds = (double)ns / 1e9;

	if (!on)
		return;
	int n = snprintf(line + 1, sizeof(line) - 8,
			 "%llu done, %llu failed, %llu left, %.0f/s, %.0f s",
			 (unsigned long long)c->done, (unsigned long long)c->failed,
			 (unsigned long long)(c->runs - c->done),
			 seconds > 0 ? (double)c->done / seconds : 0, seconds);
	size_t len = (size_t)n < columns() - 1 ? (size_t)n
					       : columns() - 1; /* the last column would wrap */

	memcpy(line + 1 + len, "\033[K", 3); /* ECMA-48 EL: erase to the end of the line */
	put(line, len + 4);
	shown = true;
}

void progress_hide(void)
{
	if (shown)
		put("\r\033[K", 4);
	shown = false;
}
