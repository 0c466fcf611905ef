/*
 * First lines of scripts.
 * sources: guest/kernel/task/script.c
 */
#include <check.h>
#include <string.h>
#include "kernel/task/exec.h"

static struct script_line line;

static int parse(const char *text)
{
	return script_parse((const u8 *)text, strlen(text), &line);
}

START_TEST(recognised)
{
	ck_assert(script_recognised((const u8 *)"#!x", 3));
	ck_assert(!script_recognised((const u8 *)"#!", 1));
	ck_assert(!script_recognised((const u8 *)"# !", 3));
	ck_assert(!script_recognised((const u8 *)"", 0));
}
END_TEST

#define EXPECT(text, name, arg)                                                                  \
	do {                                                                                     \
		ck_assert_int_eq(parse(text), 0);                                                \
		ck_assert_str_eq(line.interpreter, name);                                        \
		ck_assert_str_eq(line.argument, arg);                                            \
	} while (0)

START_TEST(lines)
{
	EXPECT("#!/bin/sh\necho", "/bin/sh", "");
	EXPECT("#!/bin/sh", "/bin/sh", "");
	EXPECT("#! \t /bin/sh \t -e -x \t \nrest", "/bin/sh", "-e -x");
	EXPECT("#!/bin/sh -\n", "/bin/sh", "-");
	EXPECT("#!a\n", "a", "");
	ck_assert_int_eq(parse("#!"), -ENOEXEC);
	ck_assert_int_eq(parse("#!\n/bin/sh"), -ENOEXEC);
	ck_assert_int_eq(parse("#!   \t \n"), -ENOEXEC);
}
END_TEST

START_TEST(long_lines)
{
	char text[600];
	memset(text, 'a', sizeof(text));
	memcpy(text, "#!/", 3);
	text[599] = 0;
	ck_assert_int_eq(parse(text), -ENOEXEC); /* the name is cut off */
	text[200] = ' ';
	ck_assert_int_eq(parse(text), 0); /* the argument is cut off */
	ck_assert_uint_eq(strlen(line.interpreter), 198);
	ck_assert_uint_eq(strlen(line.argument), SCRIPT_LINE_MAX - 1 - 201);
	text[254] = '\n';
	text[200] = 'a';
	ck_assert_int_eq(parse(text), 0); /* the longest name that fits */
	ck_assert_uint_eq(strlen(line.interpreter), 252);
	/* a NUL ends the line like a newline */
	ck_assert_int_eq(script_parse((const u8 *)"#!/bin/x\0junk", 13, &line), 0);
	ck_assert_str_eq(line.interpreter, "/bin/x");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("script");
	TCase *t = tcase_create("lines");
	tcase_add_test(t, recognised);
	tcase_add_test(t, lines);
	tcase_add_test(t, long_lines);
	suite_add_tcase(suite, t);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
