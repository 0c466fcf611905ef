#include "test_worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "mote.h"
#include "run_control.h"
#include "shared/abi/boot.h"

#define KERNEL_LOG 16384 /* bytes of it that a report may quote */

/* A worker's machine and the states it can be put back to. */
struct rig {
	const struct test_options *options;
	const struct test_plan *plan;
	struct pool_worker *pool;
	struct machine *m;
	struct snapshot *base; /* before any test */
	struct snapshot *own;  /* at the ready point of the program own_path, or NULL */
	const char *own_path;
	bool own_asked;	 /* the program chose that point itself */
	uint64_t logged; /* bytes that the kernel had logged at the base */
	bool fresh;	 /* m is as base says */
};

/* What the signal handler sees. */
static struct pool_worker *pool;
static struct machine *volatile running;

static void stop_overdue(int sig)
{
	(void)sig;
	if (running && pool_overdue(pool))
		machine_stop(running, MOTE_TIMEOUT);
}

static int run(struct rig *r)
{
	running = r->m;
	int status = machine_run(r->m);

	running = NULL;
	return status;
}

/* ---- the machine ---- */

/* The files of the host that all tests need, NULL-terminated; NULL: no memory. */
static const char **list_programs(const struct test_plan *plan)
{
	const char **list = calloc(plan->count + 1, sizeof(*list));

	for (size_t i = 0; list && i < plan->count; i++)
		list[i] = plan->test[i].path;
	return list;
}

static void fill_config(struct launch_config *c, const struct rig *r, const char **programs,
			char **argv)
{
	run_options_config(&r->options->run, c);
	c->flags |= BOOT_READY_START;
	c->argv = argv;
	c->program = programs;
	c->private_disks = true;
	c->own_streams = true;
	c->in = STDIN_FILENO;
	c->out = r->pool->fd[TEST_OUT];
	c->err = r->pool->fd[TEST_ERR];
}

/* What a machine needs that is no part of its state. */
static int equip(struct rig *r)
{
	return run_control_setup(r->m, r->options->run.input, true);
}

/* Boot, with all tests in the root, up to where a program is to be executed. 0 or a negative errno,
 * said. */
static int boot(struct rig *r)
{
	const char **programs = list_programs(r->plan);
	char *argv[] = {r->plan->test[0].path, NULL};
	struct launch_config config;

	if (!programs) {
		mote_error("out of memory");
		return -ENOMEM;
	}
	fill_config(&config, r, programs, argv);
	int err = machine_launch(&r->m, &config);

	free(programs);
	if (!err)
		err = equip(r);
	if (err)
		return err;
	if (run(r) != MOTE_READY) {
		mote_error("the machine came to its end before the first test began");
		return -EIO;
	}
	return machine_snapshot(r->m, &r->base);
}

static int restore(struct rig *r)
{
	struct restore_config config = {.in = STDIN_FILENO,
					.out = r->pool->fd[TEST_OUT],
					.err = r->pool->fd[TEST_ERR],
					.disk = (const char *const *)r->options->run.disk,
					.resettable = true};
	int err = machine_restore(&r->m, r->base, &config);

	return err ? err : equip(r);
}

static int make_machine(struct rig *r)
{
	char ignored[1];
	int err;

	if (r->options->from) {
		err = snapshot_open(&r->base, r->options->from);
		if (!err)
			err = restore(r);
	} else {
		err = boot(r);
	}
	if (!err)
		machine_log(r->m, &r->logged, ignored, sizeof(ignored));
	r->fresh = true;
	return err;
}

/* ---- before a run ---- */

