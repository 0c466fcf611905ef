/* The device tree: what the VMM writes the kernel reads back; damaged trees are refused.
 * sources: guest/kernel/fdt.c vmm/fdt.c
 */
#include <check.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include "machine.h"
#include "kernel/boot.h"

static struct boot_info sample(void)
{
	struct boot_info b = {
		.magic = BOOT_MAGIC, .version = BOOT_VERSION, .flags = BOOT_TRACE | BOOT_STDIN_TTY, .cpu_count = 3,
		.counter_hz = 2100000000, .counter_start = 0xfedcba9876543210, .realtime_ns = 0x1234567812345678, .kernel_end = 0x200000,
		.boot_root = 0x201000, .free_start = 0x210000, .ram_end = 0x10000000,
		.bootfs_start = 0x10000000, .map_end = 0x10400000, .strings_start = 0x20f000, .strings_len = 99,
		.argc = 2, .envc = 5, .rows = 24, .columns = 80, .device_count = 2, .random = {1, ~0ull, 3, 4},
	};

	for (unsigned int i = 0; i < b.device_count; i++)
		b.device[i] = (struct boot_device){.mmio = BOOT_MMIO_BASE + i * BOOT_MMIO_STRIDE, .vector = 0x30 + i};
	return b;
}

START_TEST(round_trip)
{
	struct boot_info want = sample(), got;
	char tree[8192];
	int len = fdt_build(&want, tree, sizeof(tree));

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(fdt_read_boot_info(tree, (size_t)len, &got), 0);
	ck_assert_mem_eq(&got, &want, sizeof(got));
}
END_TEST

START_TEST(no_space)
{
	struct boot_info b = sample();
	char tree[256];

	ck_assert_int_lt(fdt_build(&b, tree, sizeof(tree)), 0);
}
END_TEST

/* Every truncation, in a block of exactly that size: ASan sees a read beyond it. */
START_TEST(truncated)
{
	struct boot_info b = sample(), got;
	char tree[8192];
	int len = fdt_build(&b, tree, sizeof(tree));

	for (int n = 0; n < len; n++) {
		void *part = malloc((size_t)n + !n);

		memcpy(part, tree, (size_t)n);
		ck_assert_int_lt(fdt_read_boot_info(part, (size_t)n, &got), 0);
		free(part);
	}
}
END_TEST

/* Every byte damaged in turn: any answer will do, but no access outside. */
START_TEST(damaged)
{
	struct boot_info b = sample(), got;
	char tree[8192];
	int len = fdt_build(&b, tree, sizeof(tree));
	char *copy = malloc((size_t)len);

	for (int i = 0; i < len; i++) {
		memcpy(copy, tree, (size_t)len);
		copy[i] ^= 0xff;
		fdt_read_boot_info(copy, (size_t)len, &got);
	}
	free(copy);
}
END_TEST

START_TEST(missing)
{
	static const char *const names[] = {"argc", "bootfs", "counter-hz", "strings", "columns"};
	struct boot_info b = sample(), got;
	char tree[8192];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int len = fdt_build(&b, tree, sizeof(tree));
		int node = fdt_path_offset(tree, BOOT_FDT_NODE);

		ck_assert_int_eq(fdt_nop_property(tree, node, names[i]), 0);
		ck_assert_int_eq(fdt_read_boot_info(tree, (size_t)len, &got), -ENOENT);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot_info");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, round_trip);
	tcase_add_test(t, no_space);
	tcase_add_test(t, truncated);
	tcase_add_test(t, damaged);
	tcase_add_test(t, missing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
