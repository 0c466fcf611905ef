/*
 * Reports of `mote test`: TAP, JUnit, text, and the reasons in them.
 * sources: vmm/cli/test_tap.c vmm/cli/test_junit.c vmm/cli/test_report.c vmm/cli/test_result.c vmm/cli/test_text.c vmm/message.c
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/cli/test_junit.h"
#include "../../vmm/cli/test_report.h"
#include "../../vmm/cli/test_tap.h"

static char *text;
static size_t len;

static FILE *begin(void)
{
	free(text);
	text = NULL;
	return open_memstream(&text, &len);
}

static struct test_capture capture(const char *s)
{
	return (struct test_capture){.data = s, .len = strlen(s)};
}

static struct test_failure failure;
static struct test failing = {.name = (char *)"dir/na#me\n\\x",
			      .done = 1,
			      .failed = 1,
			      .ns = 1500000,
			      .failure = &failure};
static struct test passing = {.name = (char *)"dir/pass", .done = 1, .ns = 2000};
static struct test skipping = {.name = (char *)"skip", .done = 1, .skipped = 1};

static void fill_failure(enum test_outcome outcome)
{
	failure = (struct test_failure){.result = {.outcome = outcome, .status = 3}};
	failure.capture[TEST_OUT] = capture("  one: {\n\n...\n---\033[2J");
	failure.capture[TEST_ERR] = capture("");
	failure.capture[TEST_LOG] = capture("mote: said & <done>\n");
}

/* ---- reasons ---- */

static const char *why_of(enum test_outcome outcome, int status, const char *log)
{
	static char why[TEST_WHY_MAX];
	struct test_verdict r = {.outcome = outcome, .status = status};
	struct test_capture c = capture(log);

	test_why(why, &r, &c, 1.5);
	return why;
}

START_TEST(reasons)
{
	ck_assert_str_eq(why_of(TEST_PASSED, 0, ""), "");
	ck_assert_str_eq(why_of(TEST_SKIPPED, 77, ""), "exit status 77");
	ck_assert_str_eq(why_of(TEST_EXITED, 3, ""), "exit status 3");
	ck_assert_str_eq(why_of(TEST_EXITED, 139, ""), "killed by signal SIGSEGV");
	ck_assert_str_eq(why_of(TEST_EXITED, 255, ""), "exit status 255");
	ck_assert_str_eq(why_of(TEST_TIMEOUT, 124, ""), "timeout after 1.5 s");
	ck_assert_str_eq(
		why_of(TEST_PANICKED, 125, "x\nmote: guest kernel panic on cpu 0: no more\n  at\n"),
		"kernel panic on cpu 0: no more");
	ck_assert_str_eq(why_of(TEST_PANICKED, 125, ""), "kernel panic");
	ck_assert_str_eq(why_of(TEST_BROKE, 125, "mote: the guest kernel had a fault"),
			 "the machine broke: the guest kernel had a fault");
	ck_assert_str_eq(why_of(TEST_BROKE, 125, "nothing"), "the machine broke");
	ck_assert_str_eq(why_of(TEST_DIED, SIGKILL, ""),
			 "mote itself died: killed by signal SIGKILL");
	ck_assert_str_eq(why_of(TEST_DIED, 9 << 8, ""), "mote itself died: exit status 9");
}
END_TEST

START_TEST(long_reason)
{
	char log[5000] = "mote: guest kernel panic: ";

	memset(log + strlen(log), 'x', sizeof(log) - strlen(log) - 1);
	log[sizeof(log) - 1] = 0;
	ck_assert_uint_lt(strlen(why_of(TEST_PANICKED, 125, log)), TEST_WHY_MAX);
}
END_TEST

