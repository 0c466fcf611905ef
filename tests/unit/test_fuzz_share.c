/*
 * What a hostile guest may ask of the channel of fuzzed programs; memory put behind guest pages; the list of findings, whole and damaged.
 * sources: vmm/share.c vmm/memory.c vmm/message.c vmm/arch/x86_64.c vmm/fuzz/findings.c
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/findings.h"
#include "machine.h"
#include "share.h"

#define RAM   (1ull << 20)
#define PAGES (RAM / MEMORY_PAGE_SIZE)

static struct machine m;
static struct fuzz_channel channel;
static uint64_t case_gpa[FUZZ_CASE_PAGES], results_gpa[FUZZ_RESULTS_PAGES];
static int ended;

/* KVM's part. */
int track_start(struct machine *machine)
{
	if (!machine->track.age)
		machine->track.age = calloc(PAGES, 1);
	return 0;
}

void track_exclude(struct track *t, uint32_t page)
{
	t->age[page] = TRACK_SHARED;
}

void machine_end(struct machine *machine, int status, enum mote_end how)
{
	(void)machine;
	ck_assert_int_eq(how, MOTE_END_NONE);
	ended = status;
}

static uint8_t *share_host(size_t pages)
{
	void *at = mmap(NULL, pages * MEMORY_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(at, MAP_FAILED);
	return at;
}

static void setup(void)
{
	memset(&m, 0, sizeof(m));
	memset(case_gpa, 0, sizeof(case_gpa));
	memset(results_gpa, 0, sizeof(results_gpa));
	ck_assert_int_eq(memory_create(&m.memory, RAM, 0), 0);
	channel = (struct fuzz_channel){.gpa = {case_gpa, results_gpa},
					.memory = {share_host(FUZZ_CASE_PAGES), share_host(FUZZ_RESULTS_PAGES)}};
	m.fuzz = &channel;
	ended = 0;
}

static void teardown(void)
{
	memory_destroy(&m.memory);
	free(m.track.age);
	munmap(channel.memory[0], FUZZ_CASE_PAGES * MEMORY_PAGE_SIZE);
	munmap(channel.memory[1], FUZZ_RESULTS_PAGES * MEMORY_PAGE_SIZE);
}

static int64_t call(uint32_t nr, uint64_t a, uint64_t b, uint64_t c)
{
	const unsigned long long arg[4] = {a, b, c, 0};

	return fuzz_hypercall(&m, nr, arg);
}

START_TEST(test_share)
{
	uint8_t *host = channel.memory[FUZZ_AREA_RESULTS];

	ck_assert_int_eq(call(HC_FUZZ_SHARE, FUZZ_AREA_RESULTS, 2, 0x3000), 0);
	host[2 * MEMORY_PAGE_SIZE + 5] = 77;
	ck_assert_uint_eq(m.memory.host[0x3005], 77);
	m.memory.host[0x3006] = 78;
	ck_assert_uint_eq(host[2 * MEMORY_PAGE_SIZE + 6], 78);
	ck_assert(track_excluded(&m.track, 3));
	ck_assert(!track_excluded(&m.track, 2) && !track_excluded(&m.track, 4));
}
END_TEST

/* Other memory may take its place, for the pages that were told. */
START_TEST(test_replace)
{
	uint8_t *other = share_host(FUZZ_RESULTS_PAGES), *old = channel.memory[FUZZ_AREA_RESULTS];

	ck_assert_int_eq(call(HC_FUZZ_SHARE, FUZZ_AREA_RESULTS, 0, 0x5000), 0);
	ck_assert_int_eq(share_area(&m, FUZZ_AREA_RESULTS, other), 0);
	m.memory.host[0x5000] = 1;
	ck_assert_uint_eq(other[0], 1);
	ck_assert_uint_eq(old[0], 0);
	munmap(old, FUZZ_RESULTS_PAGES * MEMORY_PAGE_SIZE);
}
END_TEST

START_TEST(test_hostile)
{
	static const struct {
		uint64_t area, page, gpa;
	} bad[] = {
		{FUZZ_AREAS, 0, 0x1000},	      {~0ull, 0, 0x1000},	{1ull << 32, 0, 0x1000},
		{FUZZ_AREA_CASE, FUZZ_CASE_PAGES, 0x1000}, {FUZZ_AREA_CASE, ~0ull, 0x1000}, {FUZZ_AREA_RESULTS, 1ull << 32, 0x1000},
		{FUZZ_AREA_CASE, 0, 0},		      {FUZZ_AREA_CASE, 0, 0x1001}, {FUZZ_AREA_CASE, 0, RAM},
		{FUZZ_AREA_CASE, 0, ~0xfffull},	      {FUZZ_AREA_CASE, 0, 1ull << 63},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(call(HC_FUZZ_SHARE, bad[i].area, bad[i].page, bad[i].gpa), -EINVAL);
	ck_assert_int_eq(call(HC_FUZZ_SHARE, FUZZ_AREA_CASE, 0, RAM - MEMORY_PAGE_SIZE), 0);
	ck_assert_int_eq(call(HC_FUZZ_SHARE, FUZZ_AREA_CASE, 0, 0x2000), -EINVAL); /* it has one */
	ck_assert_int_eq(call(HC_FUZZ_SHARE, FUZZ_AREA_RESULTS, 0, RAM - MEMORY_PAGE_SIZE), -EINVAL); /* it is one */
	channel.sealed = true;
	ck_assert_int_eq(call(HC_FUZZ_SHARE, FUZZ_AREA_RESULTS, 0, 0x2000), -EOPNOTSUPP);
	m.fuzz = NULL;
	ck_assert_int_eq(call(HC_FUZZ_SHARE, FUZZ_AREA_RESULTS, 0, 0x2000), -EOPNOTSUPP);
	ck_assert_int_eq(call(HC_FUZZ_END, FUZZ_STAGE_CALLS, 0, 0), -EOPNOTSUPP);
	ck_assert_int_eq(ended, 0);
}
END_TEST

START_TEST(test_end)
{
	ck_assert_int_eq(call(HC_FUZZ_END, FUZZ_STAGE_CLEAN, 0, 0), 0);
	ck_assert_int_eq(ended, MOTE_CASE_END);
	ck_assert_uint_eq(channel.stage, FUZZ_STAGE_CLEAN);
	ck_assert_int_eq(call(HC_FUZZ_END, 1ull << 32 | FUZZ_STAGE_CLEAN, 0, 0), 0);
	ck_assert_uint_eq(channel.stage, FUZZ_STAGE_NONE);
}
END_TEST

/* ---- findings ---- */

static char path[64];

static void make_path(void)
{
	snprintf(path, sizeof(path), "/tmp/test_fuzz_share.%d", (int)getpid());
	unlink(path);
}

static void drop_path(void)
{
	unlink(path);
}

START_TEST(test_findings)
{
	struct fuzz_outcome one = {.kind = FUZZ_PANIC, .signature = "panic a in b", .log = "text"}, two = one;
	struct fuzz_case kase = {.len = 3, .bytes = "abc"};
	struct findings *f, *copy;

	strcpy(two.signature, "panic c in d");
	ck_assert_int_eq(findings_open(&f, path), 0);
	findings_note(f, &one, &kase);
	findings_note(f, &two, &kase);
	findings_note(f, &one, &kase);
	findings_close(f);
	ck_assert_int_eq(findings_open(&f, path), 0); /* it goes on */
	findings_note(f, &two, &kase);
	findings_close(f);
	ck_assert_int_eq(findings_read(&copy, path), 0);
	ck_assert_uint_eq(copy->count, 2);
	ck_assert_uint_eq(copy->finding[0].count, 2);
	ck_assert_uint_eq(copy->finding[1].count, 2);
	ck_assert_str_eq(copy->finding[1].signature, "panic c in d");
	ck_assert_str_eq(copy->finding[0].log, "text");
	ck_assert_uint_eq(copy->finding[0].kase.len, 3);
	free(copy);
}
END_TEST

/* More than there is room for are counted. */
START_TEST(test_findings_full)
{
	struct fuzz_outcome o = {.kind = FUZZ_LEAK, .log = ""};
	struct fuzz_case kase = {.len = ~0u};
	struct findings *f;

	ck_assert_int_eq(findings_open(&f, path), 0);
	for (unsigned int i = 0; i < FINDINGS_MAX + 3; i++) {
		snprintf(o.signature, sizeof(o.signature), "leak %u", i);
		findings_note(f, &o, &kase);
	}
	ck_assert_uint_eq(f->count, FINDINGS_MAX);
	ck_assert_uint_eq(f->dropped, 3);
	ck_assert_uint_eq(f->finding[0].kase.len, FUZZ_CASE_BYTES);
	findings_close(f);
}
END_TEST

START_TEST(test_findings_damaged)
{
	struct findings *f;
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	ck_assert_int_eq(write(fd, "nonsense", 8), 8);
	ck_assert_int_eq(findings_open(&f, path), -EINVAL);
	ck_assert_int_eq(findings_read(&f, path), -EINVAL);
	ck_assert_int_eq(ftruncate(fd, sizeof(struct findings)), 0);
	ck_assert_int_eq(findings_open(&f, path), -EINVAL);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(findings_open(&f, path), 0);
	f->count = 1;
	memset(f->finding[0].signature, 'x', FUZZ_SIGNATURE);
	memset(f->finding[0].log, 'x', FINDINGS_LOG);
	f->finding[0].kind = 1000;
	f->finding[0].kase.len = ~0u;
	findings_close(f);
	ck_assert_int_eq(findings_read(&f, path), 0);
	ck_assert_uint_eq(strlen(f->finding[0].signature), FUZZ_SIGNATURE - 1);
	ck_assert_uint_eq(strlen(f->finding[0].log), FINDINGS_LOG - 1);
	ck_assert_uint_lt(f->finding[0].kind, FUZZ_KINDS);
	ck_assert_uint_eq(f->finding[0].kase.len, FUZZ_CASE_BYTES);
	free(f);
	ck_assert_int_eq(findings_read(&f, "/nowhere"), -ENOENT);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fuzz_share");
	TCase *t = tcase_create("channel"), *f = tcase_create("findings");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_share);
	tcase_add_test(t, test_replace);
	tcase_add_test(t, test_hostile);
	tcase_add_test(t, test_end);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(f, make_path, drop_path);
	tcase_add_test(f, test_findings);
	tcase_add_test(f, test_findings_full);
	tcase_add_test(f, test_findings_damaged);
	suite_add_tcase(s, f);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
