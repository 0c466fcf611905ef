/*
 * The device tree says what boot_info says, and does not fit into what is too small.
 * sources: vmm/fdt.c
 */
#include <check.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

static struct boot_info boot(void)
{
	struct boot_info b = {.magic = BOOT_MAGIC,
			      .flags = BOOT_TRACE,
			      .cpu_count = 3,
			      .counter_hz = 2600000000ull,
			      .realtime_ns = 1234567890123456789ull,
			      .kernel_end = 0x180000,
			      .boot_root = 0x180000,
			      .free_start = 0x190000,
			      .ram_end = 3ull << 30,
			      .bootfs_start = 3ull << 30,
			      .map_end = (3ull << 30) + 0x5000,
			      .strings_start = 0x18f000,
			      .strings_len = 77,
			      .argc = 2,
			      .envc = 5,
			      .rows = 24,
			      .columns = 80,
			      .device_count = 2,
			      .random = {1, 2, 3, 4}};

	for (unsigned int i = 0; i < 2; i++)
		b.device[i] = (struct boot_device){BOOT_MMIO_BASE + i * BOOT_MMIO_STRIDE, 3,
						   BOOT_DEVICE_VECTOR + i};
	return b;
}

static uint64_t number(const void *fdt, const char *path, const char *name, unsigned int index,
		       unsigned int bytes)
{
	int len, node = fdt_path_offset(fdt, path);
	const char *p = fdt_getprop(fdt, node, name, &len);

	ck_assert_msg(p && len >= (int)((index + 1) * bytes), "%s/%s", path, name);
	return bytes == 4 ? fdt32_ld((const fdt32_t *)p + index)
			  : fdt64_ld((const fdt64_t *)p + index);
}

static const char *string(const void *fdt, const char *path, const char *name)
{
	const char *p = fdt_getprop(fdt, fdt_path_offset(fdt, path), name, NULL);

	ck_assert_ptr_nonnull(p);
	return p;
}

START_TEST(says_what_boot_info_says)
{
	struct boot_info b = boot();
	static char fdt[8192];
	int len = fdt_build(&b, fdt, sizeof(fdt));

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(fdt_check_full(fdt, sizeof(fdt)), 0);
	ck_assert_int_eq((int)fdt_totalsize(fdt), len);
	ck_assert_str_eq(string(fdt, "/", "compatible"), BOOT_FDT_COMPATIBLE);
	ck_assert_str_eq(string(fdt, "/memory@0", "device_type"), "memory");
	ck_assert_uint_eq(number(fdt, "/memory@0", "reg", 0, 8), 0);
	ck_assert_uint_eq(number(fdt, "/memory@0", "reg", 1, 8), b.ram_end);
	ck_assert_uint_eq(number(fdt, "/cpus/cpu@2", "reg", 0, 4), 2);
	ck_assert_int_lt(fdt_path_offset(fdt, "/cpus/cpu@3"), 0);
	ck_assert_str_eq(string(fdt, "/virtio@d0001000", "compatible"), "virtio,mmio");
	ck_assert_uint_eq(number(fdt, "/virtio@d0001000", "reg", 0, 8), b.device[1].mmio);
	ck_assert_uint_eq(number(fdt, "/virtio@d0001000", "interrupts", 0, 4),
			  BOOT_DEVICE_VECTOR + 1);
	ck_assert_int_lt(fdt_path_offset(fdt, "/virtio@d0002000"), 0);
	ck_assert_uint_eq(number(fdt, BOOT_FDT_NODE, "counter-hz", 0, 8), b.counter_hz);
	ck_assert_uint_eq(number(fdt, BOOT_FDT_NODE, "realtime-ns", 0, 8), b.realtime_ns);
	ck_assert_uint_eq(number(fdt, BOOT_FDT_NODE, "flags", 0, 4), b.flags);
	ck_assert_uint_eq(number(fdt, BOOT_FDT_NODE, "bootfs", 1, 8), 0x5000);
	ck_assert_uint_eq(number(fdt, BOOT_FDT_NODE, "strings", 1, 8), 77);
	ck_assert_uint_eq(number(fdt, BOOT_FDT_NODE, "columns", 0, 4), 80);
	ck_assert_uint_eq(number(fdt, BOOT_FDT_NODE, "envc", 0, 4), 5);
}
END_TEST

/* The largest machine fits the room boot.c gives; every smaller room is refused without a byte
 * behind it (ASan). */
START_TEST(fits_or_is_refused)
{
	struct boot_info b = boot();

	b.cpu_count = MOTE_MAX_CPUS;
	b.device_count = BOOT_MAX_DEVICES;
	for (unsigned int i = 0; i < BOOT_MAX_DEVICES; i++)
		b.device[i].mmio = BOOT_MMIO_BASE + i * BOOT_MMIO_STRIDE;
	char *fdt = malloc(8192);
	int len = fdt_build(&b, fdt, 8192);

	ck_assert_int_gt(len, 0);
	free(fdt);
	for (int size = 0; size < len; size++) {
		fdt = malloc((size_t)size + 1);
		ck_assert_int_lt(fdt_build(&b, fdt, (size_t)size), 0);
		free(fdt);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fdt");
	TCase *t = tcase_create("fdt");

	tcase_add_test(t, says_what_boot_info_says);
	tcase_add_test(t, fits_or_is_refused);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
