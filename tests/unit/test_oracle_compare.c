/*
 * Differences between two kernels' answers: what counts, what follows from it, how it is called.
 * sources: vmm/fuzz/oracle_compare.c vmm/fuzz/oracle_key.c vmm/fuzz/oracle_rules.c vmm/fuzz/oracle_allow.c vmm/trace_flags.c shared/fuzz/grammar.c shared/fuzz/decode.c shared/fuzz/encode.c shared/fuzz/tree.c
 */
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/oracle.h"
#include "fuzz/oracle_lines.h"
#include "mote.h"
#include "shared/fuzz/program.h"

#define RUNS 3

void mote_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
}

static struct fuzz_program program;
static struct fuzz_results theirs[RUNS], ours[RUNS];
static struct oracle_difference d;
static struct oracle_lenience lenience;

static void setup(void)
{
	memset(&program, 0, sizeof(program));
	program.threads = 1;
	memset(theirs, 0, sizeof(theirs));
	memset(ours, 0, sizeof(ours));
	memset(&d, 0, sizeof(d));
	lenience = (struct oracle_lenience){.allow = NULL};
	for (int k = 0; k < RUNS; k++)
		theirs[k].stage = ours[k].stage = FUZZ_STAGE_CLEAN;
}

/* A call, with `count` constant arguments. */
static unsigned int add(const char *name, unsigned int count, ...)
{
	struct fuzz_call *c = &program.call[program.count];
	va_list ap;

	va_start(ap, count);
	for (unsigned int a = 0; a < count; a++)
		c->arg[a] = (struct fuzz_arg){.kind = FUZZ_ARG_CONST, .value = va_arg(ap, unsigned long)};
	va_end(ap);
	while (strcmp(fuzz_row[c->row].name, name))
		c->row++;
	return program.count++;
}

static void answer(struct fuzz_results *side, unsigned int call, long long value)
{
	for (int k = 0; k < RUNS; k++) {
		side[k].result[call].value = value;
		side[k].result[call].state = FUZZ_CALL_ANSWERED;
	}
}

static void both(unsigned int call, long long their_value, long long our_value)
{
	answer(theirs, call, their_value);
	answer(ours, call, our_value);
}

static bool compare(void)
{
	static struct fuzz_case c;

	c.len = (unsigned int)fuzz_encode(&program, c.bytes, sizeof(c.bytes));
	return oracle_compare(&c, theirs, ours, RUNS, &lenience, &d);
}

#define DIFFERS(number, text)                                                                      \
	do {                                                                                       \
		ck_assert(compare());                                                              \
		ck_assert_int_eq(d.call, (number));                                                \
		ck_assert_str_eq(d.key, text);                                                     \
	} while (0)
#define ALIKE() ck_assert_msg(!compare(), "%s", d.key)

START_TEST(values)
{
	unsigned int call = add("lseek", 3, 1ul, 5ul, 4ul);

	both(call, -ENXIO, -ENXIO);
	ALIKE();
	both(call, -ENXIO, -EINVAL);
	DIFFERS(0, "lseek(fd a, some, SEEK_HOLE): Linux ENXIO, mote EINVAL");
	both(call, 5, -EINVAL);
	DIFFERS(0, "lseek(fd a, some, SEEK_HOLE): Linux ok, mote EINVAL");
	both(call, -ENXIO, 5);
	DIFFERS(0, "lseek(fd a, some, SEEK_HOLE): Linux ENXIO, mote ok");
	both(call, 5, 6);
	DIFFERS(0, "lseek(fd a, some, SEEK_HOLE): Linux 5, mote 6");
	both(call, 50000, 60000);
	DIFFERS(0, "lseek(fd a, some, SEEK_HOLE): Linux ok, mote ok with another value");
	both(call, 5, 5);
	for (int k = 0; k < RUNS; k++)
		ours[k].result[call].output = 7;
	DIFFERS(0, "lseek(fd a, some, SEEK_HOLE): Linux ok, mote ok with other output");
}
END_TEST