START_TEST(ends)
{
	struct test_capture c = capture("one\ntwo\nthree\n"), end = test_capture_end(&c, 100, 2);

	ck_assert_str_eq(end.data, "two\nthree\n");
	end = test_capture_end(&c, 100, 100);
	ck_assert_uint_eq(end.len, c.len);
	end = test_capture_end(&c, 8, 100); /* "o\nthree\n": only whole lines */
	ck_assert_str_eq(end.data, "three\n");
	end = test_capture_end(&c, 3, 100);
	ck_assert_str_eq(end.data, "ee\n");
	c = capture("");
	end = test_capture_end(&c, 3, 3);
	ck_assert_uint_eq(end.len, 0);
	c = capture("\n\n\n");
	end = test_capture_end(&c, 100, 2);
	ck_assert_uint_eq(end.len, 2);
}
END_TEST

/* ---- TAP ---- */

START_TEST(tap)
{
	FILE *f = begin();

	fill_failure(TEST_EXITED);
	tap_begin(f, 3, "--shuffle 5");
	tap_point(f, 1, &passing, "", "again");
	tap_point(f, 2, &skipping, "exit status 77", "again");
	tap_point(f, 3, &failing, "exit status 3", "mote test 'x y'");
	fclose(f);
	ck_assert_str_eq(text, "TAP version 14\n"
			       "# --shuffle 5\n"
			       "1..3\n"
			       "ok 1 - dir/pass\n"
			       "ok 2 - skip # SKIP exit status 77\n"
			       "not ok 3 - dir/na\\#me\\\\x0a\\\\x\n"
			       "  ---\n"
			       "  message: \"exit status 3\"\n"
			       "  duration_ms: 1.500\n"
			       "  again: \"mote test 'x y'\"\n"
			       "  stdout: |\n"
			       "    |   one: {\n"
			       "    | \n"
			       "    | ...\n"
			       "    | ---\\x1b[2J\n"
			       "  log: |\n"
			       "    | mote: said & <done>\n"
			       "  ...\n");
}
END_TEST

START_TEST(tap_repeated)
{
	struct test t = failing;

	fill_failure(TEST_TIMEOUT);
	t.done = 1000;
	t.failed = 3;
	FILE *f = begin();

	tap_point(f, 1, &t, "timeout after 2 s", "again");
	tap_bail_out(f, "interrupted");
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "  runs: 1000\n  failed: 3\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nBail out! interrupted\n"));
}
END_TEST

/* ---- JUnit ---- */

static void junit_of(const struct test *t, const char *why)
{
	struct junit j;

	junit_begin_on(&j, begin(), tmpfile());
	junit_case(&j, &passing, "", "again");
	junit_case(&j, &skipping, "exit status 77", "again");
	junit_case(&j, t, why, "mote test '<x>'");
	ck_assert_int_eq(junit_end(&j, 1.25, 0, "5"), 0);
}

START_TEST(junit)
{
	fill_failure(TEST_EXITED);
	junit_of(&failing, "exit \"3\"");
	ck_assert_str_eq(text,
			 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<testsuites name=\"mote test\" tests=\"3\" failures=\"1\" errors=\"0\" "
			 "skipped=\"1\" time=\"1.250000\">\n"
			 "<testsuite name=\"mote test\" tests=\"3\" failures=\"1\" errors=\"0\" "
			 "skipped=\"1\" time=\"1.250000\" "
			 "timestamp=\"1970-01-01T00:00:00\">\n"
			 "<properties><property name=\"shuffle\" value=\"5\"/></properties>\n"
			 "<testcase classname=\"dir\" name=\"pass\" time=\"0.000002\"/>\n"
			 "<testcase classname=\"mote\" name=\"skip\" time=\"0.000000\"><skipped "
			 "message=\"exit status 77\"/></testcase>\n"
			 "<testcase classname=\"dir\" name=\"na#me&#10;\\x\" time=\"0.001500\">\n"
			 "<failure type=\"status\" message=\"exit &#34;3&#34;\">again: mote test "
			 "&#39;&#60;x&#62;&#39;</failure>\n"
			 "<system-out>  one: {\n\n...\n---\xef\xbf\xbd[2J</system-out>\n"
			 "<system-err>mote: said &#38; &#60;done&#62;\n</system-err>\n"
			 "</testcase>\n"
			 "</testsuite>\n"
			 "</testsuites>\n");
}
END_TEST

