/* Findings of a campaign, run again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_report.h"
#include "fuzz_reproducer.h"
#include "fuzz_walk.h"
#include "mote.h"
#include "test_shared.h"

#define FINDING_TIME (20 * 1000000000ull) /* ns that one finding's runs may take: hangs are slow */

struct rerun {
	struct report *r;
	struct fuzz_rig *rig;
	size_t runs;
};

static int run(struct rerun *u, const struct fuzz_case *c, struct fuzz_outcome *out)
{
	memcpy(fuzz_case(u->rig), c, sizeof(*c));
	report_progress("findings", ++u->runs);
	return fuzz_run(u->rig, FUZZ_THOROUGH, out);
}

/* ---- groups ---- */

static struct report_finding *get_finding(struct report *r, const char *signature)
{
	for (size_t i = 0; i < r->findings; i++) {
		if (!strcmp(r->finding[i].signature, signature))
			return &r->finding[i];
	}
	struct report_finding *f = realloc(r->finding, (r->findings + 1) * sizeof(*f));

	if (!f)
		return NULL;
	r->finding = f;
	f += r->findings++;
	*f = (struct report_finding){0};
	snprintf(f->signature, sizeof(f->signature), "%s", signature);
	return f;
}

/* f is told with c from now on. 0 or -ENOMEM. */
static int adopt(struct report_finding *f, const struct fuzz_case *c, const char *source, const struct fuzz_results *results, const char *log)
{
	f->kase = *c;
	f->results = *results;
	snprintf(f->source, sizeof(f->source), "%s", source);
	free(f->log);
	f->log = strdup(log);
	return f->log ? 0 : -ENOMEM;
}

/* c shows f: is it the smallest so far? */
static int take_case(struct report_finding *f, const struct fuzz_case *c, const char *source, const struct fuzz_outcome *out)
{
	f->kind = out->kind;
	return f->log && f->kase.len <= c->len ? 0 : adopt(f, c, source, out->results, out->log);
}

/* ---- what is run once ---- */

static int visit_file(void *ctx, const char *path, const struct fuzz_case *c)
{
	struct rerun *u = ctx;
	struct fuzz_outcome out;
	int err = run(u, c, &out);

	if (err)
		return err;
	struct report_finding *f = get_finding(u->r, out.signature);

	if (!f)
		return -ENOMEM;
	f->files++;
	return take_case(f, c, path, &out);
}

/* What the targets counted; its case is run, and may show something else today. */
static int add_known(struct rerun *u, const struct stats_finding *s)
{
	struct fuzz_outcome out;
	char source[PATH_MAX];
	struct report_finding *f;
	int err = run(u, &s->kase, &out);

	if (err)
		return err;
	f = get_finding(u->r, s->signature);
	if (!f)
		return -ENOMEM;
	f->kind = s->kind;
	f->count = s->count;
	f->first_ns = s->first_ns;
	f->last_ns = s->last_ns;
	snprintf(source, sizeof(source), "%s/%s/findings", u->r->directory, s->instance);
	if (!strcmp(out.signature, s->signature))
		return take_case(f, &s->kase, source, &out);
	return f->log ? 0 : adopt(f, &s->kase, source, out.results, s->log);
}

/* ---- what is run many times ---- */

static int repeat(struct rerun *u, struct report_finding *f)
{
	uint64_t begin = pool_now();
	struct fuzz_outcome out;

	while (f->runs < u->r->runs && (!f->runs || pool_now() - begin < FINDING_TIME)) {
		int err = run(u, &f->kase, &out);

		if (err)
			return err;
		f->runs++;
		f->shown += !strcmp(out.signature, f->signature);
	}
	return 0;
}

static int copy_case(const struct report *r, struct report_finding *f)
{
	int err = reproducer_path(f->reproducer, r->directory, f->kind, f->signature);

	return err ? err : reproducer_write(r->directory, f->kind, f->signature, &f->kase, true);
}

/* What was found again first, then what is known for longer. */
static int by_age(const void *a, const void *b)
{
	const struct report_finding *x = a, *y = b;

	if (!*x->signature != !*y->signature)
		return !*x->signature - !*y->signature;
	if (!x->shown != !y->shown)
		return !x->shown - !y->shown;
	return (x->first_ns > y->first_ns) - (x->first_ns < y->first_ns);
}

int rerun_findings(struct report *r, struct fuzz_rig *rig)
{
	struct rerun u = {r, rig, 0};
	int err = walk_cases(r->directory, "crashes", visit_file, &u);

	if (!err)
		err = walk_cases(r->directory, "hangs", visit_file, &u);
	for (size_t i = 0; i < r->stats.findings && !err; i++)
		err = add_known(&u, &r->stats.finding[i]);
	for (size_t i = 0; i < r->findings && !err; i++) {
		if (!*r->finding[i].signature)
			continue;
		err = repeat(&u, &r->finding[i]);
		if (!err)
			err = copy_case(r, &r->finding[i]);
	}
	if (r->findings)
		qsort(r->finding, r->findings, sizeof(*r->finding), by_age);
	if (err == -ENOMEM)
		mote_error("out of memory");
	return err;
}