/* Of several differences the first is told, whatever comes behind it. */
START_TEST(first_one)
{
	add("getpid", 0);
	add("close", 1, 7ul);
	add("close", 1, 8ul);
	both(0, 4, 4);
	both(1, -EBADF, 0);
	both(2, 0, -EBADF);
	DIFFERS(1, "close(fd): Linux EBADF, mote ok");
}
END_TEST

/* Addresses and times may be anything; what uses a time is not compared, what uses an address is. */
START_TEST(values_that_vary)
{
	unsigned int call = add("mmap", 6, 0ul, 4096ul, 3ul, 0x22ul, -1ul, 0ul);

	both(call, 0x7f0000000000, 0x20000);
	ALIKE();
	both(call, -ENOMEM, 0x20000);
	ck_assert(compare());
	both(call, 0x7f0000000000, 0x20000);
	call = add("munmap", 2, 0ul, 4096ul);
	program.call[call].arg[0] = (struct fuzz_arg){.kind = FUZZ_ARG_RESULT, .value = 0};
	both(call, 0, -EINVAL);
	DIFFERS(1, "munmap(of mmap, pages): Linux ok, mote EINVAL");

	setup();
	call = add("time", 1, 0ul);
	both(call, 1000, 2000);
	call = add("lseek", 3, 1ul, 0ul, 0ul);
	program.call[call].arg[1] = (struct fuzz_arg){.kind = FUZZ_ARG_RESULT, .value = 0};
	both(call, 1000, 2000);
	ALIKE();
	add("close", 1, 77ul);
	both(2, -EBADF, 0);
	DIFFERS(2, "close(fd): Linux EBADF, mote ok");
}
END_TEST

/* What is not the same in every run of one side is no difference, and nothing behind it is known. */
START_TEST(unstable)
{
	add("getppid", 0);
	add("close", 1, 77ul);
	both(0, 2, 2);
	both(1, -EBADF, 0);
	ck_assert(compare());
	theirs[1].result[0].value = 3;
	ALIKE();
	theirs[1].result[0].value = 2;
	theirs[2].result[1].value = 0;
	ALIKE();
	theirs[2].result[1].value = -EBADF;
	ours[2].result[1].value = -EBADF;
	ALIKE();
	ours[2].result[1].value = 0;
	ours[0].result[1].output = 1; /* an output that varies, but the values differ all the same */
	ck_assert(compare());
}
END_TEST

START_TEST(refused_by_the_sandbox)
{
	add("sync", 0);
	add("close", 1, 77ul);
	both(0, ORACLE_REFUSED, -EPERM);
	both(1, -EBADF, 0);
	DIFFERS(1, "close(fd): Linux EBADF, mote ok");
	both(0, ORACLE_REFUSED, 0); /* it had an effect on one side only */
	ALIKE();
}
END_TEST

START_TEST(ends_and_waits)
{
	add("pause", 0);
	for (int k = 0; k < RUNS; k++)
		theirs[k].result[0].state = ours[k].result[0].state = FUZZ_CALL_MADE;
	ALIKE();
	answer(ours, 0, -EINTR);
	ALIKE(); /* Linux had little time */
	for (int k = 0; k < RUNS; k++)
		theirs[k].ended = 9;
	DIFFERS(0, "pause(): Linux ends, mote EINTR");
	answer(theirs, 0, -EINTR);
	for (int k = 0; k < RUNS; k++) {
		theirs[k].ended = 0;
		ours[k].result[0].state = FUZZ_CALL_MADE;
	}
	DIFFERS(0, "pause(): Linux EINTR, mote waits");
	program.threads = 2; /* who is quicker is not known */
	ALIKE();
}
END_TEST

static void observe(struct fuzz_results *side, const char *text)
{
	for (int k = 0; k < RUNS; k++) {
		strcpy(side[k].observed, text);
		side[k].observed_len = (unsigned int)strlen(text);
	}
}

