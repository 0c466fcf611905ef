/*
 * Which tests run, in which order, and the command line of `mote test`.
 * sources: vmm/cli/test_plan.c vmm/cli/test_options.c vmm/cli/run_options.c vmm/cli/option.c vmm/message.c
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../vmm/cli/test_options.h"
#include "../../vmm/cli/test_plan.h"
#include "mote.h"

/* A plan and options live as long as the process. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static char directory[64];

static void make_file(const char *name, mode_t mode)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(fd, 0);
	fchmod(fd, mode);
	close(fd);
}

static void enter_directory(void)
{
	strcpy(directory, "/tmp/mote-plan-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(mkdir("d", 0755) | mkdir("d/sub", 0755) | mkdir("empty", 0755), 0);
	make_file("d/b", 0755);
	make_file("d/a", 0711);
	make_file("d/.c", 0755);
	make_file("d/data", 0644);
	make_file("d/with space\n", 0755);
	make_file("d/sub/deep", 0755);
	ck_assert_int_eq(symlink("a", "d/link") | symlink("nowhere", "d/broken") |
				 symlink("sub", "d/dirlink"),
			 0);
	ck_assert_int_eq(mkfifo("d/fifo", 0755) | mkfifo("fifo", 0755), 0);
}

static void leave_directory(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	ck_assert_int_eq(chdir("/") | system(command), 0);
}

START_TEST(a_directory)
{
	static const char *const names[] = {"d/.c", "d/a", "d/b", "d/link", "d/with space\n"};
	struct test_plan p = {.repeat = 1};

	ck_assert_int_eq(test_plan_add(&p, "d", false), 0);
	ck_assert_uint_eq(p.count, 5);
	for (size_t i = 0; i < 5; i++) {
		ck_assert_str_eq(p.test[i].name, names[i]);
		ck_assert(p.test[i].path[0] == '/' && p.test[i].on_host);
	}
	ck_assert_int_eq(test_plan_add(&p, "d/", false), 0);
	ck_assert_str_eq(p.test[6].name, "d/a");
}
END_TEST

START_TEST(programs)
{
	struct test_plan p = {.repeat = 3};
	char path[128];

	ck_assert_int_eq(test_plan_add(&p, "d/b", false), 0);
	ck_assert_int_eq(test_plan_add(&p, "/bin/sh", false), 0);
	snprintf(path, sizeof(path), "%s/d/b", directory);
	ck_assert_str_eq(p.test[0].path, path);
	ck_assert_str_eq(p.test[1].path, "/bin/sh");
	ck_assert_uint_eq(test_plan_runs(&p), 6);
	ck_assert_ptr_eq(test_plan_at(&p, 2), &p.test[0]);
	ck_assert_ptr_eq(test_plan_at(&p, 3), &p.test[1]);
}
END_TEST

START_TEST(no_tests)
{
	struct test_plan p = {.repeat = 1};

	ck_assert_int_eq(test_plan_add(&p, "nothing", false), -ENOENT);
	ck_assert_int_eq(test_plan_add(&p, "", false), -ENOENT);
	ck_assert_int_eq(test_plan_add(&p, "d/data", false), -EACCES);
	ck_assert_int_eq(test_plan_add(&p, "fifo", false), -EACCES);
	ck_assert_int_eq(test_plan_add(&p, "empty", false), -ENOENT);
	ck_assert_int_eq(test_plan_add(&p, "nothing", true), -ENOENT);
	ck_assert_int_eq(test_plan_add(&p, "/in/the/guest", false), -ENOENT);
	ck_assert_uint_eq(p.count, 0);
	ck_assert_int_eq(test_plan_add(&p, "/in/the/guest", true), 0);
	ck_assert(!p.test[0].on_host);
	ck_assert_int_eq(test_plan_add_own(&p, "file.snapshot"), 0);
	ck_assert_ptr_null(p.test[1].path);
}
END_TEST

static void number_tests(struct test_plan *p, size_t n)
{
	*p = (struct test_plan){.repeat = 1};
	for (size_t i = 0; i < n; i++) {
		char name[24];

		snprintf(name, sizeof(name), "%zu", i);
		ck_assert_int_eq(test_plan_add_own(p, name), 0);
	}
}

START_TEST(shuffle)
{
	struct test_plan a, b, c;
	bool seen[100] = {false}, differ = false, moved = false;

	number_tests(&a, 100);
	number_tests(&b, 100);
	number_tests(&c, 100);
	test_plan_shuffle(&a, 7);
	test_plan_shuffle(&b, 7);
	test_plan_shuffle(&c, 8);
	for (size_t i = 0; i < 100; i++) {
		ck_assert_str_eq(a.test[i].name, b.test[i].name);
		differ |= strcmp(a.test[i].name, c.test[i].name) != 0;
		moved |= (size_t)atoi(a.test[i].name) != i;
		seen[atoi(a.test[i].name)] = true;
	}
	ck_assert(differ && moved);
	for (size_t i = 0; i < 100; i++)
		ck_assert(seen[i]);
	/* The order is a promise: a seed that was noted must bring it back tomorrow. */
	ck_assert_str_eq(a.test[0].name, "14");
	number_tests(&a, 0);
	test_plan_shuffle(&a, 1);
}
END_TEST

