/*
 * GDB's remote protocol: framing and shapes, well-formed and hostile.
 * sources: vmm/debug/gdb_packet.c
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "debug/gdb_packet.h"

static struct gdb_parser parser;

static void setup(void)
{
	memset(&parser, 0xa5, sizeof(parser));
	gdb_parser_init(&parser);
}

/* Feed len bytes; the last answer that was not GDB_MORE. */
static enum gdb_input feed(const char *bytes, size_t len)
{
	enum gdb_input last = GDB_MORE;

	for (size_t i = 0; i < len; i++) {
		enum gdb_input in = gdb_parser_add(&parser, (uint8_t)bytes[i]);

		if (in != GDB_MORE)
			last = in;
	}
	return last;
}

static enum gdb_input feed_text(const char *text)
{
	return feed(text, strlen(text));
}

/* ---- framing ---- */

START_TEST(packets)
{
	ck_assert_int_eq(feed_text("$g#67"), GDB_PACKET);
	ck_assert_str_eq(parser.data, "g");
	ck_assert_int_eq(feed_text("+$qC#b4"), GDB_PACKET);
	ck_assert_str_eq(parser.data, "qC");
	ck_assert_int_eq(feed_text("$#00"), GDB_PACKET);
	ck_assert_uint_eq(parser.len, 0);
	ck_assert_int_eq(feed_text("$m0,4#FD"), GDB_PACKET);
	ck_assert_int_eq(feed_text("+"), GDB_ACK);
	ck_assert_int_eq(feed_text("-"), GDB_NAK);
	ck_assert_int_eq(feed_text("\3"), GDB_INTERRUPT);
}
END_TEST

START_TEST(escapes)
{
	/* }\x03 is #, }] is }; the checksum is that of the bytes on the wire; a plain 3 inside is data */
	ck_assert_int_eq(feed("$X}\3}]\3#b5", 10), GDB_PACKET);
	ck_assert_uint_eq(parser.len, 4);
	ck_assert_mem_eq(parser.data, "X#}\3", 5);
	/* an escaped # or $ does not end or begin anything, whatever it stands for */
	ck_assert_int_eq(feed("$}#a#01", 7), GDB_PACKET);
	ck_assert_mem_eq(parser.data, "\3a", 3);
}
END_TEST

START_TEST(damaged)
{
	ck_assert_int_eq(feed_text("$g#68"), GDB_BAD_CHECKSUM);
	ck_assert_int_eq(feed_text("$g#6x"), GDB_BAD_CHECKSUM);
	ck_assert_int_eq(feed_text("$g#x"), GDB_BAD_CHECKSUM);
	ck_assert_int_eq(feed_text("7"), GDB_GARBAGE);
	ck_assert_int_eq(feed_text("GET / HTTP/1.0\r\n"), GDB_GARBAGE);
	/* a packet that begins in the middle of another is complete */
	ck_assert_int_eq(feed_text("$abc$"), GDB_GARBAGE);
	ck_assert_int_eq(feed_text("g#67"), GDB_PACKET);
	ck_assert_str_eq(parser.data, "g");
}
END_TEST

/* A packet of len letters, as it is sent. */
static char *make_long(size_t len, size_t *wire)
{
	char *text = malloc(len), *frame = malloc(2 * len + 4);

	memset(text, 'a', len);
	*wire = gdb_frame(frame, text, len);
	free(text);
	return frame;
}

START_TEST(longest)
{
	size_t wire;
	char *frame = make_long(GDB_PACKET_MAX, &wire);

	ck_assert_int_eq(feed(frame, wire), GDB_PACKET);
	ck_assert_uint_eq(parser.len, GDB_PACKET_MAX);
	free(frame);
	frame = make_long(GDB_PACKET_MAX + 1, &wire);
	ck_assert_int_eq(feed(frame, wire), GDB_TOO_LONG);
	free(frame);
	frame = make_long(40 * GDB_PACKET_MAX, &wire);
	ck_assert_int_eq(feed(frame, wire), GDB_TOO_LONG);
	free(frame);
	ck_assert_int_eq(feed_text("$g#67"), GDB_PACKET);
}
END_TEST

/* What is framed comes back, whatever it is. */
START_TEST(there_and_back)
{
	unsigned char data[256];
	char frame[2 * sizeof(data) + 4];

	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)i;
	size_t wire = gdb_frame(frame, data, sizeof(data));

	ck_assert_ptr_null(memchr(frame + 1, '*', wire - 1));
	ck_assert_int_eq(feed(frame, wire), GDB_PACKET);
	ck_assert_uint_eq(parser.len, sizeof(data));
	ck_assert_mem_eq(parser.data, data, sizeof(data));
}
END_TEST

