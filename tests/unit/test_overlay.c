/*
 * A disk whose writes stay with the machine, against a plain array.
 * sources: vmm/devices/overlay.c vmm/devices/virtio.c vmm/devices/virtqueue.c vmm/memory.c vmm/message.c vmm/arch/x86_64.c
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices/device.h"
#include "devices/overlay.h"

#define BYTES (37 * 512u) /* ends inside a block */

void device_raise_irq(struct mmio_device *dev)
{
	(void)dev;
}

bool machine_forced(struct machine *m)
{
	(void)m;
	return false;
}

static int base;
static struct overlay o;
static uint8_t model[BYTES], file[BYTES];

static void setup(void)
{
	base = memfd_create("base", 0);
	for (unsigned int i = 0; i < BYTES; i++)
		file[i] = (uint8_t)(i * 7 + i / 256);
	ck_assert_int_eq(write(base, file, BYTES), BYTES);
	memcpy(model, file, BYTES);
	ck_assert_int_eq(overlay_open(&o, base, BYTES), 0);
}

static void teardown(void)
{
	overlay_close(&o);
	close(base);
}

static void check_all(const uint8_t *want)
{
	uint8_t got[BYTES];
	struct iovec iov[2] = {{got, 1000}, {got + 1000, BYTES - 1000}};

	ck_assert_int_eq(overlay_read(&o, iov, 2, 0, BYTES), 0);
	ck_assert_mem_eq(got, want, BYTES);
}

START_TEST(like_an_array)
{
	unsigned int seed = 1;

	for (int i = 0; i < 2000; i++) {
		uint64_t off = (uint64_t)rand_r(&seed) % 37 * 512, len = (uint64_t)rand_r(&seed) % 9 * 512;
		uint8_t data[9 * 512];

		if (off + len > BYTES)
			len = BYTES - off;
		memset(data, i, sizeof(data));
		struct iovec iov[2] = {{data, len / 2}, {data + len / 2, len - len / 2}};

		if (i % 5 == 0) {
			ck_assert_int_eq(overlay_clear(&o, off, len), 0);
			memset(model + off, 0, len);
		} else {
			ck_assert_int_eq(overlay_write(&o, iov, 2, off, len), 0);
			memcpy(model + off, data, len);
		}
		check_all(model);
		if (i % 300 == 299) {
			ck_assert_int_eq(overlay_forget(&o), 0);
			memcpy(model, file, BYTES);
			check_all(model);
		}
	}
}
END_TEST

START_TEST(file_untouched)
{
	uint8_t data[512] = {1}, now[BYTES];
	struct iovec iov = {data, sizeof(data)};

	ck_assert(!o.any);
	ck_assert_int_eq(overlay_write(&o, &iov, 1, 512, 512), 0);
	ck_assert(o.any);
	ck_assert_int_eq(pread(base, now, BYTES, 0), BYTES);
	ck_assert_mem_eq(now, file, BYTES);
}
END_TEST

START_TEST(shrunk_file)
{
	uint8_t data[BYTES];
	struct iovec iov = {data, BYTES};

	ck_assert_int_eq(ftruncate(base, 512), 0);
	ck_assert_int_eq(overlay_read(&o, &iov, 1, 0, BYTES), -EIO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("overlay");
	TCase *t = tcase_create("overlay");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, like_an_array);
	tcase_add_test(t, file_untouched);
	tcase_add_test(t, shrunk_file);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
