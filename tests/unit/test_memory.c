/*
 * Guest memory: range checks, the page-table walk and user copies, against boot tables and hostile
 * ones. sources: vmm/memory.c vmm/message.c vmm/arch/x86_64.c
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../vmm/arch/arch.h"
#include "memory.h"
#include "shared/abi/boot.h"

#define RAM  (8ull << 20)
#define FS   (1ull << 20)
#define ROOT 0x100000ull
#define P    1ull
#define W    2ull
#define U    4ull
#define PS   0x80ull

static struct memory mem;

static void setup(void)
{
	ck_assert_int_eq(memory_create(&mem, RAM, FS), 0);
}

static void teardown(void)
{
	memory_destroy(&mem);
}

START_TEST(create_checks_sizes)
{
	struct memory m;

	ck_assert_int_eq(memory_create(&m, 0, 0), -EINVAL);
	ck_assert_int_eq(memory_create(&m, 4097, 0), -EINVAL);
	ck_assert_int_eq(memory_create(&m, 4096, 1), -EINVAL);
	ck_assert_int_eq(memory_create(&m, 1ull << 63, 0), -EINVAL);
	ck_assert_int_eq(memory_create(&m, INT64_MAX & ~4095ull, 4096), -EINVAL);
}
END_TEST

START_TEST(ranges)
{
	ck_assert_ptr_eq(memory_writable(&mem, 0, RAM + FS), mem.host);
	ck_assert_ptr_eq(memory_writable(&mem, RAM + FS, 0), mem.host + RAM + FS);
	ck_assert_ptr_null(memory_writable(&mem, 0, RAM + FS + 1));
	ck_assert_ptr_null(memory_writable(&mem, RAM + FS - 1, 2));
	ck_assert_ptr_null(memory_writable(&mem, RAM + FS + 1, 0));
	ck_assert_ptr_null(memory_writable(&mem, 1, UINT64_MAX));
	ck_assert_ptr_null(memory_writable(&mem, UINT64_MAX, 1));
	ck_assert_ptr_null(memory_writable(&mem, UINT64_MAX, UINT64_MAX));
}
END_TEST

START_TEST(reads_and_writes)
{
	char text[8] = "";

	ck_assert_int_eq(memory_write(&mem, RAM - 4, "abcdefg", 8), 0);
	ck_assert_int_eq(memory_read(&mem, RAM - 4, text, 8), 0);
	ck_assert_str_eq(text, "abcdefg");
	ck_assert_int_eq(memory_write(&mem, RAM + FS - 4, "abcdefg", 8), -EFAULT);
	ck_assert_uint_eq(mem.host[RAM + FS - 4], 0);
	ck_assert_int_eq(memory_read(&mem, UINT64_MAX - 2, text, 8), -EFAULT);
}
END_TEST

/* Creating memory touches none of it. */
START_TEST(memory_is_lazy)
{
	struct memory big;
	struct stat st;

	ck_assert_int_eq(memory_create(&big, 3ull << 30, 0), 0);
	ck_assert_int_eq(fstat(big.fd, &st), 0);
	ck_assert_int_eq(st.st_blocks, 0);
	memory_destroy(&big);
}
END_TEST

static void *walk(uint64_t va, bool user, bool write)
{
	uint64_t run = 0;
	uint8_t *p = memory_walk(&mem, ROOT, va, user, write, &run);

	if (p)
		ck_assert(run > 0 && p + run <= mem.host + mem.size);
	return p;
}

START_TEST(boot_tables)
{
	arch_build_tables(&mem, ROOT, mem.size);
	ck_assert_ptr_eq(walk(BOOT_DIRECT_MAP_BASE, false, true), mem.host);
	ck_assert_ptr_eq(walk(BOOT_DIRECT_MAP_BASE + RAM + FS - 1, false, false),
			 mem.host + RAM + FS - 1);
	ck_assert_ptr_null(
		walk(BOOT_DIRECT_MAP_BASE + RAM + FS, false, false)); /* in the last large page */
	ck_assert_ptr_eq(walk(BOOT_DIRECT_MAP_BASE + RAM - 1, false, true), mem.host + RAM - 1);
	ck_assert_ptr_eq(walk(BOOT_KERNEL_BASE + BOOT_KERNEL_PHYS + 5, false, true),
			 mem.host + BOOT_KERNEL_PHYS + 5);
	ck_assert_ptr_null(walk(BOOT_KERNEL_BASE + (16ull << 20), false, false));
	ck_assert_ptr_null(walk(BOOT_DIRECT_MAP_BASE + BOOT_MMIO_BASE, false, false));
	ck_assert_ptr_null(walk(BOOT_DIRECT_MAP_BASE, true, false));
	ck_assert_ptr_null(walk(0, false, false));
	ck_assert_ptr_null(walk(0x1000, true, false));
	ck_assert_ptr_null(walk(0x0000900000000000, false, false)); /* not canonical */
}
END_TEST

START_TEST(tables_fit_their_size)
{
	uint64_t ends[] = {4096,       16ull << 20,   1ull << 30, (1ull << 30) + 4096,
			   3ull << 30, BOOT_MMIO_BASE};
	struct memory big;

	ck_assert_int_eq(memory_create(&big, 3ull << 30, 0), 0);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		uint64_t after = ROOT + arch_tables_size(ends[i]);
		const uint64_t *w = memory_writable(&big, after, 4096);

		memset(memory_writable(&big, ROOT, after - ROOT), 0, after - ROOT);
		arch_build_tables(&big, ROOT, ends[i]);
		for (unsigned int n = 0; n < 512; n++)
			ck_assert_uint_eq(w[n], 0);
		uint64_t run, top = ends[i] < big.size ? ends[i] : big.size;

		ck_assert_ptr_nonnull(
			memory_walk(&big, ROOT, BOOT_DIRECT_MAP_BASE + top - 1, false, true, &run));
		ck_assert_uint_le(arch_tables_size(ends[i]), 8 * 4096);
	}
	memory_destroy(&big);
}
END_TEST

