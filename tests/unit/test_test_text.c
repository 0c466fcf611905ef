/*
 * Hostile text in reports.
 * sources: vmm/cli/test_text.c
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../vmm/cli/test_text.h"

static char *text;
static size_t len;

static FILE *begin(void)
{
	free(text);
	text = NULL;
	return open_memstream(&text, &len);
}

#define WRITTEN(call)                                                                              \
	({                                                                                         \
		FILE *f = begin();                                                                 \
		call;                                                                              \
		fclose(f);                                                                         \
		text;                                                                              \
	})
#define PLAIN(s) WRITTEN(text_plain(f, s, sizeof(s) - 1, 0))
#define YAML(s)	 WRITTEN(text_yaml(f, s, sizeof(s) - 1))
#define XML(s)	 WRITTEN(text_xml(f, s, sizeof(s) - 1, 0))
#define SHELL(s) WRITTEN(text_shell(f, s))

START_TEST(utf8)
{
	static const struct {
		const char *s;
		size_t n, len;
	} cases[] = {
		{"a", 1, 1},
		{"", 1, 1},
		{"\xc3\xa9", 2, 2},
		{"\xe2\x82\xac", 3, 3},
		{"\xf0\x9f\x98\x80", 4, 4},
		{"\xf4\x8f\xbf\xbf", 4, 4},
		{"\x80", 1, 0},
		{"\xc3", 1, 0},
		{"\xc3\xa9", 1, 0},
		{"\xc0\x80", 2, 0},	    /* overlong */
		{"\xe0\x80\xaf", 3, 0},	    /* overlong */
		{"\xf0\x80\x80\xaf", 4, 0}, /* overlong */
		{"\xed\xa0\x80", 3, 0},	    /* surrogate */
		{"\xf4\x90\x80\x80", 4, 0}, /* above U+10FFFF */
		{"\xff", 1, 0},
		{"\xe2\x82X", 3, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(text_char(cases[i].s, cases[i].n) == cases[i].len, "case %zu", i);
}
END_TEST

START_TEST(plain)
{
	ck_assert_str_eq(PLAIN("tab\t caf\xc3\xa9"), "tab\t caf\xc3\xa9");
	ck_assert_str_eq(PLAIN("\033[31m\r\n\x7f"), "\\x1b[31m\\x0d\\x0a\\x7f");
	ck_assert_str_eq(PLAIN("\xc2\x9b"
			       "31m"),
			 "\\xc2\\x9b31m");			    /* C1: CSI */
	ck_assert_str_eq(PLAIN("\xe2\x80\xae"), "\\xe2\\x80\\xae"); /* right-to-left override */
	ck_assert_str_eq(PLAIN("a\xff"
			       "b\xc3"),
			 "a\\xffb\\xc3");
	ck_assert_str_eq(PLAIN(""), "");
	ck_assert_str_eq(WRITTEN(text_plain(f, "a\nb\n", 4, 1)), "a\nb\n");
	ck_assert_str_eq(WRITTEN(text_plain(f, "a\0b", 3, 1)), "a\\x00b");
}
END_TEST

START_TEST(lines)
{
	ck_assert_str_eq(WRITTEN(text_lines(f, "> ", "a\n\nb", 4)), "> a\n> \n> b\n");
	ck_assert_str_eq(WRITTEN(text_lines(f, "> ", "a\n", 2)), "> a\n");
	ck_assert_str_eq(WRITTEN(text_lines(f, "> ", "\n", 1)), "> \n");
	ck_assert_str_eq(WRITTEN(text_lines(f, "> ", "", 0)), "");
}
END_TEST

START_TEST(yaml)
{
	ck_assert_str_eq(YAML("plain: # - text"), "\"plain: # - text\"");
	ck_assert_str_eq(YAML("a\"b\\c"), "\"a\\\"b\\\\c\"");
	ck_assert_str_eq(YAML("\n\t\0\033"), "\"\\x0a\\x09\\x00\\x1b\"");
	ck_assert_str_eq(YAML("\xff\xc3\xa9"), "\"\\xff\xc3\xa9\"");
	ck_assert_str_eq(YAML("\xe2\x80\xa8"), "\"\\U00002028\"");
}
END_TEST

