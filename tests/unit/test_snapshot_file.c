/*
 * Snapshot files: written, read back, and damaged in every way.
 * sources: vmm/snapshot_file.c vmm/arch/x86_64.c vmm/arch/x86_64_state.c vmm/memory.c vmm/message.c
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../../vmm/arch/arch.h"
#include "snapshot.h"

/* What snapshot.c has beside the rest of a machine. */
const uint8_t *snapshot_page(const struct snapshot *s, uint64_t n)
{
	static const uint8_t zeros[MEMORY_PAGE_SIZE];

	return snapshot_present(s, n) ? s->memory + n * MEMORY_PAGE_SIZE : zeros;
}

void snapshot_put(struct snapshot *s)
{
	if (s->memory)
		munmap((void *)s->memory, snapshot_pages(s) * MEMORY_PAGE_SIZE);
	if (s->fd >= 0)
		close(s->fd);
	free(s->state);
	free(s);
}

#define DEVICE_STATE 40
static char path[] = "/tmp/mote-test-snapshot-XXXXXX";

/* A snapshot of nothing in particular: one vCPU, one device, two pages. */
static struct snapshot *make(void)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	struct snapshot_head *h = &s->head;
	uint64_t bitmap = MOTE_MIN_MEM / MEMORY_PAGE_SIZE / 8;
	uint8_t page[MEMORY_PAGE_SIZE];

	memcpy(h->magic, SNAPSHOT_MAGIC, 8);
	h->version = SNAPSHOT_VERSION;
	h->ram_size = MOTE_MIN_MEM;
	h->machine = arch_elf_machine();
	h->state_format = (uint32_t)arch_vcpu_state_size();
	h->cpus = h->started = h->devices = 1;
	h->shadowed = arch_supervisor_emulated();
	arch_features(h->features);
	h->state_size = bitmap + h->state_format + sizeof(struct snapshot_device) + DEVICE_STATE;
	h->memory_offset = (SNAPSHOT_STATE + h->state_size + 4095) & ~4095ull;
	h->file_size = h->memory_offset + h->ram_size;
	s->state = calloc(1, h->state_size);
	s->state[0] = 0x81;
	*(struct snapshot_device *)(s->state + bitmap + h->state_format) =
		(struct snapshot_device){.device_id = 3, .size = {DEVICE_STATE, 0}};
	s->fd = memfd_create("s", 0);
	ck_assert_int_eq(ftruncate(s->fd, (off_t)h->file_size), 0);
	for (unsigned int n = 0; n < 8; n += 7) {
		memset(page, (int)n + 1, sizeof(page));
		ck_assert_int_eq(pwrite(s->fd, page, sizeof(page), (off_t)(h->memory_offset + n * 4096)), 4096);
	}
	snapshot_seal(s);
	ck_assert_int_eq(snapshot_attach(s), 0);
	return s;
}

static void setup(void)
{
	struct snapshot *s = make();
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(snapshot_write(s, path), 0);
	snapshot_put(s);
	freopen("/dev/null", "w", stderr);
}

static void teardown(void)
{
	unlink(path);
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
}

START_TEST(round_trip)
{
	struct snapshot *s;
	struct stat st;

	ck_assert_int_eq(snapshot_open(&s, path), 0);
	ck_assert_int_eq(snapshot_check_memory(s, path), 0);
	ck_assert_int_eq(snapshot_page(s, 0)[5], 1);
	ck_assert_int_eq(snapshot_page(s, 7)[5], 8);
	ck_assert_int_eq(snapshot_page(s, 6)[5], 0);
	ck_assert_uint_eq(s->device[0]->device_id, 3);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_lt(st.st_blocks, 256);
	snapshot_put(s);
}
END_TEST