START_TEST(hexadecimal)
{
	char text[9];
	unsigned char out[4];

	gdb_hex(text, "\x00\x7f\xff\x12", 4);
	ck_assert_str_eq(text, "007fff12");
	ck_assert(gdb_unhex(out, "007FfF12", 4));
	ck_assert_mem_eq(out, "\x00\x7f\xff\x12", 4);
	ck_assert(!gdb_unhex(out, "007g", 2));
	ck_assert(!gdb_unhex(out, "0 ", 1));
}
END_TEST

/* ---- shapes ---- */

/* The text in memory of exactly its size, so that a look behind its end is caught. */
static struct gdb_text exactly(const char *text)
{
	static char *copy;
	size_t len = strlen(text);

	free(copy);
	copy = malloc(len ? len : 1);
	memcpy(copy, text, len);
	return (struct gdb_text){copy, copy + len};
}

START_TEST(numbers)
{
	struct gdb_text t = exactly("ffffffffffffffff");
	uint64_t v;

	ck_assert(gdb_take_number(&t, &v) && v == UINT64_MAX && gdb_at_end(&t));
	t = exactly("10000000000000000");
	ck_assert(!gdb_take_number(&t, &v));
	t = exactly("");
	ck_assert(!gdb_take_number(&t, &v));
	t = exactly("x");
	ck_assert(!gdb_take_number(&t, &v));
	t = exactly("-1");
	ck_assert(!gdb_take_number(&t, &v));
	t = exactly("1F,");
	ck_assert(gdb_take_number(&t, &v) && v == 0x1f && gdb_take(&t, ",") && gdb_at_end(&t));
	ck_assert(!gdb_take(&t, ","));
}
END_TEST

START_TEST(ranges)
{
	struct gdb_text t = exactly("ffff800000001000,40");
	uint64_t a, n;

	ck_assert(gdb_take_range(&t, &a, &n) && a == 0xffff800000001000 && n == 0x40);
	for (const char *const *bad = (const char *const[]){"", ",", "1", "1,", ",1", "1;2", "x,1", NULL}; *bad; bad++) {
		t = exactly(*bad);
		ck_assert_msg(!gdb_take_range(&t, &a, &n), "\"%s\"", *bad);
	}
}
END_TEST

START_TEST(threads)
{
	struct gdb_text t = exactly("-1");
	int thread;

	ck_assert(gdb_take_thread(&t, &thread) && thread == GDB_ALL_THREADS);
	t = exactly("0");
	ck_assert(gdb_take_thread(&t, &thread) && thread == GDB_ANY_THREAD);
	t = exactly("10");
	ck_assert(gdb_take_thread(&t, &thread) && thread == 16);
	for (const char *const *bad = (const char *const[]){"", "-", "-2", "p1.1", "10000", "ffffffffffffffff", NULL}; *bad; bad++) {
		t = exactly(*bad);
		ck_assert_msg(!gdb_take_thread(&t, &thread), "\"%s\"", *bad);
	}
}
END_TEST

START_TEST(going_on)
{
	struct gdb_resume r[4];

	ck_assert(gdb_parse_vcont(exactly("c"), r, 4));
	for (unsigned int i = 0; i < 4; i++)
		ck_assert(r[i].go == GDB_CONTINUE && !r[i].signal);
	/* the first that fits is meant */
	ck_assert(gdb_parse_vcont(exactly("s:2;C05:3;c"), r, 4));
	ck_assert(r[0].go == GDB_CONTINUE && r[1].go == GDB_STEP && r[3].go == GDB_CONTINUE);
	ck_assert(r[2].go == GDB_CONTINUE && r[2].signal == 5);
	/* who is not named stays */
	ck_assert(gdb_parse_vcont(exactly("S0b:1"), r, 4));
	ck_assert(r[0].go == GDB_STEP && r[0].signal == 11 && r[1].go == GDB_STAY && r[3].go == GDB_STAY);
	ck_assert(gdb_parse_vcont(exactly("s:-1"), r, 2) && r[1].go == GDB_STEP);
	ck_assert(gdb_parse_vcont(exactly("c;s:1"), r, 1) && r[0].go == GDB_CONTINUE);
	static const char *const bad[] = {"",	"x",	"c:",	"c:9",	"C",	 "C:1",	   "C100:1", "s:1;",  "c;;c", "t",
					  "cc", "s:1x", "c:-2", "r1,2", "s:p1.1", "C05;1:1", ":1",     "c:0x1", NULL};
	for (const char *const *b = bad; *b; b++)
		ck_assert_msg(!gdb_parse_vcont(exactly(*b), r, 4), "\"%s\"", *b);
}
END_TEST

