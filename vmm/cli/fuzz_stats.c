#include "fuzz_stats.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/findings.h"
#include "test_shared.h"

#define TAIL	   4096 /* bytes of plot_data that hold its last line */
#define SPEED_OVER 3    /* s */
#define NS_PER_S   1000000000ull

/* ---- afl-fuzz's files ---- */

static int open_file(const struct campaign_stats *s, const char *instance, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s/%s", s->directory, instance, name) >= (int)sizeof(path))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* At most size - 1 bytes from offset on, NUL-terminated; an offset below 0 counts from the end. */
static size_t read_text(int fd, char *text, size_t size, off_t offset)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (offset < 0)
		offset = end + offset > 0 ? end + offset : 0;
	ssize_t n = pread(fd, text, size - 1, offset);

	text[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

/* "key   : value" */
static const char *value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		if (!strncmp(line, key, len) && (line[len] == ' ' || line[len] == ':')) {
			const char *colon = strchr(line, ':');

			return colon ? colon + 1 : "";
		}
	}
	return "";
}

static void read_stats(const struct campaign_stats *s, struct instance_stats *in)
{
	char text[8192];
	int fd = open_file(s, in->name, "fuzzer_stats");

	if (fd < 0)
		return;
	read_text(fd, text, sizeof(text), 0);
	close(fd);
	in->run_time = strtoull(value_of(text, "run_time"), NULL, 10);
	in->executions = strtoull(value_of(text, "execs_done"), NULL, 10);
	in->corpus = strtoull(value_of(text, "corpus_count"), NULL, 10);
	in->stability = strtod(value_of(text, "stability"), NULL);
	in->crashes = strtoull(value_of(text, "saved_crashes"), NULL, 10);
	in->hangs = strtoull(value_of(text, "saved_hangs"), NULL, 10);
}

/* Of AFL++ 4.04: relative_time, cycles_done, cur_item, corpus_count, pending_total, pending_favs, map_size, saved_crashes, saved_hangs,
 * max_depth, execs_per_sec, total_execs, edges_found. Fresher than fuzzer_stats, once there is a line. */
static bool read_plot(const struct campaign_stats *s, struct instance_stats *in)
{
	char text[TAIL];
	unsigned long long time, corpus, crashes, hangs, executions;
	int fd = open_file(s, in->name, "plot_data");

	if (fd < 0)
		return false;
	size_t len = read_text(fd, text, sizeof(text), -(off_t)sizeof(text) + 1);

	close(fd);
	while (len && text[len - 1] != '\n') /* a line that is being written */
		text[--len] = 0;
	if (!len)
		return false;
	text[--len] = 0;
	char *line = strrchr(text, '\n');

	line = line ? line + 1 : text;
	if (sscanf(line, "%llu, %*u, %*u, %llu, %*u, %*u, %*f%%, %llu, %llu, %*u, %*f, %llu", &time, &corpus, &crashes, &hangs,
		   &executions) != 5 || executions < in->executions)
		return false;
	in->run_time = time > in->run_time ? time : in->run_time;
	in->executions = executions;
	in->corpus = corpus;
	in->crashes = crashes;
	in->hangs = hangs;
	return true;
}

static uint64_t count_files(const struct campaign_stats *s, const char *instance, const char *name)
{
	char path[PATH_MAX];
	uint64_t n = 0;
	struct dirent *e;
	DIR *d = snprintf(path, sizeof(path), "%s/%s/%s", s->directory, instance, name) < (int)sizeof(path) ? opendir(path) : NULL;

	while (d && (e = readdir(d)))
		n += !strncmp(e->d_name, "id:", 3);
	if (d)
		closedir(d);
	return n;
}

/* afl-fuzz writes nothing in its first minute. */
static void count_all_files(const struct campaign_stats *s, struct instance_stats *in)
{
	in->corpus = count_files(s, in->name, "queue");
	in->crashes = count_files(s, in->name, "crashes");
	in->hangs = count_files(s, in->name, "hangs");
}

/* fuzz_bitmap: a byte that was ever seen has lost bits. */
static void read_bitmap(struct campaign_stats *s, const struct instance_stats *in)
{
	uint8_t byte[4096];
	size_t at = 0;
	ssize_t n;
	int fd = open_file(s, in->name, "fuzz_bitmap");

	if (fd < 0)
		return;
	while (at < s->calls_end && (n = read(fd, byte, sizeof(byte))) > 0) {
		for (ssize_t i = 0; i < n && at < s->calls_end; i++, at++)
			s->seen[at] |= byte[i] != 0xff;
	}
	close(fd);
}

/* ---- findings ---- */

static struct stats_finding *find(struct campaign_stats *s, const char *signature)
{
	for (size_t i = 0; i < s->findings; i++) {
		if (!strcmp(s->finding[i].signature, signature))
			return &s->finding[i];
	}
	return NULL;
}

/* The record of that signature, made when it is new; NULL: no memory. */
static struct stats_finding *get_finding(struct campaign_stats *s, const char *signature)
{
	struct stats_finding *f = find(s, signature);

