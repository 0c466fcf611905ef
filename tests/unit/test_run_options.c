/*
 * The command line of `mote run`.
 * sources: vmm/cli/run_options.c vmm/cli/option.c vmm/message.c
 */
#include <check.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/cli/run_options.h"
#include "mote.h"

/* Options live as long as the process, by contract. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static struct run_options o;

static int parse(int argc, const char *const *words)
{
	char **argv = calloc((size_t)argc + 1, sizeof(*argv));

	for (int i = 0; i < argc; i++)
		argv[i] = strdup(words[i]);
	optind = 0; /* getopt(3): start afresh */
	return run_options_parse(&o, argc, argv);
}
#define PARSE(...)                                                                                 \
	parse((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)),                       \
	      (const char *[]){__VA_ARGS__})

/* The value of name in the guest's environment, or NULL. */
static const char *run_options_env(const struct run_options *options, const char *name)
{
	size_t len = strlen(name);

	for (unsigned int i = 0; i < options->env_count; i++) {
		if (!strncmp(options->env[i], name, len) && options->env[i][len] == '=')
			return options->env[i] + len + 1;
	}
	return NULL;
}

START_TEST(sizes)
{
	static const struct {
		const char *text;
		uint64_t size;
	} good[] = {{"1", 1},
		    {"64K", 65536},
		    {"64k", 65536},
		    {"256M", 256ull << 20},
		    {"1G", 1ull << 30},
		    {"2GiB", 2ull << 30},
		    {"2GB", 2ull << 30},
		    {"1T", 1ull << 40},
		    {"0", 0}};
	static const char *const bad[] = {"",
					  "M",
					  "-1",
					  "+1",
					  "1X",
					  "1MM",
					  "1.5G",
					  " 1",
					  "1 ",
					  "99999999999999999999",
					  "99999999999999999T",
					  "0x10",
					  "1Mi"};
	uint64_t size;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(parse_size(good[i].text, &size), 0);
		ck_assert_uint_eq(size, good[i].size);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(parse_size(bad[i], &size) == -EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(everything)
{
	ck_assert_int_eq(PARSE("run", "--mem", "64M", "--cpus=4", "-eA=1", "--env", "A=2", "--env",
			       "B=", "--cwd", "/tmp", "--timeout", "1.5", "--file", "/x:/y", "-f",
			       "/z", "--disk", "d,ro", "--initrd", "i", "--trace", "--kernel", "k",
			       "-v", "prog", "--mem", "x"),
			 -1);
	ck_assert_uint_eq(o.mem_size, 64ull << 20);
	ck_assert_uint_eq(o.cpus, 4);
	ck_assert_str_eq(run_options_env(&o, "A"), "2");
	ck_assert_str_eq(run_options_env(&o, "B"), "");
	ck_assert_str_eq(run_options_env(&o, "HOME"), "/root");
	ck_assert_ptr_null(run_options_env(&o, "HOM"));
	ck_assert_str_eq(o.cwd, "/tmp");
	ck_assert(o.timeout == 1.5);
	ck_assert_uint_eq(o.file_count, 2);
	ck_assert_str_eq(o.file[1], "/z");
	ck_assert_str_eq(o.disk[0], "d,ro");
	ck_assert(o.trace && o.verbose);
	ck_assert_str_eq(o.program[0], "prog");
	ck_assert_str_eq(o.program[1], "--mem");
	ck_assert_ptr_null(o.program[3]);
}
END_TEST

START_TEST(separator_and_defaults)
{
	ck_assert_int_eq(PARSE("run", "--", "--odd"), -1);
	ck_assert_str_eq(o.program[0], "--odd");
	ck_assert_uint_eq(o.mem_size, 256ull << 20);
	ck_assert_uint_eq(o.cpus, 1);
	ck_assert_str_eq(o.cwd, "/");
	ck_assert(o.timeout == 0);
}
END_TEST

START_TEST(inherits)
{
	setenv("SOME_VARIABLE", "value", 1);
	unsetenv("NO_VARIABLE");
	ck_assert_int_eq(PARSE("run", "-e", "SOME_VARIABLE", "-e", "NO_VARIABLE", "p"), -1);
	ck_assert_str_eq(run_options_env(&o, "SOME_VARIABLE"), "value");
	ck_assert_ptr_null(run_options_env(&o, "NO_VARIABLE"));
}
END_TEST

START_TEST(errors)
{
	ck_assert_int_eq(PARSE("run"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", ""), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--nonsense", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "-Q", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--mem"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "-m"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--trace=x", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--mem", "64K", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--mem", "4G", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--cpus", "0", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--cpus", "17", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--cpus", "1x", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--timeout", "0", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--timeout", "nan", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--timeout", "inf", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--env", "=x", "p"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("run", "--cwd", "tmp", "p"), MOTE_FAILED);
}
END_TEST

START_TEST(seeds)
{
	static const char *const bad[] = {"",   "x",   "-1", "+1",    " 1", "1 ", "1x", "0x",
					  "0xg", "0x-1", "1.5", "18446744073709551616", "0x10000000000000000"};

	PARSE("run", "p");
	ck_assert(!o.deterministic);
	ck_assert_int_eq(PARSE("run", "--deterministic", "0", "p"), -1);
	ck_assert(o.deterministic && o.seed == 0);
	ck_assert_int_eq(PARSE("run", "--deterministic=010", "p"), -1);
	ck_assert_uint_eq(o.seed, 10);
	ck_assert_int_eq(PARSE("run", "--deterministic=0xFFFFffffFFFFffff", "p"), -1);
	ck_assert_uint_eq(o.seed, UINT64_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(PARSE("run", "--deterministic", bad[i], "p"), MOTE_FAILED);
}
END_TEST

START_TEST(help)
{
	ck_assert_int_eq(PARSE("run", "--help"), 0);
	ck_assert_int_eq(PARSE("run", "-h", "--nonsense"), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("run_options");
	TCase *t = tcase_create("options");

	tcase_add_test(t, sizes);
	tcase_add_test(t, everything);
	tcase_add_test(t, separator_and_defaults);
	tcase_add_test(t, inherits);
	tcase_add_test(t, errors);
	tcase_add_test(t, help);
	tcase_add_test(t, seeds);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
