#include "fuzz_show.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_instance.h"
#include "fuzz_stats.h"

#define PLAIN_INTERVAL 10 /* s between two lines for who is no terminal */
#define MANY	       8  /* instances and findings that are shown each */

static bool redraws;
static unsigned int lines; /* that are drawn now */
static uint64_t next_plain = PLAIN_INTERVAL;
static size_t told; /* findings that had a line of their own */

void show_init(void)
{
	const char *term = getenv("TERM");

	redraws = isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
}

void show_hide(void)
{
	if (lines)
		printf("\033[%uA\r\033[J", lines); /* ECMA-48 CUU, ED */
	lines = 0;
	fflush(stdout);
}

/* ---- texts ---- */

static const char *duration(char text[32], uint64_t seconds)
{
	uint64_t days = seconds / 86400;

	if (days)
		snprintf(text, 32, "%" PRIu64 "d %02d:%02d:%02d", days, (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60),
			 (int)(seconds % 60));
	else
		snprintf(text, 32, "%d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
	return text;
}

static const char *percent(char text[16], double part, double whole)
{
	snprintf(text, 16, "%.1f%%", whole > 0 ? 100 * part / whole : 0);
	return text;
}

static double speed_now(const struct campaign_stats *s, const struct instance *in, unsigned int count)
{
	double sum = 0;

	for (unsigned int i = 0; i < count; i++) {
		for (size_t k = 0; in[i].pid && k < s->instances; k++)
			sum += strcmp(in[i].name, s->instance[k].name) ? 0 : s->instance[k].per_second;
	}
	return sum;
}

static unsigned int running(const struct instance *in, unsigned int count)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < count; i++)
		n += in[i].pid != 0;
	return n;
}

static const char *state(const struct instance *in)
{
	return in->pid ? "runs" : in->ended ? "ended" : "is started again";
}

/* ---- in place ---- */

/* One line, cut where the terminal would wrap it. */
static void line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void line(const char *format, ...)
{
	struct winsize w;
	char text[512];
	va_list args;
	size_t columns = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_col > 1 ? w.ws_col : 80;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("%.*s\n", (int)(columns - 1), text);
	lines++;
}

static void draw_instances(const struct campaign_stats *s, const struct instance *in, unsigned int count)
{
	for (unsigned int i = 0; i < count && i < MANY; i++) {
		for (size_t k = 0; k < s->instances; k++) {
			const struct instance_stats *t = &s->instance[k];

			if (strcmp(in[i].name, t->name))
				continue;
			line("  %-12s %-16s %8.0f/s %12" PRIu64 " runs  corpus %" PRIu64 "  crashes %" PRIu64 "  hangs %" PRIu64, t->name,
			     state(&in[i]), in[i].pid ? t->per_second : 0, t->executions, t->corpus, t->crashes, t->hangs);
		}
	}
	if (count > MANY)
		line("  and %u more", count - MANY);
}

static void draw_findings(const struct campaign_stats *s)
{
	size_t from = s->findings > MANY ? s->findings - MANY : 0;

	line("findings       %zu", s->findings);
	for (size_t i = from; i < s->findings; i++)
		line("  %8" PRIu64 "x  %s", s->finding[i].count, s->finding[i].signature);
}

static void draw(const struct campaign_stats *s, const struct instance *in, unsigned int count, uint64_t seconds)
{
	char time[32], part[16];
	double stability = stats_stability(s);

	show_hide();
	line("mote fuzz      %s in %s", duration(time, seconds), s->directory);
	line("executions     %" PRIu64 ", now %.0f/s", stats_executions(s), speed_now(s, in, count));
	line("corpus         %" PRIu64, stats_corpus(s));
	line("edges          %zu of %zu (%s), (call, result) pairs %zu (told once a minute)", s->edges_seen, s->edges,
	     percent(part, (double)s->edges_seen, (double)s->edges), s->pairs_seen);
	if (stability > 0)
		line("stability      %.2f%%", stability);
	line("instances      %u of %u", running(in, count), count);
	draw_instances(s, in, count);
	draw_findings(s);
	fflush(stdout);
}

/* ---- line by line ---- */

static void tell_new_findings(const struct campaign_stats *s)
{
	for (; told < s->findings; told++)
		printf("finding: %s\n", s->finding[told].signature);
}

static void tell_plain(const struct campaign_stats *s, const struct instance *in, unsigned int count, uint64_t seconds)
{
	char time[32];

	tell_new_findings(s);
	if (seconds >= next_plain) {
		next_plain = seconds + PLAIN_INTERVAL;
		printf("%s  executions %" PRIu64 " (%.0f/s)  corpus %" PRIu64 "  edges %zu of %zu  findings %zu  stability %.1f%%  "
		       "instances %u of %u\n",
		       duration(time, seconds), stats_executions(s), speed_now(s, in, count), stats_corpus(s), s->edges_seen, s->edges,
		       s->findings, stats_stability(s), running(in, count), count);
	}
	fflush(stdout);
}

void show_progress(const struct campaign_stats *s, const struct instance *in, unsigned int count, uint64_t seconds)
{
	if (redraws)
		draw(s, in, count, seconds);
	else
		tell_plain(s, in, count, seconds);
}

void show_summary(const struct campaign_stats *s, const char *directory, uint64_t seconds)
{
	char time[32], part[16];

	show_hide();
	printf("%s, %" PRIu64 " executions, corpus %" PRIu64 ", edges %zu of %zu (%s), (call, result) pairs %zu, stability %.2f%%\n",
	       duration(time, seconds), stats_executions(s), stats_corpus(s), s->edges_seen, s->edges,
	       percent(part, (double)s->edges_seen, (double)s->edges), s->pairs_seen, stats_stability(s));
	for (size_t i = 0; i < s->findings; i++)
		printf("  %8" PRIu64 "x  %s\n", s->finding[i].count, s->finding[i].signature);
	printf("%zu findings in %s%s\n", s->findings, directory, s->findings ? " (mote fuzz report)" : "");
	fflush(stdout);
}
