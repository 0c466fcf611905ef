/*
 * The list of differences that are allowed: what it matches, and what is no list.
 * sources: vmm/fuzz/oracle_allow.c
 */
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/oracle.h"
#include "mote.h"

static char said[1000];

void mote_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(said, sizeof(said), format, ap);
	va_end(ap);
}

static char path[] = "/tmp/oracle_allow.XXXXXX";

static int load(struct oracle_allow **out, const char *text, size_t len)
{
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
	said[0] = 0;
	int error = oracle_allow_load(out, path);

	unlink(path);
	return error;
}

#define HEAD "mote-oracle-allow 1\n"

START_TEST(matching)
{
	static const char text[] = "# a comment before the head\n\n" HEAD "\n  # another\n"
				   "lseek(*, SEEK_HOLE): Linux ENXIO, mote EINVAL\t# holes\n"
				   "  open*(*): Linux EPERM, mote *  #  spaces around  \n"
				   "a(b): Linux 1, mote 2# close\n";
	static const struct {
		const char *key, *reason;
	} cases[] = {
		{"lseek(fd a, huge, SEEK_HOLE): Linux ENXIO, mote EINVAL", "holes"},
		{"lseek(, SEEK_HOLE): Linux ENXIO, mote EINVAL", "holes"},
		{"lseek(fd a, SEEK_HOLE): Linux ENXIO, mote EINVAL!", NULL},
		{"xlseek(a, SEEK_HOLE): Linux ENXIO, mote EINVAL", NULL},
		{"lseek(a, SEEK_DATA): Linux ENXIO, mote EINVAL", NULL},
		{"openat(x): Linux EPERM, mote ok", "spaces around"},
		{"open(x): Linux EPERM, mote ", "spaces around"},
		{"open(x): Linux EPERM", NULL},
		{"a(b): Linux 1, mote 2", "close"},
		{"a(b): Linux 1, mote 22", NULL},
		{"", NULL},
	};
	struct oracle_allow *a;

	ck_assert_int_eq(load(&a, text, sizeof(text) - 1), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *reason = oracle_allow_reason(a, cases[i].key);

		if (cases[i].reason)
			ck_assert_msg(reason && !strcmp(reason, cases[i].reason), "'%s': '%s'", cases[i].key, reason ? reason : "-");
		else
			ck_assert_msg(!reason, "'%s': '%s'", cases[i].key, reason);
	}
	oracle_allow_free(a);
}
END_TEST

START_TEST(no_list)
{
#define BAD(text, line, why)                                                                       \
	{                                                                                          \
		text, sizeof(text) - 1, ":" #line ": ", why                                        \
	}
	static const struct {
		const char *text;
		size_t len;
		const char *line, *why;
	} cases[] = {
		BAD("", 0, "empty"),
		BAD("\n# only comments\n", 2, "empty"),
		BAD("a(b): Linux 1, mote 2 # why\n", 1, "not an allow-list"),
		BAD("mote-oracle-allow 2\n", 1, "another version"),
		BAD("mote-oracle-allow 1x\n", 1, "not an allow-list"),
		BAD("mote-oracle-allow\n", 1, "not an allow-list"),
		BAD("mote-oracle-allow -1\n", 1, "another version"),
		BAD(HEAD "a(b): Linux 1, mote 2\n", 2, "no reason"),
		BAD(HEAD "\na(b): Linux 1, mote 2 #  \n", 3, "no reason"),
		BAD(HEAD "nonsense # why\n", 2, "not a difference"),
		BAD(HEAD "*: Linux 1, mote 2 # why\n", 2, "every call"),
		BAD(HEAD "* : * # why\n", 2, "every call"),
		BAD(HEAD "a(b): \0 # why\n", 2, "NUL"),
	};
	struct oracle_allow *a;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(load(&a, cases[i].text, cases[i].len), -EINVAL);
		ck_assert_msg(strstr(said, cases[i].line) && strstr(said, cases[i].why), "case %zu: '%s'", i, said);
	}
	ck_assert_int_eq(oracle_allow_load(&a, "/nonexistent/list"), -ENOENT);
	ck_assert_ptr_nonnull(strstr(said, "/nonexistent/list"));
	ck_assert_int_eq(oracle_allow_load(&a, "/tmp"), -EIO);
}
END_TEST

/* The list that is shipped. */
START_TEST(shipped)
{
	struct oracle_allow *a;

	ck_assert_msg(!oracle_allow_load(&a, "tests/fuzz/oracle-allow"), "%s", said);
	ck_assert_ptr_nonnull(oracle_allow_reason(a, "pidfd_send_signal(fd, SIGRT, data, 1): Linux EBADF, mote EINVAL"));
	ck_assert_ptr_null(oracle_allow_reason(a, "read(fd a, data, some): Linux 3, mote 4"));
	ck_assert_ptr_null(oracle_allow_reason(a, "write(fd a, data, some): Linux ok, mote EINVAL"));
	oracle_allow_free(a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle_allow");
	TCase *t = tcase_create("all");

	tcase_add_test(t, matching);
	tcase_add_test(t, no_list);
	tcase_add_test(t, shipped);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
