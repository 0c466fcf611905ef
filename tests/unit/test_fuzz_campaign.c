/*
 * What `mote fuzz` is made of that needs no machine: times, the command line, seeds, files of a campaign as anybody may have left them, and making
 * programs smaller.
 * sources: vmm/cli/fuzz_options.c vmm/cli/fuzz_shrink.c vmm/cli/fuzz_seeds.c vmm/cli/fuzz_stats.c vmm/fuzz/findings.c vmm/cli/option.c vmm/message.c shared/fuzz/grammar.c shared/fuzz/decode.c shared/fuzz/encode.c shared/fuzz/edit.c shared/fuzz/tree.c
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../vmm/cli/fuzz_options.h"
#include "../../vmm/cli/fuzz_seeds.h"
#include "../../vmm/cli/fuzz_shrink.h"
#include "../../vmm/cli/fuzz_stats.h"
#include "../../vmm/cli/test_shared.h"
#include "fuzz/findings.h"
#include "fuzz_cases.h"
#include "mote.h"

uint64_t pool_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- the command line ---- */

START_TEST(times)
{
	static const struct {
		const char *text;
		uint64_t seconds; /* 0: refused */
	} cases[] = {{"90", 90},	{"90s", 90},	{"10m", 600}, {"3h", 10800}, {"2d", 172800}, {"0", 0},	  {"0m", 0},
		     {"", 0},		{"m", 0},	{"-1", 0},    {"1.5h", 0},   {"10 m", 0},    {"10mm", 0}, {"99999d", 0},
		     {"18446744073709551615", 0}, {"99999999999999999999", 0}, {"213503982334601d", 0}};
	uint64_t seconds;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = fuzz_parse_time(cases[i].text, &seconds);

		ck_assert_msg(err == (cases[i].seconds ? 0 : -EINVAL), "%s: %d", cases[i].text, err);
		if (!err)
			ck_assert_uint_eq(seconds, cases[i].seconds);
	}
}
END_TEST

static struct fuzz_options o;

static int parse(const char *const *words)
{
	static char *argv[16];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)words[argc];
	argv[argc] = NULL;
	optind = 0; /* getopt(3): start afresh */
	return fuzz_options_parse(&o, argc, argv);
}
#define PARSE(...) parse((const char *const[]){"fuzz", __VA_ARGS__, NULL})