/* Any byte of head or state changed: refused, never a crash. */
START_TEST(every_byte)
{
	struct snapshot *s;
	int fd = open(path, O_RDWR);
	struct snapshot_head h;

	ck_assert_int_eq(pread(fd, &h, sizeof(h), 0), (ssize_t)sizeof(h));
	for (uint64_t at = 0; at < SNAPSHOT_STATE + h.state_size; at += at < sizeof(h) || at >= SNAPSHOT_STATE ? 1 : 512) {
		uint8_t was, now;

		if (at >= sizeof(h) && at < SNAPSHOT_STATE)
			continue; /* nobody's */
		if (at > SNAPSHOT_STATE + 1024 && at % 61)
			continue;
		ck_assert_int_eq(pread(fd, &was, 1, (off_t)at), 1);
		now = was ^ (uint8_t)(1 + at % 255);
		ck_assert_int_eq(pwrite(fd, &now, 1, (off_t)at), 1);
		int err = snapshot_open(&s, path);

		ck_assert_msg(err == -EINVAL || err == -ENOTSUP, "byte %llu: %d", (unsigned long long)at, err);
		ck_assert_int_eq(pwrite(fd, &was, 1, (off_t)at), 1);
	}
	close(fd);
}
END_TEST

/* Heads that are wrong but have the right checksum: made by somebody who means it. */
START_TEST(hostile_heads)
{
	struct snapshot *s;
	struct snapshot_head good, h;
	int fd = open(path, O_RDWR);
	static const uint64_t values[] = {0, 1, 4095, 4096, 1ull << 31, 1ull << 40, 1ull << 62, ~0ull, ~4095ull};
	const size_t fields[] = {offsetof(struct snapshot_head, file_size),	offsetof(struct snapshot_head, state_size),
				 offsetof(struct snapshot_head, memory_offset), offsetof(struct snapshot_head, ram_size),
				 offsetof(struct snapshot_head, bootfs_size),	offsetof(struct snapshot_head, cpus),
				 offsetof(struct snapshot_head, devices),	offsetof(struct snapshot_head, machine),
				 offsetof(struct snapshot_head, control),	offsetof(struct snapshot_head, boot_root)};

	ck_assert_int_eq(pread(fd, &good, sizeof(good), 0), (ssize_t)sizeof(good));
	for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			h = good;
			memcpy((char *)&h + fields[f], &values[i], 8);
			h.head_crc = 0;
			h.head_crc = (uint32_t)crc32(0, (const void *)&h, sizeof(h));
			ck_assert_int_eq(pwrite(fd, &h, sizeof(h), 0), (ssize_t)sizeof(h));
			if (!snapshot_open(&s, path)) /* it may be fine by chance; then it must be usable */
				snapshot_put(s);
		}
	}
	close(fd);
}
END_TEST

/* Whoever resets a machine compares all of its boot tables. */
START_TEST(tables_outside)
{
	const uint64_t tables = arch_tables_size(MOTE_MIN_MEM);
	const uint64_t roots[] = {MOTE_MIN_MEM - tables, MOTE_MIN_MEM - tables + 4096, MOTE_MIN_MEM - 4096, 8};
	struct snapshot *s;
	struct snapshot_head h;
	int fd = open(path, O_RDWR);

	ck_assert_int_eq(pread(fd, &h, sizeof(h), 0), (ssize_t)sizeof(h));
	for (size_t i = 0; i < 4; i++) {
		h.boot_root = roots[i];
		h.head_crc = 0;
		h.head_crc = (uint32_t)crc32(0, (const void *)&h, sizeof(h));
		ck_assert_int_eq(pwrite(fd, &h, sizeof(h), 0), (ssize_t)sizeof(h));
		ck_assert_int_eq(snapshot_open(&s, path), i ? -EINVAL : 0);
		if (!i)
			snapshot_put(s);
	}
	close(fd);
}
END_TEST

START_TEST(lengths)
{
	struct snapshot *s;
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, st.st_size + 1), 0);
	ck_assert_int_eq(snapshot_open(&s, path), -EINVAL);
	for (off_t size = st.st_size - 1; size > 0; size = size * 3 / 4) {
		ck_assert_int_eq(truncate(path, size), 0);
		ck_assert_int_eq(snapshot_open(&s, path), -EINVAL);
	}
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(snapshot_open(&s, path), -EINVAL);
	ck_assert_int_eq(snapshot_open(&s, "/nonexistent/file"), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("snapshot_file");
	TCase *t = tcase_create("files");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, round_trip);
	tcase_add_test(t, every_byte);
	tcase_add_test(t, hostile_heads);
	tcase_add_test(t, tables_outside);
	tcase_add_test(t, lengths);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
