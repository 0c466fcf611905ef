#include "cli.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mote.h"
#include "test_junit.h"
#include "test_options.h"
#include "test_plan.h"
#include "test_pool.h"
#include "test_report.h"
#include "test_shared.h"
#include "test_tap.h"
#include "test_text.h"
#include "test_worker.h"

/* One `mote test`. */
struct session {
	struct test_work work;
	struct test_options options;
	struct test_plan plan;
	struct test_counts counts;
	FILE *text; /* for people */
	struct junit junit;
	size_t points; /* tests told by TAP */
	uint64_t start;
	time_t started;
	unsigned int machines;
};

/* ---- results ---- */

/* The command that repeats t alone; the caller frees it. */
static char *again(const struct session *s, const struct test *t)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	text_shell(f, program_invocation_name);
	fputs(" test", f);
	for (size_t i = 0; i < s->options.again_count; i++) {
		putc(' ', f);
		text_shell(f, s->options.again[i]);
	}
	if (t->path) {
		fputs(*t->name == '-' ? " -- " : " ", f);
		text_shell(f, t->name);
	}
	fclose(f);
	return text;
}

/* Keep the first failure of a test until its last run is over. */
static void keep_failure(struct test *t, const struct test_verdict *r,
			 const struct test_capture capture[TEST_STREAMS], const char *why)
{
	struct test_failure *f = calloc(1, sizeof(*f));

	if (!f)
		return; /* reports say less, that is all */
	f->result = *r;
	f->why = strdup(why);
	for (int i = 0; i < TEST_STREAMS; i++) {
		char *copy = malloc(capture[i].len + 1);

		if (copy && capture[i].len)
			memcpy(copy, capture[i].data, capture[i].len);
		f->capture[i] = (struct test_capture){
			.data = copy, .len = copy ? capture[i].len : 0, .cut = capture[i].cut};
	}
	t->failure = f;
}

static void forget_failure(struct test *t)
{
	struct test_failure *f = t->failure;

	if (!f)
		return;
	for (int i = 0; i < TEST_STREAMS; i++)
		free((char *)f->capture[i].data);
	free(f->why);
	free(f);
	t->failure = NULL;
}

static void tell_run(struct session *s, struct test *t, const struct test_verdict *r,
		     const struct test_capture capture[TEST_STREAMS], const char *why)
{
	bool verbose = s->options.run.verbose;

	if (test_failed(r) && (t->failed == 1 || verbose)) {
		char *command = again(s, t);

		progress_hide();
		report_failure(s->text, t, r, capture, s->plan.repeat, why, command ? command : "",
			       verbose);
		free(command);
	} else if (!test_failed(r) && verbose) {
		progress_hide();
		report_run(s->text, t, r, why);
	}
}

static const char *reason(const struct test *t)
{
	if (!t->failed)
		return "exit status 77"; /* heard only when it was skipped */
	return t->failure && t->failure->why ? t->failure->why : "failed";
}

/* All that there is to say about t, to machines. */
static void tell_test(struct session *s, struct test *t)
{
	char *command = again(s, t);

	s->points++;
	if (s->options.tap)
		tap_point(stdout, s->points, t, reason(t), command ? command : "");
	if (s->options.junit)
		junit_case(&s->junit, t, reason(t), command ? command : "");
	free(command);
	forget_failure(t);
}

static void on_result(void *ctx, const struct test_verdict *r,
		      const struct test_capture capture[TEST_STREAMS])
{
	struct session *s = ctx;
	struct test *t = test_plan_at(&s->plan, r->run);
	char why[TEST_WHY_MAX];

	test_why(why, r, &capture[TEST_LOG], s->options.run.timeout);
	s->counts.done++;
	t->done++;
	t->ns += r->ns;
	s->counts.failed += test_failed(r);
	t->failed += test_failed(r);
	s->counts.skipped += r->outcome == TEST_SKIPPED;
	t->skipped += r->outcome == TEST_SKIPPED;
	if (test_failed(r) && !t->failure && (s->options.tap || s->options.junit))
		keep_failure(t, r, capture, why);
	tell_run(s, t, r, capture, why);
	if (t->done == s->plan.repeat && (s->options.tap || s->options.junit))
		tell_test(s, t);
}

static void on_tick(void *ctx)
{
	struct session *s = ctx;

	fflush(s->text);
	if (s->counts.done < s->counts.runs)
		progress_show(&s->counts, pool_now() - s->start);
}

