/*
 * Worker processes for runs of tests, with work that needs no machine.
 * sources: vmm/cli/test_pool.c vmm/cli/test_hand.c vmm/message.c
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../vmm/cli/test_pool.h"
#include "mote.h"

/* A pool lives as long as its process: Check forks one for each test. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

#define MAX_RUNS 100000

static struct {
	unsigned char seen[MAX_RUNS];
	uint64_t outcomes[TEST_DIED + 1];
	char out[64], log[64]; /* of the last failure */
	size_t out_len;
	bool out_cut;
	int last_status;
	uint64_t ticks;
	void (*each)(struct pool_worker *w, uint64_t run, struct test_verdict *v);
	void (*at_result)(void);
} t;

static void on_result(void *ctx, const struct test_verdict *v,
		      const struct test_capture capture[TEST_STREAMS])
{
	(void)ctx;
	t.seen[v->run]++;
	t.outcomes[v->outcome]++;
	if (test_failed(v)) {
		snprintf(t.out, sizeof(t.out), "%.*s", (int)capture[TEST_OUT].len,
			 capture[TEST_OUT].data);
		snprintf(t.log, sizeof(t.log), "%.*s", (int)capture[TEST_LOG].len,
			 capture[TEST_LOG].data);
		t.out_len = capture[TEST_OUT].len;
		t.out_cut = capture[TEST_OUT].cut;
		t.last_status = v->status;
	}
	if (t.at_result)
		t.at_result();
}

static void on_tick(void *ctx)
{
	(void)ctx;
	t.ticks++;
}

static void on_speak(void *ctx)
{
	(void)ctx;
}

static int work(void *ctx, struct pool_worker *w)
{
	uint64_t run;

	(void)ctx;
	pool_ready(w);
	while (pool_take(w, &run)) {
		struct test_verdict v = {.outcome = TEST_PASSED};

		if (t.each)
			t.each(w, run, &v);
		pool_give(w, &v);
	}
	return 0;
}

static int run_pool(unsigned int workers, uint64_t runs, double timeout)
{
	struct pool_config c = {.workers = workers,
				.runs = runs,
				.timeout = timeout,
				.max_output = 4096,
				.work = work,
				.result = on_result,
				.tick = on_tick,
				.speak = on_speak};

	return pool_run(&c);
}

static void each_once(uint64_t runs)
{
	for (uint64_t i = 0; i < runs; i++)
		ck_assert_msg(t.seen[i] == 1, "run %llu: %d results", (unsigned long long)i,
			      t.seen[i]);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}

