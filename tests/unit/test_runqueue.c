/*
 * The queue of runnable tasks: order, priorities, affinity, slices.
 * sources: guest/kernel/task/runqueue.c tests/unit/fake/runnable.c
 */
#include <check.h>
#include <sched.h>
#include "fake/runnable.h"
#include "kernel/task/runqueue.h"

#define SLICE 10000000ull /* SCHED_SLICE_NS */
#define ANYWHERE (~0ull)

static struct task *t[6];

static void fresh(void)
{
	while (runqueue_count)
		runqueue_remove(runqueue_best(0));
	for (int i = 0; i < 6; i++)
		t[i] = fake_runnable(i, SCHED_OTHER, 0, 0, ANYWHERE);
}

static int next_of(unsigned int cpu)
{
	struct task *best = runqueue_best(cpu);
	if (best) {
		ck_assert(fake_runnable_queued(best));
		runqueue_remove(best);
		ck_assert(!fake_runnable_queued(best));
	}
	return fake_runnable_index(best);
}

START_TEST(round_robin)
{
	fresh();
	for (int i = 0; i < 4; i++)
		runqueue_add(t[i], false);
	ck_assert_uint_eq(runqueue_count, 4);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(next_of(0), i);
	ck_assert_int_eq(next_of(0), -1);
	ck_assert_uint_eq(runqueue_count, 0);
}
END_TEST

START_TEST(woken_first)
{
	fresh();
	fake_runnable(5, SCHED_RR, 1, 0, ANYWHERE);
	runqueue_add(t[0], false);
	runqueue_add(t[1], true);
	runqueue_add(t[2], true);
	runqueue_add(t[3], false);
	runqueue_add(t[5], false);
	int want[] = {5, 1, 2, 0, 3};
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(next_of(0), want[i]);
}
END_TEST

START_TEST(real_time_first)
{
	fresh();
	fake_runnable(1, SCHED_FIFO, 5, 0, ANYWHERE);
	fake_runnable(2, SCHED_RR, 50, 0, ANYWHERE);
	fake_runnable(3, SCHED_FIFO, 5, 0, ANYWHERE);
	fake_runnable(4, SCHED_FIFO, 5, 0, ANYWHERE);
	for (int i = 0; i < 4; i++)
		runqueue_add(t[i], false);
	runqueue_add(t[4], true); /* preempted: ahead of its equals */
	int want[] = {2, 4, 1, 3, 0};
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(next_of(0), want[i]);
}
END_TEST

START_TEST(affinity)
{
	fresh();
	fake_runnable(0, SCHED_OTHER, 0, 0, 2);
	fake_runnable(1, SCHED_OTHER, 0, 0, 1);
	fake_runnable(2, SCHED_OTHER, 0, 0, 4);
	for (int i = 0; i < 3; i++)
		runqueue_add(t[i], false);
	ck_assert_int_eq(next_of(0), 1);
	ck_assert_int_eq(next_of(0), -1);
	ck_assert_int_eq(next_of(2), 2);
	ck_assert_int_eq(next_of(1), 0);
}
END_TEST

START_TEST(slices)
{
	fresh();
	ck_assert_uint_eq(sched_slice(t[0]), SLICE);
	ck_assert_uint_eq(sched_slice(fake_runnable(0, SCHED_OTHER, 0, -20, ANYWHERE)), 4 * SLICE);
	ck_assert_uint_eq(sched_slice(fake_runnable(0, SCHED_OTHER, 0, 19, ANYWHERE)), SLICE / 10);
	for (int nice = -20; nice < 19; nice++) {
		fake_runnable(0, SCHED_OTHER, 0, nice, ANYWHERE);
		fake_runnable(1, SCHED_OTHER, 0, nice + 1, ANYWHERE);
		ck_assert_uint_gt(sched_slice(t[0]), sched_slice(t[1]));
	}
	ck_assert(sched_slice(fake_runnable(0, SCHED_FIFO, 1, 0, ANYWHERE)) == NO_SLICE);
	ck_assert_uint_eq(sched_slice(fake_runnable(0, SCHED_RR, 1, 0, ANYWHERE)), SLICE);
	ck_assert_uint_eq(sched_slice(fake_runnable(0, SCHED_IDLE, 0, -20, ANYWHERE)), SLICE / 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("runqueue");
	TCase *c = tcase_create("queue");
	tcase_add_test(c, round_robin);
	tcase_add_test(c, woken_first);
	tcase_add_test(c, real_time_first);
	tcase_add_test(c, affinity);
	tcase_add_test(c, slices);
	suite_add_tcase(suite, c);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