/* ---- options ---- */

static struct test_options o;

static int parse(int argc, const char *const *words)
{
	char **argv = calloc((size_t)argc + 1, sizeof(*argv));

	for (int i = 0; i < argc; i++)
		argv[i] = strdup(words[i]);
	optind = 0; /* getopt(3): start afresh */
	return test_options_parse(&o, argc, argv);
}
#define PARSE(...)                                                                                 \
	parse((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)),                       \
	      (const char *[]){__VA_ARGS__})

START_TEST(everything)
{
	ck_assert_int_eq(PARSE("test", "-j", "3", "one", "--timeout", "1.5", "--repeat=5",
			       "--shuffle", "18446744073709551615", "--tap", "--junit", "out.xml",
			       "-m", "64M", "-f", "/x:/y", "--max-output", "5000", "-v", "--",
			       "--two"),
			 -1);
	ck_assert_uint_eq(o.jobs, 3);
	ck_assert(o.run.timeout == 1.5 && o.repeat == 5 && o.seed == UINT64_MAX && o.tap &&
		  o.run.verbose);
	ck_assert_str_eq(o.junit, "out.xml");
	ck_assert_uint_eq(o.run.mem_size, 64 << 20);
	ck_assert_uint_eq(o.max_output, 8192);
	ck_assert_uint_eq(o.test_count, 2);
	ck_assert_str_eq(o.test[0], "one");
	ck_assert_str_eq(o.test[1], "--two");
	static const char *const again[] = {"--timeout", "1.5",	  "--mem",	  "64M",
					    "--file",	 "/x:/y", "--max-output", "5000"};

	ck_assert_uint_eq(o.again_count, 8);
	for (size_t i = 0; i < 8; i++)
		ck_assert_str_eq(o.again[i], again[i]);
}
END_TEST

START_TEST(defaults)
{
	ck_assert_int_eq(PARSE("test", "one"), -1);
	ck_assert(o.run.timeout == TEST_DEFAULT_TIMEOUT && o.repeat == 1 && o.jobs == 0 && !o.tap &&
		  !o.junit && !o.seed_text);
	ck_assert_uint_eq(o.max_output, 1 << 20);
	ck_assert_int_eq(PARSE("test", "--from", "file"), -1);
	ck_assert_uint_eq(o.test_count, 0);
	ck_assert_int_eq(PARSE("test", "--help"), 0);
}
END_TEST

START_TEST(errors)
{
	ck_assert_int_eq(PARSE("test"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--tap"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "-j", "0", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "-j", "257", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "-j", "-1", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--repeat", "0", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--repeat", "1e3", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--shuffle", "x", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--shuffle", "18446744073709551616", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--max-output", "1", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--max-output", "2G", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--timeout", "0", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--tap", "--junit", "-", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--from", "f", "--mem", "64M"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--kernel", "k", "--from", "f", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "--nonsense", "a"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("test", "a", "--junit"), MOTE_FAILED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("test_plan");
	TCase *plan = tcase_create("plan"), *options = tcase_create("options");

	tcase_add_checked_fixture(plan, enter_directory, leave_directory);
	tcase_add_test(plan, a_directory);
	tcase_add_test(plan, programs);
	tcase_add_test(plan, no_tests);
	tcase_add_test(plan, shuffle);
	suite_add_tcase(s, plan);
	tcase_add_test(options, everything);
	tcase_add_test(options, defaults);
	tcase_add_test(options, errors);
	suite_add_tcase(s, options);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