static bool same_path(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool owns(const struct rig *r, const struct test *t)
{
	return r->own && same_path(r->own_path, t->path);
}

static void forget_own(struct rig *r)
{
	if (r->own)
		snapshot_put(r->own);
	r->own = NULL;
}

/* Remember the machine as it is, for the next runs of the same program. Not to be able to costs
 * time alone. */
static void keep_own(struct rig *r, const struct test *t, bool asked)
{
	forget_own(r);
	if (r->plan->repeat == 1 || machine_snapshot(r->m, &r->own)) {
		r->own = NULL;
		return;
	}
	r->own_path = t->path;
	r->own_asked = asked;
}

/* A new machine from the base in place of one that could not be reset. */
static int replace(struct rig *r)
{
	mote_error("a new machine takes the place of one that cannot be reset");
	forget_own(r);
	machine_destroy(r->m);
	r->m = NULL;
	return restore(r);
}

/* Back to where t can be started: its own ready point, or the base. 0 or a negative errno, said. */
static int go_back(struct rig *r, const struct test *t)
{
	if (r->fresh)
		return 0;
	return machine_reset(r->m, owns(r, t) ? r->own : r->base) ? replace(r) : 0;
}

/* From the base: a test that will run again stops at its ready point. 0 or a negative errno, said.
 */
static int choose_program(struct rig *r, const struct test *t)
{
	char *argv[] = {t->path, NULL};
	struct machine_program program = {.path = t->path,
					  .cwd = r->options->run.cwd,
					  .argv = argv,
					  .envp = r->options->run.env,
					  .host_file =
						  r->options->from && t->on_host ? t->path : NULL,
					  .stop_ready = r->plan->repeat > 1};
	int err = t->path ? machine_set_program(r->m, &program) : 0;

	if (err && err != -EINVAL)
		mote_error("%s: cannot be passed to the machine: %s", t->name, strerror(-err));
	return err;
}

/* ---- the run ---- */

/* Bring the machine to t's beginning: 0 or a negative errno, said. */
static int prepare(struct rig *r, const struct test *t)
{
	int err = go_back(r, t);

	r->fresh = false;
	return err || owns(r, t) ? err : choose_program(r, t);
}

/* To the end. The next runs of t begin at its ready point, or where it asks for another one: the
 * first time it does. */
static int run_to_end(struct rig *r, const struct test *t)
{
	unsigned int passed = owns(r, t)
				      ? 1u + r->own_asked
				      : !t->path; /* ready points, where it stands now included */
	int status;

	while ((status = run(r)) == MOTE_READY) {
		if (passed < 2)
			keep_own(r, t, passed > 0);
		passed++;
	}
	return status;
}

static bool flooded(const struct rig *r)
{
	return pool_flooded(r->pool, TEST_OUT) || pool_flooded(r->pool, TEST_ERR);
}

/* Is line in what was said already? Some of the kernel's messages come at once as well. */
static bool is_told(const struct rig *r, const char *line, size_t len)
{
	static char said[KERNEL_LOG];
	ssize_t n = pread(r->pool->fd[TEST_LOG], said, sizeof(said), 0);

	return n > 0 && memmem(said, (size_t)n, line, len);
}

/* What the kernel has logged since the base, for the report. */
static void tell_log(struct rig *r)
{
	static char log[KERNEL_LOG];
	uint64_t from = r->logged;
	size_t left = machine_log(r->m, &from, log, sizeof(log));

	for (const char *line = log; left;) {
		const char *end = memchr(line, '\n', left);
		size_t len = end ? (size_t)(end + 1 - line) : left;

		if (!is_told(r, line, len))
			message_write(line, len);
		line += len;
		left -= len;
	}
}

/* How a run that came to its end did. */
static enum test_outcome judge(const struct rig *r, int status)
{
	switch (machine_end_kind(r->m)) {
	case MOTE_END_PANIC:
		return TEST_PANICKED;
	case MOTE_END_STOPPED:
		return flooded(r) ? TEST_FLOODED : TEST_TIMEOUT;
	case MOTE_END_EXIT:
		if (flooded(r))
			return TEST_FLOODED;
		if (status == TEST_STATUS_SKIP)
			return TEST_SKIPPED;
		return status ? TEST_EXITED : TEST_PASSED;
	default:
		return TEST_BROKE;
	}
}

/* One run. False when the worker has no machine any more. */
static bool run_test(struct rig *r, const struct test *t)
{
	struct test_verdict result = {0};
	int err = prepare(r, t);
	int status = err ? MOTE_FAILED : run_to_end(r, t);

	result.status = status;
	result.outcome = err ? TEST_BROKE : judge(r, status);
	if (test_failed(&result) && r->m)
		tell_log(r);
	pool_give(r->pool, &result);
	return r->m != NULL;
}

int test_work(const struct test_work *work, struct pool_worker *w)
{
	struct rig r = {.options = work->options, .plan = work->plan, .pool = w};
	struct sigaction alarm = {.sa_handler = stop_overdue};
	uint64_t n;

	pool = w;
	sigaction(SIGALRM, &alarm, NULL);
	if (make_machine(&r))
		return MOTE_FAILED;
	pool_ready(w);
	while (pool_take(w, &n)) {
		if (!run_test(&r, test_plan_at(r.plan, n)))
			return POOL_AGAIN;
	}
	return 0;
}
