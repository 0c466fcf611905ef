/*
 * The line discipline: what a user types, what readers get, what is shown.
 * sources: guest/kernel/tty/ldisc.c
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/tty/ldisc.h"

#undef CTRL
#define CTRL(c) ((c) & 0x1f)

static struct ldisc l;
static char echoed[65536];
static size_t echo_len;
static int last_signal, flow_changes;
static bool flushed, held;

static void on_echo(struct ldisc *d, const u8 *bytes, size_t n)
{
	ck_assert_ptr_eq(d, &l);
	ck_assert(echo_len + n < sizeof(echoed));
	memcpy(echoed + echo_len, bytes, n);
	echo_len += n;
	echoed[echo_len] = '\0';
}

static void on_signal(struct ldisc *d, int sig, bool flush)
{
	ck_assert_ptr_eq(d, &l);
	last_signal = sig;
	flushed = flush;
}

static void on_flow(struct ldisc *d, bool stop)
{
	ck_assert_ptr_eq(d, &l);
	held = stop;
	flow_changes++;
}

static const struct ldisc_env env = {.echo = on_echo, .signal = on_signal, .flow = on_flow};

static void setup(void)
{
	ldisc_init(&l, &env);
	echo_len = 0;
	echoed[0] = '\0';
	last_signal = flow_changes = 0;
	flushed = held = false;
}

static void type(const char *text)
{
	size_t n = strlen(text);
	ck_assert_uint_eq(ldisc_receive(&l, (const u8 *)text, n), n);
}

static void expect_echo(const char *text)
{
	ck_assert_str_eq(echoed, text);
	echo_len = 0;
	echoed[0] = '\0';
}

static void expect_read(size_t size, const char *text)
{
	char buf[8192];
	bool end;
	ck_assert_uint_gt(ldisc_available(&l), 0);
	size_t n = ldisc_read(&l, (u8 *)buf, size, &end);
	buf[n] = '\0';
	ck_assert_str_eq(buf, text);
}

static void change(tcflag_t iflag_off, tcflag_t iflag_on, tcflag_t lflag_off, tcflag_t lflag_on)
{
	struct ktermios t = l.termios;
	t.c_iflag = (t.c_iflag & ~iflag_off) | iflag_on;
	t.c_lflag = (t.c_lflag & ~lflag_off) | lflag_on;
	ldisc_set_termios(&l, &t);
}

START_TEST(test_line)
{
	type("hello");
	ck_assert_uint_eq(ldisc_available(&l), 0);
	type("\r");
	expect_echo("hello\r\n");
	ck_assert_uint_eq(ldisc_count(&l), 6);
	expect_read(100, "hello\n");
	ck_assert_uint_eq(ldisc_available(&l), 0);
}
END_TEST

START_TEST(test_two_lines_one_read_each)
{
	type("a\nbc\n");
	expect_read(100, "a\n");
	expect_read(1, "b");
	expect_read(100, "c\n");
}
END_TEST

START_TEST(test_erase)
{
	type("abc\177\177x\n");
	expect_echo("abc\b \b\b \bx\r\n");
	expect_read(100, "ax\n");
	type("\177\n"); /* nothing to erase */
	expect_read(100, "\n");
}
END_TEST

START_TEST(test_erase_control_and_tab)
{
	type("\001\177\n"); /* shown as ^A: two columns */
	expect_echo("^A\b \b\b \b\r\n");
	expect_read(100, "\n");
	type("a\t\177\n");
	expect_echo("a\t\b\b\b\b\b\b\b\r\n");
	expect_read(100, "a\n");
}
END_TEST

/* The cursor comes back to where the line began, whatever was in it; and soon, however long it was. */
START_TEST(test_kill_line_of_tabs)
{
	static const char some[] = "\t\tab\001\tabcdefg\tabcdefgh\t\303\274\t";

	for (size_t n = 1; n < sizeof(some); n++) {
		type("\n> ");
		for (size_t i = 0; i < n; i++)
			ldisc_receive(&l, (const u8 *)&some[i], 1);
		type("\025");
		ck_assert_uint_eq(l.column, 0);
		ldisc_flush_input(&l);
	}
	for (int i = 0; i < 4000; i++)
		type(i % 100 ? "a" : "\t");
	echo_len = 0;
	type("\025");
	ck_assert_uint_eq(l.column, 0);
}
END_TEST

START_TEST(test_erase_utf8)
{
	change(0, IUTF8, 0, 0);
	type("\303\244\177\n");
	expect_echo("\303\244\b \b\r\n");
	expect_read(100, "\n");
}
END_TEST

START_TEST(test_kill_and_word)
{
	type("one two \027x\n");
	expect_read(100, "one x\n");
	type("junk\025ok\n");
	expect_read(100, "ok\n");
	change(0, 0, ECHOKE, 0);
	expect_echo("one two \b \b\b \b\b \b\b \bx\r\njunk\b \b\b \b\b \b\b \bok\r\n");
	type("ab\025c\n");
	expect_echo("ab^U\r\nc\r\n");
	expect_read(100, "c\n");
}
END_TEST