START_TEST(options)
{
	ck_assert_int_eq(PARSE("-o", "d"), -1);
	ck_assert_str_eq(o.output, "d");
	ck_assert_str_eq(o.name, "main");
	ck_assert(!o.jobs && !o.time && !o.oracle && !o.resume && !o.calls && !o.seed && !o.kernel);
	ck_assert_int_eq(PARSE("-o", "d", "-j", "3", "--time", "2h", "--calls", "open", "--seed", "s", "--oracle", "--resume", "--name", "b-2"), -1);
	ck_assert_uint_eq(o.jobs, 3);
	ck_assert_uint_eq(o.time, 7200);
	ck_assert(o.oracle && o.resume);
	ck_assert_str_eq(o.name, "b-2");
	ck_assert_int_eq(PARSE("--help"), 0);
	ck_assert_int_eq(PARSE("-j", "1"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("-o", ""), MOTE_FAILED);
	ck_assert_int_eq(PARSE("-o", "d", "-j", "65"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("-o", "d", "more"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("-o", "d", "--name", "a b"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("-o", "d", "--name", "seeds"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("-o", "d", "--name", "../../etc"), MOTE_FAILED);
	ck_assert_int_eq(PARSE("-o", "d", "--name", ""), MOTE_FAILED);
	ck_assert_int_eq(PARSE("-o"), MOTE_FAILED);
}
END_TEST

/* ---- making programs smaller ---- */

/* True while some call is `getpid` and some later one has 7 as its first argument. */
static unsigned int asked;

static unsigned int row(const char *name)
{
	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		if (!strcmp(fuzz_row[i].name, name))
			return i;
	}
	ck_abort_msg("no row %s", name);
}

static int has_both(void *ctx, const struct fuzz_program *p)
{
	unsigned int pid = row("getpid"), close = row("close");
	bool first = false;

	(void)ctx;
	asked++;
	for (unsigned int i = 0; i < p->count; i++) {
		if (p->call[i].row == pid)
			first = true;
		else if (first && p->call[i].row == close && p->call[i].arg[0].kind == FUZZ_ARG_CONST && (p->call[i].arg[0].value & 7) == 7)
			return 1;
	}
	return 0;
}

static int gives_up(void *ctx, const struct fuzz_program *p)
{
	unsigned int *left = ctx;

	return *left ? (*left)--, has_both(NULL, p) : -1;
}

static void make_large(struct fuzz_program *p, uint64_t seed)
{
	uint8_t *bytes = fuzz_case_bytes(&seed, 3000);

	fuzz_decode(bytes, 3000, p);
	free(bytes);
	ck_assert_uint_gt(p->count, 40);
	p->call[10] = (struct fuzz_call){.row = (uint16_t)row("getpid")};
	p->call[30] = (struct fuzz_call){.row = (uint16_t)row("close"), .arg = {{.value = 0xabcdef}}};
}

START_TEST(shrinks)
{
	static struct fuzz_program p;

	for (uint64_t seed = 1; seed < 30; seed++) {
		make_large(&p, seed);
		asked = 0;
		ck_assert_int_eq(shrink(&p, has_both, NULL), 0);
		ck_assert_uint_eq(p.count, 2);
		ck_assert_uint_eq(p.threads, 1);
		ck_assert_uint_eq(p.call[0].row, row("getpid"));
		ck_assert_uint_eq(p.call[1].arg[0].value, 7);
		ck_assert_uint_lt(asked, 2000);
	}
}
END_TEST

/* However early it must stop, what is left still shows it. */
START_TEST(shrinks_until_it_cannot)
{
	static struct fuzz_program p;

	for (unsigned int n = 0; n < 40; n++) {
		unsigned int left = n;

		make_large(&p, 3);
		ck_assert_int_eq(shrink(&p, gives_up, &left), -1);
		ck_assert_int_eq(has_both(NULL, &p), 1);
	}
}
END_TEST

/* ---- a campaign's directory ---- */

static char dir[] = "/tmp/mote-test-XXXXXX";

static void put_file(const char *name, const void *data, size_t len)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void put_text(const char *name, const char *text)
{
	put_file(name, text, strlen(text));
}

static void make_dir(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static unsigned int count_files(const char *name)
{
	char path[512];
	unsigned int n = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	DIR *d = opendir(path);

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void setup(void)
{
	strcpy(dir, "/tmp/mote-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	make_dir("seeds");
	make_dir("seeds/queue");
	make_dir("from");
	make_dir("main");
}

static void teardown(void)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(seeds)
{
	static char long_one[FUZZ_CASE_BYTES + 1];
	char from[512];

	snprintf(from, sizeof(from), "%s/from", dir);
	put_text("from/good", "any bytes");
	put_text("from/empty", "");
	put_file("from/full", long_one, FUZZ_CASE_BYTES);
	put_file("from/long", long_one, FUZZ_CASE_BYTES + 1);
	make_dir("from/directory");
	ck_assert_int_eq(seeds_add(dir, from, true), 0);
	ck_assert_uint_eq(count_files("seeds/queue"), 2);
	ck_assert_int_eq(seeds_add(dir, from, true), 0); /* with numbers of their own */
	ck_assert_uint_eq(count_files("seeds/queue"), 4);
	ck_assert_int_eq(seeds_add_least(dir), 0);
	ck_assert_uint_eq(count_files("seeds/queue"), 4);
	ck_assert_int_lt(seeds_add(dir, "/nonexistent", true), 0);
	ck_assert_int_lt(seeds_add("/nonexistent", from, true), 0);
}
END_TEST

START_TEST(least_seed)
{
	ck_assert_int_eq(seeds_add_least(dir), 0);
	ck_assert_uint_eq(count_files("seeds/queue"), 1);
}
END_TEST

START_TEST(stats)
{
	struct campaign_stats s = {.directory = dir, .edges = 100, .calls_end = 200};
	uint8_t bitmap[300];

	memset(bitmap, 0xff, sizeof(bitmap));
	bitmap[0] = bitmap[99] = bitmap[100] = bitmap[250] = 0xfe;
	put_text("main/fuzzer_setup", "x");
	put_text("main/fuzzer_stats", "run_time          : 60\nexecs_done        : 1000\ncorpus_count      : 12\nstability         : 99.50%\n"
				      "saved_crashes     : 1\nsaved_hangs       : 2\n");
	put_text("main/plot_data", "# relative_time, ...\n61, 0, 36, 6303, 6272, 5230, 32.00%, 471, 3, 3, 1955.56, 127884, 8192\n66, 0, 3");
	put_file("main/fuzz_bitmap", bitmap, sizeof(bitmap));
	put_text("main/findings", "this is none");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(stats_update(&s), 0);
		ck_assert_uint_eq(s.instances, 1);
		ck_assert_uint_eq(stats_executions(&s), 127884);
		ck_assert_uint_eq(stats_corpus(&s), 6303);
		ck_assert_uint_eq(s.instance[0].crashes, 471);
		ck_assert_uint_eq(s.edges_seen, 2);
		ck_assert_uint_eq(s.pairs_seen, 1);
		ck_assert_uint_eq(s.findings, 0);
		ck_assert(stats_stability(&s) == 99.5);
	}
	stats_free(&s);
}
END_TEST

/* Two instances that met the same. */
START_TEST(findings)
{
	struct campaign_stats s = {.directory = dir, .edges = 100, .calls_end = 200};
	struct fuzz_outcome out = {.kind = FUZZ_LEAK, .signature = "leak of pages +1", .log = "it leaks"};
	struct fuzz_case kase = {.len = 3, .bytes = "abc"};
	static const char *const names[] = {"main", "other"};

	make_dir("other");
	for (size_t i = 0; i < 2; i++) {
		char path[512];
		struct findings *f;

		snprintf(path, sizeof(path), "%s/%s/fuzzer_setup", dir, names[i]);
		fclose(fopen(path, "w"));
		snprintf(path, sizeof(path), "%s/%s/findings", dir, names[i]);
		ck_assert_int_eq(findings_open(&f, path), 0);
		findings_note(f, &out, &kase);
		findings_note(f, &out, &kase);
		findings_close(f);
	}
	ck_assert_int_eq(stats_update(&s), 0);
	ck_assert_int_eq(stats_update(&s), 0);
	ck_assert_uint_eq(s.instances, 2);
	ck_assert_uint_eq(s.findings, 1);
	ck_assert_uint_eq(s.finding[0].count, 4);
	ck_assert_str_eq(s.finding[0].instance, "main");
	ck_assert_str_eq(s.finding[0].log, "it leaks");
	ck_assert_uint_eq(s.finding[0].kase.len, 3);
	stats_free(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fuzz_campaign");
	TCase *t = tcase_create("options"), *d = tcase_create("directory");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, times);
	tcase_add_test(t, options);
	tcase_add_test(t, shrinks);
	tcase_add_test(t, shrinks_until_it_cannot);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(d, setup, teardown);
	tcase_add_test(d, seeds);
	tcase_add_test(d, least_seed);
	tcase_add_test(d, stats);
	tcase_add_test(d, findings);
	suite_add_tcase(s, d);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
