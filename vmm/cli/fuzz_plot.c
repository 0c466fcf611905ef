/* Executions over time, from afl-fuzz's plot_data. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_report.h"

/* One instance's rows, in order of time. */
struct series {
	struct plot_point *row;
	size_t count;
	size_t passed; /* rows that sum_up() is behind */
};

static bool parse_row(const char *line, struct plot_point *p)
{
	return sscanf(line, "%" SCNu64 ", %*u, %*u, %*u, %*u, %*u, %*f%%, %*u, %*u, %*u, %*f, %" SCNu64 ", %" SCNu64, &p->time,
		      &p->executions, &p->map) == 3;
}

static void read_series(struct series *s, const char *directory, const char *instance)
{
	char path[PATH_MAX], line[512];
	struct plot_point p;
	FILE *f = snprintf(path, sizeof(path), "%s/%s/plot_data", directory, instance) < (int)sizeof(path) ? fopen(path, "re") : NULL;

	while (f && fgets(line, sizeof(line), f)) {
		if (!parse_row(line, &p))
			continue;
		struct plot_point *more = realloc(s->row, (s->count + 1) * sizeof(p));

		if (!more)
			break;
		s->row = more;
		s->row[s->count++] = p;
	}
	if (f)
		fclose(f);
}

static uint64_t between(uint64_t a, uint64_t b, double part)
{
	return b > a ? a + (uint64_t)((double)(b - a) * part) : b;
}

/* What the instance had at that time, which grows from one call to the next; afl-fuzz begins to write after a minute. */
static struct plot_point at_time(struct series *s, uint64_t time)
{
	while (s->passed < s->count && s->row[s->passed].time <= time)
		s->passed++;
	struct plot_point a = s->passed ? s->row[s->passed - 1] : (struct plot_point){0};

	if (s->passed == s->count || s->row[s->passed].time <= a.time)
		return a;
	const struct plot_point *b = &s->row[s->passed];
	double part = (double)(time - a.time) / (double)(b->time - a.time);

	return (struct plot_point){time, between(a.executions, b->executions, part), between(a.map, b->map, part)};
}

static void sum_up(struct plot *plot, struct series *series, size_t count)
{
	uint64_t end = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < series[i].count; k++)
			end = series[i].row[k].time > end ? series[i].row[k].time : end;
	}
	if (!end)
		return;
	for (plot->count = 0; plot->count <= PLOT_POINTS; plot->count++) {
		struct plot_point *p = &plot->point[plot->count];

		*p = (struct plot_point){.time = end * plot->count / PLOT_POINTS};
		for (size_t i = 0; i < count; i++) {
			struct plot_point one = at_time(&series[i], p->time);

			p->executions += one.executions;
			p->map = one.map > p->map ? one.map : p->map;
		}
	}
}

void plot_read(struct report *r)
{
	struct series *series = calloc(r->stats.instances + 1, sizeof(*series));

	if (!series)
		return;
	for (size_t i = 0; i < r->stats.instances; i++)
		read_series(&series[i], r->directory, r->stats.instance[i].name);
	sum_up(&r->plot, series, r->stats.instances);
	for (size_t i = 0; i < r->stats.instances; i++)
		free(series[i].row);
	free(series);
}