	if (f)
		return f;
	f = realloc(s->finding, (s->findings + 1) * sizeof(*f));
	if (!f)
		return NULL;
	s->finding = f;
	f += s->findings++;
	*f = (struct stats_finding){.first_ns = UINT64_MAX};
	snprintf(f->signature, sizeof(f->signature), "%s", signature);
	return f;
}

/* d, of instance in, is one more record of its signature. */
static int add_finding(struct campaign_stats *s, const struct finding *d, const char *instance)
{
	struct stats_finding *f = get_finding(s, d->signature);

	if (!f)
		return -ENOMEM;
	f->count += d->count;
	f->kind = d->kind;
	f->last_ns = d->last_ns > f->last_ns ? d->last_ns : f->last_ns;
	if (d->first_ns >= f->first_ns)
		return 0;
	f->first_ns = d->first_ns;
	f->kase = d->kase;
	free(f->log);
	f->log = strdup(d->log);
	snprintf(f->instance, sizeof(f->instance), "%s", instance);
	return f->log ? 0 : -ENOMEM;
}

static int read_findings(struct campaign_stats *s, struct instance_stats *in)
{
	char path[PATH_MAX];
	struct findings *f;
	int err = 0;

	if (in->unreadable || snprintf(path, sizeof(path), "%s/%s/findings", s->directory, in->name) >= (int)sizeof(path) ||
	    access(path, F_OK))
		return 0;
	if (findings_read(&f, path)) {
		in->unreadable = true;
		return 0;
	}
	in->executions = f->cases > in->executions ? f->cases : in->executions;
	for (uint32_t i = 0; i < f->count && !err; i++)
		err = add_finding(s, &f->finding[i], in->name);
	free(f);
	return err;
}

static int by_time(const void *a, const void *b)
{
	const struct stats_finding *x = a, *y = b;

	return (x->first_ns > y->first_ns) - (x->first_ns < y->first_ns);
}

static void forget_findings(struct campaign_stats *s)
{
	for (size_t i = 0; i < s->findings; i++)
		free(s->finding[i].log);
	free(s->finding);
	s->finding = NULL;
	s->findings = 0;
}

/* ---- all ---- */

/* The instance of that name, made when it is new; NULL: no memory. */
static struct instance_stats *get_instance(struct campaign_stats *s, const char *name)
{
	for (size_t i = 0; i < s->instances; i++) {
		if (!strcmp(s->instance[i].name, name))
			return &s->instance[i];
	}
	struct instance_stats *in = realloc(s->instance, (s->instances + 1) * sizeof(*in));

	if (!in)
		return NULL;
	s->instance = in;
	in += s->instances++;
	*in = (struct instance_stats){0};
	snprintf(in->name, sizeof(in->name), "%s", name);
	return in;
}

static void measure_speed(struct instance_stats *in)
{
	uint64_t now = pool_now();

	if (in->counted_ns && now - in->counted_ns < SPEED_OVER * NS_PER_S)
		return;
	if (in->counted_ns && in->executions >= in->counted)
		in->per_second = (double)(in->executions - in->counted) / ((double)(now - in->counted_ns) / NS_PER_S);
	in->counted_ns = now;
	in->counted = in->executions;
}

static int update_instance(struct campaign_stats *s, const char *name)
{
	char path[PATH_MAX];

	if (*name == '.' || strlen(name) >= STATS_NAME ||
	    snprintf(path, sizeof(path), "%s/%s/fuzzer_setup", s->directory, name) >= (int)sizeof(path) || access(path, F_OK))
		return 0;
	struct instance_stats *in = get_instance(s, name);

	if (!in)
		return -ENOMEM;
	read_stats(s, in);
	if (!read_plot(s, in))
		count_all_files(s, in);
	read_bitmap(s, in);
	int err = read_findings(s, in);

	measure_speed(in);
	return err;
}

static void count_seen(struct campaign_stats *s)
{
	s->edges_seen = s->pairs_seen = 0;
	for (size_t i = 0; i < s->calls_end; i++)
		*(i < s->edges ? &s->edges_seen : &s->pairs_seen) += s->seen[i];
}

int stats_update(struct campaign_stats *s)
{
	struct dirent *e;
	int err = 0;

	if (!s->seen && s->calls_end && !(s->seen = calloc(1, s->calls_end)))
		return -ENOMEM;
	forget_findings(s);
	DIR *d = opendir(s->directory);

	while (d && !err && (e = readdir(d)))
		err = update_instance(s, e->d_name);
	if (d)
		closedir(d);
	count_seen(s);
	if (s->findings)
		qsort(s->finding, s->findings, sizeof(*s->finding), by_time);
	return err;
}

void stats_free(struct campaign_stats *s)
{
	free(s->instance);
	forget_findings(s);
	free(s->seen);
}

uint64_t stats_executions(const struct campaign_stats *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->instances; i++)
		n += s->instance[i].executions;
	return n;
}

uint64_t stats_corpus(const struct campaign_stats *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->instances; i++)
		n += s->instance[i].corpus;
	return n;
}

double stats_stability(const struct campaign_stats *s)
{
	double least = 0;

	for (size_t i = 0; i < s->instances; i++) {
		double one = s->instance[i].stability;

		if (one > 0 && (least == 0 || one < least))
			least = one;
	}
	return least;
}
