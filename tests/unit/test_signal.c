/*
 * Runs signal_cases.c.
 * sources: tests/unit/signal_cases.c guest/kernel/task/signal.c guest/kernel/task/signal_send.c guest/kernel/task/stop.c
 */
#include <check.h>
#include "signal_cases.h"

void signal_case_failed(const char *file, int line, const char *text, long got, long want)
{
	_ck_assert_failed(file, line, "Assertion failed", "%s: %ld, %ld", text, got, want);
	__builtin_unreachable();
}

START_TEST(case_runs)
{
	signal_set_up();
	signal_cases[_i].fn();
	signal_tear_down();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signal");
	TCase *c = tcase_create("signal");
	SRunner *r;
	int failed;

	tcase_add_loop_test(c, case_runs, 0, signal_case_count);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