static unsigned int count_descriptors(void)
{
	unsigned int n = 0;
	DIR *d = opendir("/proc/self/fd");

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

START_TEST(every_run_once)
{
	ck_assert_int_eq(run_pool(3, MAX_RUNS, 10), 0);
	ck_assert_uint_eq(t.outcomes[TEST_PASSED], MAX_RUNS);
	each_once(MAX_RUNS);
}
END_TEST

START_TEST(fewer_runs_than_workers)
{
	ck_assert_int_eq(run_pool(8, 3, 10), 0);
	each_once(3);
}
END_TEST

/* ---- failures and what they wrote ---- */

static void fail_some(struct pool_worker *w, uint64_t run, struct test_verdict *v)
{
	char text[32];

	if (run % 3)
		return;
	int n = snprintf(text, sizeof(text), "run %llu", (unsigned long long)run);

	if (write(w->fd[TEST_OUT], text, (size_t)n) < 0 || write(2, text, (size_t)n) < 0)
		_exit(99);
	v->outcome = TEST_EXITED;
	v->status = (int)run;
}

static void check_capture(void)
{
	char text[32];

	if (!t.out_len)
		return;
	snprintf(text, sizeof(text), "run %d", t.last_status);
	ck_assert_str_eq(t.out, text);
	ck_assert_str_eq(t.log, text);
	t.out_len = 0;
}

START_TEST(failures)
{
	t.each = fail_some;
	t.at_result = check_capture;
	ck_assert_int_eq(run_pool(2, 3000, 10), 0);
	each_once(3000);
	ck_assert_uint_eq(t.outcomes[TEST_EXITED], 1000);
	ck_assert_uint_eq(t.outcomes[TEST_PASSED], 2000);
}
END_TEST

/* Writes end at the limit; the next run begins with an empty file. */
static void flood(struct pool_worker *w, uint64_t run, struct test_verdict *v)
{
	static const char block[1000];

	if (lseek(w->fd[TEST_OUT], 0, SEEK_CUR) || pool_flooded(w, TEST_OUT))
		_exit(98);
	for (int i = 0; i < 20 - 16 * (run == 1); i++) {
		if (write(w->fd[TEST_OUT], block, sizeof(block)) < 0 && errno != EPERM)
			_exit(97);
	}
	v->outcome = pool_flooded(w, TEST_OUT) ? TEST_FLOODED : TEST_EXITED;
}

START_TEST(floods)
{
	t.each = flood;
	ck_assert_int_eq(run_pool(1, 3, 10), 0);
	each_once(3);
	ck_assert_uint_eq(t.outcomes[TEST_FLOODED], 2);
	ck_assert_uint_eq(t.outcomes[TEST_EXITED], 1);
	ck_assert(t.out_cut && t.out_len == 4096);
}
END_TEST

/* ---- workers that die ---- */

static void die_some(struct pool_worker *w, uint64_t run, struct test_verdict *v)
{
	(void)v;
	if (run % 10 != 7)
		return;
	if (write(w->fd[TEST_LOG], "last words", 10) < 0)
		_exit(99);
	if (run % 20 == 7)
		kill(getpid(), SIGKILL);
	_exit(5);
}

START_TEST(deaths)
{
	unsigned int before = count_descriptors();

	t.each = die_some;
	ck_assert_int_eq(run_pool(3, 200, 10), 0);
	each_once(200);
	ck_assert_uint_eq(t.outcomes[TEST_DIED], 20);
	ck_assert_uint_eq(t.outcomes[TEST_PASSED], 180);
	ck_assert_str_eq(t.log, "last words");
	ck_assert_uint_le(count_descriptors(),
			  before + 3 * TEST_STREAMS + 2); /* those of the pool, none of its dead */
}
END_TEST

static int cannot_start(void *ctx, struct pool_worker *w)
{
	(void)ctx;
	(void)w;
	return 3;
}

START_TEST(no_start)
{
	struct pool_config c = {.workers = 2,
				.runs = 5,
				.timeout = 1,
				.max_output = 4096,
				.work = cannot_start,
				.result = on_result,
				.tick = on_tick,
				.speak = on_speak};

	ck_assert_int_eq(pool_run(&c), MOTE_FAILED);
	ck_assert_uint_eq(t.outcomes[TEST_DIED], 0);
}
END_TEST

static int once(void *ctx, struct pool_worker *w)
{
	struct test_verdict v = {0};
	uint64_t run;

	(void)ctx;
	pool_ready(w);
	if (!pool_take(w, &run))
		return 0;
	pool_give(w, &v);
	return POOL_AGAIN;
}

START_TEST(successors)
{
	struct pool_config c = {.workers = 2,
				.runs = 50,
				.timeout = 1,
				.max_output = 4096,
				.work = once,
				.result = on_result,
				.tick = on_tick,
				.speak = on_speak};

	ck_assert_int_eq(pool_run(&c), 0);
	each_once(50);
}
END_TEST

/* ---- time ---- */

static volatile sig_atomic_t alarms;
static struct pool_worker *worker;

static void on_alarm(int sig)
{
	(void)sig;
	if (pool_overdue(worker))
		alarms++;
}

static void hang_some(struct pool_worker *w, uint64_t run, struct test_verdict *v)
{
	if (run != 3)
		return;
	worker = w;
	signal(SIGALRM, on_alarm);
	while (!alarms)
		usleep(1000);
	v->outcome = TEST_TIMEOUT;
}

START_TEST(timeouts)
{
	t.each = hang_some;
	ck_assert_int_eq(run_pool(2, 100, 0.3), 0);
	each_once(100);
	ck_assert_uint_eq(t.outcomes[TEST_TIMEOUT], 1);
	ck_assert_uint_ge(t.ticks, 2);
}
END_TEST

static void ignore_alarms(struct pool_worker *w, uint64_t run, struct test_verdict *v)
{
	(void)w;
	(void)v;
	signal(SIGALRM, SIG_IGN);
	while (run == 3)
		usleep(1000);
}

START_TEST(stubborn)
{
	t.each = ignore_alarms;
	ck_assert_int_eq(run_pool(2, 10, 0.2), 0);
	each_once(10);
	ck_assert_uint_eq(t.outcomes[TEST_TIMEOUT], 1);
}
END_TEST

/* ---- interruption ---- */

static void sleep_long(struct pool_worker *w, uint64_t run, struct test_verdict *v)
{
	(void)w;
	(void)v;
	if (run == 5)
		kill(getppid(), SIGINT);
	if (run >= 5)
		sleep(100);
}

START_TEST(interrupted)
{
	t.each = sleep_long;
	ck_assert_int_eq(run_pool(2, 10, 50), 128 + SIGINT);
	ck_assert_uint_eq(t.outcomes[TEST_PASSED], 5);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

static int told[2];

static void tell_and_sleep(struct pool_worker *w, uint64_t run, struct test_verdict *v)
{
	pid_t self = getpid();

	(void)w;
	(void)run;
	(void)v;
	if (write(told[1], &self, sizeof(self)) < 0)
		_exit(99);
	sleep(100);
}

/* Workers do not outlive a parent that is killed. */
START_TEST(orphans)
{
	pid_t workers[2];

	t.each = tell_and_sleep;
	ck_assert_int_eq(pipe(told), 0);
	pid_t parent = fork();

	if (parent == 0) {
		run_pool(2, 10, 50);
		_exit(0);
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ck_assert_int_eq(read(told[0], &workers[0], sizeof(pid_t)) +
				 read(told[0], &workers[1], sizeof(pid_t)),
			 2 * sizeof(pid_t));
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	for (int i = 0; i < 2; i++) {
		int status;

		ck_assert_int_eq(waitpid(workers[i], &status, 0), workers[i]);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("test_pool");
	TCase *c = tcase_create("pool");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, every_run_once);
	tcase_add_test(c, fewer_runs_than_workers);
	tcase_add_test(c, failures);
	tcase_add_test(c, floods);
	tcase_add_test(c, deaths);
	tcase_add_test(c, no_start);
	tcase_add_test(c, successors);
	tcase_add_test(c, timeouts);
	tcase_add_test(c, stubborn);
	tcase_add_test(c, interrupted);
	tcase_add_test(c, orphans);
	suite_add_tcase(s, c);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