static uint64_t *table(uint64_t gpa)
{
	return memory_writable(&mem, gpa, 4096);
}

/* User pages at 0x400000 + n * 0x1000: page n holds frame 0x200000 + n * 0x1000 with flags[n]. */
static void map_user(const uint64_t *flags, unsigned int n)
{
	table(ROOT)[0] = 0x101000 | P | W | U;
	table(0x101000)[0] = 0x102000 | P | W | U;
	table(0x102000)[2] = 0x103000 | P | W | U;
	for (unsigned int i = 0; i < n; i++)
		table(0x103000)[i] = (0x200000 + i * 0x1000) | flags[i];
}

START_TEST(user_copies)
{
	const uint64_t flags[] = {P | U, P | U | W, P | U | W, P | W, 0};
	char text[0x3000];

	map_user(flags, 5);
	memset(mem.host + 0x200000, 'a', 0x4000);
	ck_assert_uint_eq(memory_read_user(&mem, ROOT, 0x400ff0, text, 0x20), 0x20);
	ck_assert_uint_eq(memory_read_user(&mem, ROOT, 0x402ff0, text, 0x20), 0x10);
	ck_assert_uint_eq(memory_read_user(&mem, ROOT, 0x403000, text, 1), 0);
	ck_assert_uint_eq(memory_write_user(&mem, ROOT, 0x400000, "b", 1), 0);
	ck_assert_uint_eq(memory_write_user(&mem, ROOT, 0x401000, text, 0x3000), 0x2000);
	ck_assert_uint_eq(memory_clear_user(&mem, ROOT, 0x401000, UINT64_MAX), 0x2000);
	ck_assert_uint_eq(mem.host[0x200fff], 'a');
	ck_assert_uint_eq(mem.host[0x201000], 0);
	ck_assert_uint_eq(mem.host[0x202fff], 0);
	ck_assert_uint_eq(mem.host[0x203000], 'a');
	ck_assert_uint_eq(memory_read_user(&mem, ROOT, 0x400000, text, 0), 0);
}
END_TEST

START_TEST(user_strings)
{
	const uint64_t flags[] = {P | U, P | U, 0};
	char text[16];

	map_user(flags, 3);
	memcpy(mem.host + 0x200ffe, "crossing", 9);
	ck_assert_int_eq(memory_read_user_string(&mem, ROOT, 0x400ffe, text, sizeof(text)), 8);
	ck_assert_str_eq(text, "crossing");
	ck_assert_int_eq(memory_read_user_string(&mem, ROOT, 0x400ffe, text, 4), 3);
	ck_assert_str_eq(text, "cro");
	memset(mem.host + 0x201ff0, 'z', 0x10);
	ck_assert_int_eq(memory_read_user_string(&mem, ROOT, 0x401ff8, text, sizeof(text)),
			 -EFAULT);
	ck_assert_int_eq(memory_read_user_string(&mem, ROOT, 0x402000, text, sizeof(text)),
			 -EFAULT);
	ck_assert_int_eq(memory_read_user_string(&mem, ROOT, 0x401ff8, text, 1), 0);
}
END_TEST

/* Tables that point outside memory, at themselves, or at large pages beyond the end. */
START_TEST(hostile_tables)
{
	uint64_t run;

	ck_assert_ptr_null(memory_walk(&mem, UINT64_MAX, 0, false, false, &run));
	ck_assert_ptr_null(memory_walk(&mem, RAM + FS, 0, false, false, &run));
	for (unsigned int i = 0; i < 512; i++)
		table(ROOT)[i] = ROOT | P | W | U;
	ck_assert_ptr_eq(walk(0x400000, true, true), mem.host + ROOT);
	table(ROOT)[0] = (1ull << 40) | P | W | U;
	ck_assert_ptr_null(walk(0x400000, true, true));
	table(ROOT)[0] = 0x101000 | P | W | U;
	table(0x101000)[0] = 0 | P | W | U | PS; /* a huge page, cut at the end of memory */
	ck_assert_ptr_eq(walk(0x1000, true, true), mem.host + 0x1000);
	ck_assert_ptr_null(walk(RAM + FS, true, true));
	table(0x101000)[0] = (1ull << 30) | P | W | U | PS;
	ck_assert_ptr_null(walk(0x1000, true, true));
	table(0x101000)[0] = 0x102000 | P | W | U;
	table(0x102000)[1] = 0x600000 | P | U | PS;
	ck_assert_ptr_eq(walk(0x200123, true, false), mem.host + 0x600123);
	ck_assert_ptr_null(walk(0x200123, true, true));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("memory");
	TCase *t = tcase_create("memory");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, create_checks_sizes);
	tcase_add_test(t, ranges);
	tcase_add_test(t, reads_and_writes);
	tcase_add_test(t, memory_is_lazy);
	tcase_add_test(t, boot_tables);
	tcase_add_test(t, tables_fit_their_size);
	tcase_add_test(t, user_copies);
	tcase_add_test(t, user_strings);
	tcase_add_test(t, hostile_tables);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