START_TEST(breakpoints)
{
	struct gdb_breakpoint b;

	ck_assert(gdb_parse_breakpoint(exactly("0,401136,1"), &b));
	ck_assert(b.type == 0 && b.address == 0x401136 && b.kind == 1);
	ck_assert(gdb_parse_breakpoint(exactly("4,ffffffff80100000,8"), &b));
	ck_assert(b.type == 4 && b.address == 0xffffffff80100000);
	static const char *const bad[] = {"", "0", "0,", "0,1", "0,1,", "5,1,1", "0,1,1;X3,112233", "0,1,1;", "-1,1,1", "0,1,1 ", NULL};

	for (const char *const *t = bad; *t; t++)
		ck_assert_msg(!gdb_parse_breakpoint(exactly(*t), &b), "\"%s\"", *t);
}
END_TEST

/* ---- noise ---- */

static uint32_t noise_state = 12345;

static uint32_t noise(void)
{
	noise_state = noise_state * 1664525 + 1013904223;
	return noise_state >> 8;
}

/* Everything that takes a packet's text gets it. */
static void use(const char *data, size_t len)
{
	char *copy = malloc(len ? len : 1);
	struct gdb_resume r[16];
	struct gdb_breakpoint b;
	uint64_t x, y;
	int thread;

	memcpy(copy, data, len);
	struct gdb_text t = {copy, copy + len};

	gdb_parse_vcont(t, r, 16);
	gdb_parse_breakpoint(t, &b);
	gdb_take_thread(&t, &thread);
	gdb_take_range(&t, &x, &y);
	ck_assert(t.at <= t.end);
	free(copy);
}

START_TEST(random_bytes)
{
	static const char likely[] = "$#}+-,;:0123456789abcdefcsCSZzmMX\3";
	unsigned int packets = 0;

	for (unsigned int i = 0; i < 500000; i++) {
		uint32_t n = noise();
		uint8_t byte = n & 1 ? (uint8_t)(n >> 8) : (uint8_t)likely[(n >> 8) % (sizeof(likely) - 1)];

		if (gdb_parser_add(&parser, byte) == GDB_PACKET) {
			packets++;
			use(parser.data, parser.len);
		}
		ck_assert_uint_le(parser.len, GDB_PACKET_MAX);
	}
	ck_assert_uint_gt(packets, 0);
}
END_TEST

/* Packets with good checksums and bad content. */
START_TEST(random_packets)
{
	static const char letters[] = "cCsS:;,-0123456789abcdefpxZ1\"*}$#";
	char text[64], frame[132];

	for (unsigned int i = 0; i < 50000; i++) {
		size_t len = noise() % sizeof(text);

		for (size_t k = 0; k < len; k++)
			text[k] = letters[noise() % (sizeof(letters) - 1)];
		ck_assert_int_eq(feed(frame, gdb_frame(frame, text, len)), GDB_PACKET);
		ck_assert_uint_eq(parser.len, len);
		use(parser.data, parser.len);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gdb_packet");
	TCase *framing = tcase_create("framing"), *shapes = tcase_create("shapes"), *hostile = tcase_create("noise");
	tcase_add_checked_fixture(framing, setup, NULL);
	tcase_add_test(framing, packets);
	tcase_add_test(framing, escapes);
	tcase_add_test(framing, damaged);
	tcase_add_test(framing, longest);
	tcase_add_test(framing, there_and_back);
	tcase_add_test(framing, hexadecimal);
	suite_add_tcase(suite, framing);
	tcase_add_test(shapes, numbers);
	tcase_add_test(shapes, ranges);
	tcase_add_test(shapes, threads);
	tcase_add_test(shapes, going_on);
	tcase_add_test(shapes, breakpoints);
	suite_add_tcase(suite, shapes);
	tcase_add_checked_fixture(hostile, setup, NULL);
	tcase_set_timeout(hostile, 60);
	tcase_add_test(hostile, random_bytes);
	tcase_add_test(hostile, random_packets);
	suite_add_tcase(suite, hostile);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