START_TEST(xml)
{
	ck_assert_str_eq(XML("<a b=\"c\">&'"), "&#60;a b=&#34;c&#34;&#62;&#38;&#39;");
	ck_assert_str_eq(XML("a\tb\nc\rd"), "a&#9;b&#10;c&#13;d");
	ck_assert_str_eq(WRITTEN(text_xml(f, "a\tb\nc\rd", 7, 1)), "a\tb\nc&#13;d");
	ck_assert_str_eq(XML("\0\033\x0b"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	ck_assert_str_eq(XML("\xff\xed\xa0\x80"),
			 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	ck_assert_str_eq(XML("\xef\xbf\xbe\xef\xbf\xbf"),
			 "\xef\xbf\xbd\xef\xbf\xbd"); /* U+FFFE, U+FFFF */
	ck_assert_str_eq(XML("]]>"), "]]&#62;");
	ck_assert_str_eq(XML("\xf0\x9f\x98\x80\xc2\x85"), "\xf0\x9f\x98\x80&#133;");
}
END_TEST

/* Whatever goes in, what comes out is UTF-8 without markup or control characters. */
START_TEST(noise)
{
	char in[64];

	srandom(1);
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)random() % sizeof(in);

		for (size_t i = 0; i < n; i++)
			in[i] = (char)(random() % 3
					       ? random()
					       : "<>&\"'\n\t\xe2\xed\xc2\x9b\\"[random() % 12]);
		WRITTEN(text_xml(f, in, n, 0));
		for (size_t i = 0, step; i < len; i += step) {
			step = text_char(text + i, len - i);
			ck_assert_uint_ne(step, 0);
			ck_assert((unsigned char)text[i] >= 0x20 && !strchr("<>\"'", text[i]));
			ck_assert(text[i] != '&' || text[i + 1] == '#');
		}
		WRITTEN(text_plain(f, in, n, 0));
		for (size_t i = 0, step; i < len; i += step) {
			step = text_char(text + i, len - i);
			ck_assert_uint_ne(step, 0);
			ck_assert((unsigned char)text[i] >= 0x20 || text[i] == '\t');
		}
		WRITTEN(text_yaml(f, in, n));
		ck_assert(len >= 2 && text[0] == '"' && text[len - 1] == '"' &&
			  !memchr(text, '\n', len));
	}
}
END_TEST

START_TEST(shell)
{
	ck_assert_str_eq(SHELL("build/tests/a-b_c.1"), "build/tests/a-b_c.1");
	ck_assert_str_eq(SHELL(""), "''");
	ck_assert_str_eq(SHELL("a b"), "'a b'");
	ck_assert_str_eq(SHELL("it's"), "'it'\\''s'");
	ck_assert_str_eq(SHELL("$(reboot)`;&|<>*?[~#!"), "'$(reboot)`;&|<>*?[~#!'");
	ck_assert_str_eq(SHELL("caf\xc3\xa9"), "'caf\xc3\xa9'");
	ck_assert_str_eq(SHELL("a\nb'\\\033"
			       "1\xff"),
			 "$'a\\012b\\'\\\\\\0331\\377'");
}
END_TEST

/* The shell reads back what was quoted. */
START_TEST(shell_round_trip)
{
	char word[40], back[sizeof(word)], command[400];

	srandom(2);
	for (int round = 0; round < 200; round++) {
		size_t n = (size_t)random() % (sizeof(word) - 1);

		for (size_t i = 0; i < n; i++)
			word[i] = (char)(random() % 255 + 1);
		word[n] = 0;
		SHELL(word);
		snprintf(command, sizeof(command), "printf %%s %s", text);
		int out[2];

		ck_assert_int_eq(pipe(out), 0);
		pid_t child = fork();

		if (child == 0) {
			dup2(out[1], 1);
			execl("/bin/bash", "bash", "-c", command, (char *)NULL);
			_exit(1);
		}
		close(out[1]);
		ssize_t got = 0, more;

		while ((more = read(out[0], back + got, sizeof(back) - (size_t)got)) > 0)
			got += more;
		close(out[0]);
		ck_assert_msg((size_t)got == n && !memcmp(back, word, n), "%s", text);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("test_text");
	TCase *c = tcase_create("text");

	tcase_set_timeout(c, 120);
	tcase_add_test(c, utf8);
	tcase_add_test(c, plain);
	tcase_add_test(c, lines);
	tcase_add_test(c, yaml);
	tcase_add_test(c, xml);
	tcase_add_test(c, noise);
	tcase_add_test(c, shell);
	tcase_add_test(c, shell_round_trip);
	suite_add_tcase(s, c);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