START_TEST(end_state)
{
	add("getpid", 0);
	both(0, 4, 4);
	observe(theirs, "fd 0\ncwd /\n");
	observe(ours, "fd 0\ncwd /\n");
	ALIKE();
	observe(ours, "fd 0\ncwd /d\n");
	DIFFERS(-1, "end: Linux cwd /, mote cwd /d");
	observe(ours, "fd 0\n");
	DIFFERS(-1, "end: Linux cwd /, mote ");
	theirs[1].observed[0] = 'g'; /* varies */
	ALIKE();
	observe(theirs, "fd 0\n");
	for (int k = 0; k < RUNS; k++)
		theirs[k].ended = 11;
	DIFFERS(-1, "end after getpid: Linux SIGSEGV, mote exit 0");
	for (int k = 0; k < RUNS; k++)
		theirs[k].stage = FUZZ_STAGE_RUNNING; /* did not come to its end */
	ALIKE();
}
END_TEST

START_TEST(lines)
{
#define LINES(a, b) oracle_lines_alike(a, strlen(a), b, strlen(b))
	ck_assert(LINES("", ""));
	ck_assert(LINES("/a file", "/a file"));
	ck_assert(!LINES("/a file", "/a fil"));
	ck_assert(LINES("x of 65534:65534", "x of 0:0"));
	ck_assert(LINES("x of 65534:65534 device 103", "x of 0:0 device 103"));
	ck_assert(!LINES("x of 65534:65534 device 103", "x of 0:0 device 104"));
	ck_assert(!LINES("x of 65534:65534 device 103", "x of"));
	ck_assert(!LINES("x of 65534:65534", "y of 0:0"));
	ck_assert(!LINES("x of 0:0", "x of 65534:65534"));
}
END_TEST

/* With allowed differences the comparison goes on where nothing changed, and stops where one side did something. */
START_TEST(allowed)
{
	static const char text[] = "mote-oracle-allow 1\nclose(fd): Linux EBADF, mote * # for this test\n";
	char path[] = "/tmp/oracle_compare.XXXXXX";
	unsigned long long count = 0;
	struct oracle_allow *a;
	int fd = mkstemp(path);

	ck_assert_int_eq(write(fd, text, sizeof(text) - 1), (ssize_t)sizeof(text) - 1);
	close(fd);
	ck_assert_int_eq(oracle_allow_load(&a, path), 0);
	unlink(path);
	lenience.allow = a;
	lenience.allowed = &count;
	add("close", 1, 77ul);
	add("getpid", 0);
	both(0, -EBADF, -EINVAL);
	both(1, 4, 5);
	DIFFERS(1, "getpid(): Linux 4, mote 5");
	ck_assert_uint_eq(count, 1);
	both(0, -EBADF, 0);
	ALIKE();
	ck_assert_uint_eq(count, 2);
	oracle_allow_free(a);
}
END_TEST

START_TEST(ids)
{
	add("setuid", 1, 0x80000000ul);
	add("getuid", 0);
	both(0, -EINVAL, 0);
	both(1, 0, 0x80000000);
	ALIKE(); /* the sandbox has no such id */
	setup();
	add("setuid", 1, 5ul);
	both(0, -EINVAL, 0);
	DIFFERS(0, "setuid(some): Linux EINVAL, mote ok");
	lenience.single_id = true;
	ALIKE();
}
END_TEST

START_TEST(hostile_results)
{
	theirs[0].calls = 1000;
	theirs[0].observed_len = ~0u;
	memset(theirs[0].observed, 'x', sizeof(theirs[0].observed));
	oracle_clean_results(&theirs[0]);
	ck_assert_uint_eq(theirs[0].calls, FUZZ_MAX_CALLS);
	ck_assert_uint_eq(strlen(theirs[0].observed), sizeof(theirs[0].observed) - 1);
	for (int k = 0; k < RUNS; k++)
		theirs[k] = ours[k] = theirs[0];
	add("getpid", 0);
	ALIKE();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle_compare");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, values);
	tcase_add_test(t, first_one);
	tcase_add_test(t, values_that_vary);
	tcase_add_test(t, unstable);
	tcase_add_test(t, refused_by_the_sandbox);
	tcase_add_test(t, ends_and_waits);
	tcase_add_test(t, end_state);
	tcase_add_test(t, lines);
	tcase_add_test(t, allowed);
	tcase_add_test(t, ids);
	tcase_add_test(t, hostile_results);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