static void on_speak(void *ctx)
{
	(void)ctx;
	progress_hide();
}

static int on_work(void *ctx, struct pool_worker *w)
{
	const struct session *s = ctx;

	return test_work(&s->work, w);
}

/* ---- before and after ---- */

static int make_plan(struct session *s)
{
	const struct test_options *o = &s->options;
	bool in_guest = o->from || o->run.initrd || o->run.file_count;
	int err = 0;

	s->plan.repeat = o->repeat;
	if (!o->test_count)
		err = test_plan_add_own(&s->plan, o->from);
	for (size_t i = 0; i < o->test_count && !err; i++)
		err = test_plan_add(&s->plan, o->test[i], in_guest);
	if (o->seed_text)
		test_plan_shuffle(&s->plan, o->seed);
	s->counts.runs = test_plan_runs(&s->plan);
	return err;
}

static unsigned int count_machines(const struct session *s)
{
	unsigned int n = s->options.jobs;
	cpu_set_t set;

	if (!n)
		n = sched_getaffinity(0, sizeof(set), &set) ? 1 : (unsigned int)CPU_COUNT(&set);
	if (n > TEST_MAX_JOBS)
		n = TEST_MAX_JOBS;
	return n < s->counts.runs ? n : (unsigned int)s->counts.runs;
}

static int begin(struct session *s)
{
	const struct test_options *o = &s->options;
	bool machine_stdout = o->tap || (o->junit && !strcmp(o->junit, "-"));
	char comment[64];

	s->text = machine_stdout ? stderr : stdout;
	if (o->junit && junit_begin(&s->junit, o->junit))
		return -1;
	snprintf(comment, sizeof(comment), "--shuffle %llu", (unsigned long long)o->seed);
	if (o->tap)
		tap_begin(stdout, s->plan.count, o->seed_text ? comment : NULL);
	if (o->seed_text)
		fprintf(s->text, "%s\n", comment);
	progress_init();
	s->start = pool_now();
	s->started = time(NULL);
	s->machines = count_machines(s);
	return 0;
}

/* Tests that have had some of their runs when mote is interrupted: what is known of them is told.
 */
static void tell_unfinished(struct session *s)
{
	for (size_t i = 0; i < s->plan.count; i++) {
		struct test *t = &s->plan.test[i];

		if (t->done && t->done < s->plan.repeat && (s->options.tap || s->options.junit))
			tell_test(s, t);
	}
}

static int exit_status(const struct session *s, int pool_status, bool lost)
{
	if (pool_status)
		return pool_status;
	if (lost) {
		mote_error("cannot write all of the report");
		return MOTE_FAILED;
	}
	return s->counts.failed != 0;
}

static int finish(struct session *s, int pool_status)
{
	uint64_t ns = pool_now() - s->start;
	bool lost = false;

	progress_hide();
	tell_unfinished(s);
	if (s->options.tap && pool_status)
		tap_bail_out(stdout, pool_status > MOTE_SIGNALLED ? "interrupted" : "mote failed");
	if (s->options.junit)
		lost = junit_end(&s->junit, (double)ns / 1e9, s->started, s->options.seed_text);
	if (pool_status > MOTE_SIGNALLED)
		fprintf(s->text, "interrupted\n");
	if (s->counts.done || pool_status != MOTE_FAILED)
		report_summary(s->text, &s->plan, &s->counts, ns, s->machines);
	lost |= fflush(s->text) || ferror(s->text);
	if (s->options.tap)
		lost |= fflush(stdout) || ferror(stdout);
	return exit_status(s, pool_status, lost);
}

int cmd_test(int argc, char **argv)
{
	static struct session s;
	struct pool_config pool = {.work = on_work,
				   .result = on_result,
				   .tick = on_tick,
				   .speak = on_speak,
				   .ctx = &s};
	int status = test_options_parse(&s.options, argc, argv);

	if (status >= 0)
		return status;
	if (make_plan(&s) || begin(&s))
		return MOTE_FAILED;
	s.work = (struct test_work){.options = &s.options, .plan = &s.plan};
	pool.workers = s.machines;
	pool.runs = s.counts.runs;
	pool.timeout = s.options.run.timeout;
	pool.max_output = s.options.max_output;
	return finish(&s, pool_run(&pool));
}