START_TEST(junit_error)
{
	fill_failure(TEST_PANICKED);
	junit_of(&failing, "kernel panic");
	ck_assert_ptr_nonnull(strstr(text, "failures=\"0\" errors=\"1\""));
	ck_assert_ptr_nonnull(strstr(text, "<error type=\"panic\" message=\"kernel panic\">"));
}
END_TEST

START_TEST(junit_full_disk)
{
	struct junit j;
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	junit_begin_on(&j, full, tmpfile());
	junit_case(&j, &passing, "", "");
	ck_assert_int_lt(junit_end(&j, 1, 0, NULL), 0);
	ck_assert_int_lt(junit_begin(&j, "/nonexistent/directory/x.xml"), 0);
}
END_TEST

/* ---- text ---- */

START_TEST(failure_text)
{
	struct test_capture c[TEST_STREAMS] = {capture("out\033\n"), capture(""), capture("log")};
	struct test_verdict r = {.run = 16, .ns = 2500000, .outcome = TEST_EXITED};
	FILE *f = begin();

	report_failure(f, &failing, &r, c, 10, "exit status 3", "mote test x", false);
	fclose(f);
	ck_assert_str_eq(text, "FAIL dir/na#me\\x0a\\x: exit status 3 (run 7 of 10, 2.50 ms)\n"
			       "  standard output:\n"
			       "    out\\x1b\n"
			       "  kernel and mote:\n"
			       "    log\n"
			       "  again: mote test x\n");
}
END_TEST

START_TEST(long_output)
{
	char *many = calloc(1, 100001);
	struct test_capture c[TEST_STREAMS] = {{.data = many, .len = 100000, .cut = true}};
	struct test_verdict r = {.outcome = TEST_FLOODED};

	for (int i = 0; i < 50000; i++)
		memcpy(many + 2 * i, "y\n", 2);
	FILE *f = begin();

	report_failure(f, &passing, &r, c, 1, "why", "again", false);
	fclose(f);
	ck_assert_uint_lt(len, 1000);
	ck_assert_ptr_nonnull(strstr(text, "[99900 bytes before this"));
	ck_assert_ptr_nonnull(strstr(text, "[and more than these 100000 bytes]"));
	f = begin();
	report_failure(f, &passing, &r, c, 1, "why", "again", true);
	fclose(f);
	ck_assert_uint_gt(len, 100000);
	free(many);
}
END_TEST

static void summary(uint64_t repeat, const struct test_counts *c)
{
	struct test tests[] = {passing, failing};
	struct test_plan p = {.test = tests, .count = 2, .repeat = repeat};
	FILE *f = begin();

	tests[1].done = repeat;
	report_summary(f, &p, c, 2000000000, 1);
	fclose(f);
}

START_TEST(summaries)
{
	summary(1, &(struct test_counts){.runs = 2, .done = 2, .failed = 1});
	ck_assert_str_eq(text,
			 "2 of 2 runs in 2.00 s, 1 a second, 1 machine\n1 passed, 1 failed\n");
	summary(1000, &(struct test_counts){.runs = 2000, .done = 2000, .failed = 1, .skipped = 9});
	ck_assert_str_eq(text, "failed: dir/na#me\\x0a\\x: 1 of 1000 runs\n"
			       "2000 of 2000 runs in 2.00 s, 1000 a second, 1 machine\n"
			       "1990 passed, 1 failed, 9 skipped\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("test_reports");
	TCase *c = tcase_create("reports");

	tcase_add_test(c, reasons);
	tcase_add_test(c, long_reason);
	tcase_add_test(c, ends);
	tcase_add_test(c, tap);
	tcase_add_test(c, tap_repeated);
	tcase_add_test(c, junit);
	tcase_add_test(c, junit_error);
	tcase_add_test(c, junit_full_disk);
	tcase_add_test(c, failure_text);
	tcase_add_test(c, long_output);
	tcase_add_test(c, summaries);
	suite_add_tcase(s, c);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