START_TEST(test_eof)
{
	type("abc\004");
	ck_assert_uint_eq(ldisc_count(&l), 3);
	expect_read(100, "abc");
	ck_assert_uint_eq(ldisc_available(&l), 0);
	type("\004");
	ck_assert_uint_eq(ldisc_available(&l), 1);
	ck_assert_uint_eq(ldisc_count(&l), 0);
	expect_read(100, "");
	ck_assert_uint_eq(ldisc_available(&l), 0);
	expect_echo("abc");
	/* the end of file behind a full buffer is no second one */
	type("abc\004");
	expect_read(3, "abc");
	ck_assert_uint_eq(ldisc_available(&l), 0);
}
END_TEST

START_TEST(test_eol_and_lnext)
{
	l.termios.c_cc[VEOL] = ';';
	type("a;b\n");
	expect_read(100, "a;");
	expect_read(100, "b\n");
	expect_echo("a;b\r\n");
	type("\026\003\026\004\n");
	ck_assert_int_eq(last_signal, 0);
	expect_read(100, "\003\004\n");
	expect_echo("^\b^C^\b^D\r\n");
}
END_TEST

START_TEST(test_reprint)
{
	type("abc\022d\n");
	expect_echo("abc^R\r\nabcd\r\n");
	expect_read(100, "abcd\n");
}
END_TEST

START_TEST(test_signals)
{
	type("junk\003");
	ck_assert_int_eq(last_signal, SIGINT);
	ck_assert(flushed);
	expect_echo("junk^C");
	ck_assert_uint_eq(l.head - l.tail, 0);
	type("\034");
	ck_assert_int_eq(last_signal, SIGQUIT);
	change(0, 0, 0, NOFLSH);
	type("keep\032\n");
	ck_assert_int_eq(last_signal, SIGTSTP);
	ck_assert(!flushed);
	expect_read(100, "keep\n");
	change(0, 0, ISIG, 0);
	last_signal = 0;
	type("\003\n");
	ck_assert_int_eq(last_signal, 0);
	expect_read(100, "\003\n");
}
END_TEST

START_TEST(test_flow)
{
	type("\023");
	ck_assert(held);
	type("\023\021");
	ck_assert(!held);
	ck_assert_int_eq(flow_changes, 2);
	change(0, IXANY, 0, 0);
	type("\023x");
	ck_assert(!held);
	type("\023");
	change(IXON, 0, 0, 0); /* switching it off lets output go */
	ck_assert(!held);
	type("\023\n");
	ck_assert(!held);
	expect_read(100, "x\023\n");
}
END_TEST

START_TEST(test_input_mapping)
{
	change(ICRNL, IGNCR, 0, 0);
	type("a\rb\n");
	expect_read(100, "ab\n");
	change(IGNCR, INLCR, 0, 0);
	type("a\n\004");
	expect_read(100, "a\r");
	change(INLCR, ISTRIP, 0, 0);
	type("\341\n");
	expect_read(100, "a\n");
	change(ISTRIP, IUCLC, 0, 0);
	type("ABc\n");
	expect_read(100, "abc\n");
}
END_TEST

START_TEST(test_no_echo)
{
	change(0, 0, ECHO, 0);
	type("pw\177x\n");
	expect_echo("");
	expect_read(100, "px\n");
	change(0, 0, 0, ECHONL);
	type("a\n");
	expect_echo("\r\n");
}
END_TEST

START_TEST(test_raw)
{
	change(ICRNL | IXON, 0, ICANON | ECHO | ISIG | IEXTEN, 0);
	type("a\003\r\004\177");
	ck_assert_uint_eq(ldisc_available(&l), 5);
	expect_read(2, "a\003");
	expect_read(100, "\r\004\177");
	expect_echo("");
}
END_TEST

START_TEST(test_mode_switch)
{
	type("par");
	change(0, 0, ICANON, 0);
	ck_assert_uint_eq(ldisc_available(&l), 3);
	expect_read(1, "p");
	change(0, 0, 0, ICANON); /* what is there is a line now */
	expect_read(100, "ar");
	type("x\n");
	expect_read(100, "x\n");
}
END_TEST

START_TEST(test_full_canonical)
{
	for (int i = 0; i < 5000; i++)
		type("z");
	type("\n");
	ck_assert_uint_eq(ldisc_count(&l), LDISC_SIZE);
	ck_assert_uint_eq(ldisc_room(&l), 0);
	ck_assert_uint_eq(ldisc_receive(&l, (const u8 *)"x", 1), 0);
	char buf[8192];
	bool end;
	ck_assert_uint_eq(ldisc_read(&l, (u8 *)buf, sizeof(buf), &end), LDISC_SIZE);
	ck_assert(end);
	ck_assert_int_eq(buf[LDISC_SIZE - 1], '\n');
}
END_TEST

START_TEST(test_full_raw)
{
	u8 block[5000];
	memset(block, 'r', sizeof(block));
	change(0, 0, ICANON | ECHO, 0);
	ck_assert_uint_eq(ldisc_receive(&l, block, sizeof(block)), LDISC_SIZE - 1);
	ck_assert_uint_eq(ldisc_room(&l), 0);
}
END_TEST

