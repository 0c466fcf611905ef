/* kvsnprintf against the C library's snprintf, the oracle.
 * sources: guest/kernel/lib/printf.c
 */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "kernel/lib/log.h"

#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat"

#define SAME(...)                                                                               \
	do {                                                                                    \
		char want_[128], got_[128];                                                     \
		int w_ = snprintf(want_, sizeof(want_), __VA_ARGS__);                           \
		int g_ = ksnprintf(got_, sizeof(got_), __VA_ARGS__);                            \
		ck_assert_str_eq(got_, want_);                                                  \
		ck_assert_int_eq(g_, w_);                                                       \
	} while (0)

START_TEST(numbers)
{
	static const int values[] = {0, 1, -1, 9, 10, 255, -4096, INT_MAX, INT_MIN};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		int v = values[i];
		SAME("%d|%i|%u|%x|%X|%o", v, v, v, v, v, v);
		SAME("%5d|%-5d|%05d|%+d|% d|%+05d", v, v, v, v, v, v);
		SAME("%#x|%#X|%#o|%#10x|%#010x|%-#10x|", v, v, v, v, v, v);
		SAME("%.0d|%.3d|%8.3d|%-8.3d|%08.3d", v, v, v, v, v);
		SAME("%hhd|%hd|%hhu|%hu|%hx", v, v, v, v, v);
		SAME("%*d|%-*d|%.*d|%*d", 7, v, 7, v, 4, v, -7, v);
	}
}
END_TEST

START_TEST(long_numbers)
{
	static const long values[] = {0, 1, -1, LONG_MAX, LONG_MIN, 1l << 40};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		long v = values[i];
		SAME("%ld|%lu|%lx|%lo|%lX", v, v, v, v, v);
		SAME("%lld|%llu|%zu|%zd|%jd|%td", (long long)v, (long long)v, v, v, v, v);
	}
}
END_TEST

START_TEST(text)
{
	SAME("%s|%10s|%-10s|%.2s|%10.2s|%.*s", "mote", "mote", "mote", "mote", "mote", 3, "mote");
	SAME("%c|%5c|%-5c|%%|%s", 'x', 'y', 'z', "");
	SAME("%p", (void *)0x1234abcd);
	SAME("%.3s", "abc");
	SAME("plain");
	SAME("%d of %s at %lx", 3, "four", 5ul);
}
END_TEST

START_TEST(truncation)
{
	char buf[5] = "zzzz";

	ck_assert_int_eq(ksnprintf(buf, 0, "%d", 12345), 5);
	ck_assert_int_eq(buf[0], 'z');
	ck_assert_int_eq(ksnprintf(buf, 1, "%d", 12345), 5);
	ck_assert_str_eq(buf, "");
	ck_assert_int_eq(ksnprintf(buf, sizeof(buf), "%d", 12345), 5);
	ck_assert_str_eq(buf, "1234");
	ck_assert_int_eq(ksnprintf(buf, sizeof(buf), "%s%s", "ab", "cd"), 4);
	ck_assert_str_eq(buf, "abcd");
	ck_assert_int_eq(ksnprintf(NULL, 0, "%s", "abc"), 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("printf");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, numbers);
	tcase_add_test(t, long_numbers);
	tcase_add_test(t, text);
	tcase_add_test(t, truncation);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