START_TEST(test_parmrk)
{
	change(0, PARMRK, 0, 0);
	type("\377\n");
	expect_read(100, "\377\377\n");
}
END_TEST

static void expect_output(const char *in, const char *want)
{
	char out[256];
	size_t used, n = ldisc_output(&l, (const u8 *)in, strlen(in), (u8 *)out, sizeof(out) - 1, &used);
	out[n] = '\0';
	ck_assert_uint_eq(used, strlen(in));
	ck_assert_str_eq(out, want);
}

START_TEST(test_output)
{
	expect_output("a\nb", "a\r\nb");
	l.termios.c_oflag |= XTABS;
	expect_output("\tx", "       x"); /* the cursor stood in column 1 */
	l.termios.c_oflag = OPOST | OCRNL;
	expect_output("a\rb\n", "a\nb\n");
	l.termios.c_oflag = OPOST | ONOCR | ONLCR;
	expect_output("\n\rx\r", "\r\nx\r");
	l.termios.c_oflag = OPOST | OLCUC;
	expect_output("abC", "ABC");
	l.termios.c_oflag = ONLCR; /* without OPOST nothing happens */
	expect_output("a\n\t", "a\n\t");
}
END_TEST

START_TEST(test_output_room)
{
	u8 out[8];
	size_t used;
	ck_assert_uint_eq(ldisc_output(&l, (const u8 *)"\n\n", 2, out, 8, &used), 2);
	ck_assert_uint_eq(used, 1);
	l.termios.c_oflag = 0;
	ck_assert_uint_eq(ldisc_output(&l, (const u8 *)"abcdefghij", 10, out, 8, &used), 8);
	ck_assert_uint_eq(used, 8);
}
END_TEST

/* Any bytes under any settings: indices stay in order. */
START_TEST(test_noise)
{
	unsigned int seed = 7;
	for (int i = 0; i < 30000; i++) {
		u8 b[16], out[64];
		bool end;
		for (size_t k = 0; k < sizeof(b); k++)
			b[k] = rand_r(&seed);
		if (i % 50 == 0) {
			struct ktermios t = l.termios;
			t.c_iflag = rand_r(&seed);
			t.c_oflag = rand_r(&seed);
			t.c_lflag = rand_r(&seed);
			ldisc_set_termios(&l, &t);
		}
		echo_len = 0;
		ldisc_receive(&l, b, sizeof(b));
		ck_assert_uint_le(l.head - l.tail, LDISC_SIZE);
		ck_assert_uint_le(l.canon_head - l.tail, l.head - l.tail);
		if (i % 3 == 0 && ldisc_available(&l))
			ck_assert_uint_le(ldisc_read(&l, out, sizeof(out), &end), sizeof(out));
		ck_assert_uint_le(l.canon_head - l.tail, l.head - l.tail);
	}
}
END_TEST

/* PARMRK doubles 0xff: both or none, however full the queue is. */
START_TEST(test_doubled_byte_and_a_full_queue)
{
	static u8 fill[LDISC_SIZE], got[LDISC_SIZE];
	const u8 marked[2] = {0xff, 0xff};
	bool end;

	change(0, 0, ICANON | ECHO, 0);
	memset(fill, 'a', sizeof(fill));
	ck_assert_uint_eq(ldisc_receive(&l, fill, LDISC_SIZE - 2), LDISC_SIZE - 2);
	change(0, PARMRK, 0, 0);
	ck_assert_uint_eq(ldisc_room(&l), 0); /* one place is left */
	ck_assert_uint_eq(ldisc_receive(&l, marked, 1), 0);
	ck_assert_uint_eq(ldisc_read(&l, got, 1, &end), 1);
	ck_assert_uint_eq(ldisc_receive(&l, marked, 1), 1);
	ck_assert_uint_eq(ldisc_read(&l, got, sizeof(got), &end), LDISC_SIZE - 1);
	ck_assert_mem_eq(got + LDISC_SIZE - 3, marked, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ldisc");
	TCase *t = tcase_create("ldisc");
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_line);
	tcase_add_test(t, test_two_lines_one_read_each);
	tcase_add_test(t, test_erase);
	tcase_add_test(t, test_erase_control_and_tab);
	tcase_add_test(t, test_kill_line_of_tabs);
	tcase_add_test(t, test_erase_utf8);
	tcase_add_test(t, test_kill_and_word);
	tcase_add_test(t, test_eof);
	tcase_add_test(t, test_eol_and_lnext);
	tcase_add_test(t, test_reprint);
	tcase_add_test(t, test_signals);
	tcase_add_test(t, test_flow);
	tcase_add_test(t, test_input_mapping);
	tcase_add_test(t, test_no_echo);
	tcase_add_test(t, test_raw);
	tcase_add_test(t, test_mode_switch);
	tcase_add_test(t, test_full_canonical);
	tcase_add_test(t, test_full_raw);
	tcase_add_test(t, test_parmrk);
	tcase_add_test(t, test_output);
	tcase_add_test(t, test_output_room);
	tcase_add_test(t, test_noise);
	tcase_add_test(t, test_doubled_byte_and_a_full_queue);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
