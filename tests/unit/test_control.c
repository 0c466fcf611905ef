/*
 * The VMM's half of the test control, with the arguments of a hostile guest.
 * sources: vmm/control.c vmm/coverage.c vmm/memory.c vmm/message.c vmm/arch/x86_64.c
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "shared/abi/control.h"
#include "shared/abi/hypercall.h"
#include "shared/abi/testdev.h"

#define RAM (1ull << 20)

static struct machine m;
static char told[MOTE_EVENT_MAX];
static size_t told_len;
static int told_count;

static void on_event(void *ctx, const char *text, size_t len)
{
	ck_assert_ptr_eq(ctx, &m);
	memcpy(told, text, len);
	told_len = len;
	told_count++;
}

static void setup(void)
{
	memset(&m, 0, sizeof(m));
	ck_assert_int_eq(memory_create(&m.memory, RAM, 0), 0);
	control_init(&m.test);
	told_count = 0;
}

static void teardown(void)
{
	control_destroy(&m.test);
	memory_destroy(&m.memory);
}

static int64_t call(uint32_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	unsigned long long arg[4] = {a, b, c, d};

	return control_hypercall(&m, nr, arg);
}

START_TEST(events)
{
	ck_assert_int_eq(memory_write(&m.memory, 0x1000, "text", 4), 0);
	ck_assert_int_eq(call(HC_EVENT, 0x1000, 4, 0, 0), 0); /* nobody listens */
	machine_on_event(&m, on_event, &m);
	ck_assert_int_eq(call(HC_EVENT, 0x1000, 4, 0, 0), 0);
	ck_assert(told_len == 4 && !memcmp(told, "text", 4));
	ck_assert_int_eq(call(HC_EVENT, RAM, 0, 0, 0), 0);
	ck_assert_uint_eq(told_len, 0);
	ck_assert_int_eq(call(HC_EVENT, RAM - MOTE_EVENT_MAX, MOTE_EVENT_MAX, 0, 0), 0);
	ck_assert_uint_eq(told_len, MOTE_EVENT_MAX);
	ck_assert_int_eq(told_count, 3);
	machine_on_event(&m, NULL, NULL);
	ck_assert_int_eq(call(HC_EVENT, 0x1000, 4, 0, 0), 0);
	ck_assert_int_eq(told_count, 3);
}
END_TEST

START_TEST(bad_events)
{
	machine_on_event(&m, on_event, &m);
	ck_assert_int_eq(call(HC_EVENT, 0, MOTE_EVENT_MAX + 1, 0, 0), -EFAULT);
	ck_assert_int_eq(call(HC_EVENT, 0, ~0ull, 0, 0), -EFAULT);
	ck_assert_int_eq(call(HC_EVENT, RAM - 3, 4, 0, 0), -EFAULT);
	ck_assert_int_eq(call(HC_EVENT, ~0ull, 4, 0, 0), -EFAULT);
	ck_assert_int_eq(call(HC_EVENT, ~0ull - 1, 2, 0, 0), -EFAULT);
	ck_assert_int_eq(told_count, 0);
}
END_TEST

static const char *at(uint64_t gpa)
{
	return memory_range(&m.memory, gpa, 1);
}

START_TEST(input)
{
	ck_assert_int_eq(call(HC_INPUT, 0, 0, 0, 0), 0);
	ck_assert_int_eq(call(HC_INPUT, 0x1000, 10, 0, 0), 0);
	ck_assert_int_eq(machine_set_input(&m, "0123456789", 10), 0);
	ck_assert_int_eq(call(HC_INPUT, 0, 0, 0, 0), 10);
	ck_assert_int_eq(call(HC_INPUT, 0x1000, 4, 3, 0), 4);
	ck_assert_int_eq(memcmp(at(0x1000), "3456\0", 5), 0);
	ck_assert_int_eq(call(HC_INPUT, 0x1000, 4096, 8, 0), 2);
	ck_assert_int_eq(memcmp(at(0x1000), "8956", 4), 0);
	ck_assert_int_eq(call(HC_INPUT, 0x1000, 1, 10, 0), 0);
	ck_assert_int_eq(call(HC_INPUT, 0x1000, 1, ~0ull, 0), 0);
	ck_assert_int_eq(call(HC_INPUT, RAM - 10, 10, 0, 0), 10);
	ck_assert_int_eq(call(HC_INPUT, RAM, 0, 1, 0), 0);
	ck_assert_int_eq(machine_set_input(&m, "x", 1), 0); /* in its place */
	ck_assert_int_eq(call(HC_INPUT, 0, 0, 0, 0), 1);
	ck_assert_int_eq(machine_set_input(&m, NULL, 0), 0);
	ck_assert_int_eq(call(HC_INPUT, 0, 0, 0, 0), 0);
}
END_TEST

/* No byte is written outside memory, or for a range that is not all inside. */
START_TEST(bad_input_ranges)
{
	ck_assert_int_eq(machine_set_input(&m, "0123456789", 10), 0);
	ck_assert_int_eq(call(HC_INPUT, RAM - 9, 10, 0, 0), -EFAULT);
	ck_assert_int_eq(*at(RAM - 9), 0);
	ck_assert_int_eq(call(HC_INPUT, 0x1000, RAM, 0, 0), -EFAULT);
	ck_assert_int_eq(call(HC_INPUT, 0x1000, ~0ull, 0, 0), -EFAULT);
	ck_assert_int_eq(call(HC_INPUT, ~0ull, 1, 0, 0), -EFAULT);
	ck_assert_int_eq(call(HC_INPUT, ~0ull - 4, 10, 0, 0), -EFAULT);
	ck_assert_int_eq(call(HC_INPUT, RAM + 1, 0, 1, 0), -EFAULT);
	ck_assert_int_eq(*at(0x1000), 0);
}
END_TEST

static struct io_fault asked;

static int set_fault(struct mmio_device *dev, const struct io_fault *f)
{
	ck_assert_ptr_eq(dev, m.device[1]);
	asked = *f;
	return f->unit == 7 ? -EOPNOTSUPP : 0;
}

START_TEST(io_faults)
{
	static struct mmio_device dev[2];

	dev[1].set_fault = set_fault;
	m.device[0] = &dev[0];
	m.device[1] = &dev[1];
	m.device_count = 2;
	ck_assert_int_eq(call(HC_IO_FAULT, HC_IO_UNIT(1ull, 3ull), 5, EIO, 77), 0);
	ck_assert(asked.countdown == 5 && asked.unit == 3 && asked.error == EIO && asked.length == 77);
	ck_assert_int_eq(call(HC_IO_FAULT, HC_IO_UNIT(1ull, 7ull), 5, EIO, 77), -EOPNOTSUPP);
	asked.countdown = 0;
	ck_assert_int_eq(call(HC_IO_FAULT, 2, 1, EIO, 0), -ENODEV);
	ck_assert_int_eq(call(HC_IO_FAULT, 255, 1, EIO, 0), -ENODEV);
	ck_assert_int_eq(call(HC_IO_FAULT, ~0ull, 1, EIO, 0), -ENODEV);
	ck_assert_int_eq(call(HC_IO_FAULT, 1ull << 40 | 1, 1, EIO, 0), -ENODEV);
	ck_assert_int_eq(call(HC_IO_FAULT, 1, 1, 4096, 0), -EINVAL);
	ck_assert_int_eq(call(HC_IO_FAULT, 1, 1, 1ull << 32 | EIO, 0), -EINVAL);
	ck_assert_int_eq(call(HC_IO_FAULT, 1, 1, (uint64_t)-EIO, 0), -EINVAL);
	ck_assert_uint_eq(asked.countdown, 0);
}
END_TEST

static void set_coverage(uint64_t counters, uint64_t size, uint64_t edges)
{
	struct machine_control c = {.coverage = counters, .coverage_size = size, .coverage_edges = edges};

	m.control = 0x1000;
	ck_assert_int_eq(memory_write(&m.memory, m.control, &c, sizeof(c)), 0);
}

static void write_counters(const void *bytes, size_t n)
{
	ck_assert_int_eq(memory_write(&m.memory, 0x2000, bytes, n), 0);
}

START_TEST(coverage)
{
	const struct control_edge edges[4] = {{.pc = 100}, {.pc = 101}, {.pc = 102}, {.pc = 103}};
	uint64_t pcs[4] = {0};

	ck_assert_int_eq(call(HC_COVERAGE, 1, 0, 0, 0), -EOPNOTSUPP);
	ck_assert_int_eq(call(HC_COVERAGE, 0, 0, 0, 0), -EOPNOTSUPP);
	ck_assert_uint_eq(machine_coverage(&m, pcs, 4), 0);
	ck_assert_int_eq(memory_write(&m.memory, 0x3000, edges, sizeof(edges)), 0);
	set_coverage(0x2000, 4, 0x3000);
	write_counters("\7\7\7\7", 4);
	ck_assert_int_eq(call(HC_COVERAGE, 1, 0, 0, 0), 0);
	ck_assert_uint_eq(machine_coverage(&m, pcs, 4), 0);
	write_counters("\0\1\0\377", 4);
	ck_assert_uint_eq(machine_coverage(&m, pcs, 1), 2);
	ck_assert(pcs[0] == 101 && pcs[1] == 0);
	ck_assert_int_eq(call(HC_COVERAGE, 0, 0, 0, 0), 0);
	write_counters("\1\1\1\1", 4); /* later */
	ck_assert_int_eq(call(HC_COVERAGE, 0, 0, 0, 0), 0);
	ck_assert_uint_eq(machine_coverage(&m, pcs, 4), 2);
	ck_assert(pcs[0] == 101 && pcs[1] == 103);
	ck_assert_int_eq(call(HC_COVERAGE, 2, 0, 0, 0), -EINVAL);
}
END_TEST

/* What the kernel says of its coverage is not believed. */
START_TEST(bad_coverage)
{
	const uint64_t bad[][2] = {{RAM, 1}, {RAM - 4, 5}, {~0ull, 2}, {0, ~0ull}, {0, RAM + 1}, {RAM * 8, 1}};
	uint64_t pcs[4];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		set_coverage(bad[i][0], bad[i][1], 0x3000);
		ck_assert_int_eq(call(HC_COVERAGE, 1, 0, 0, 0), -EOPNOTSUPP);
		ck_assert_uint_eq(machine_coverage(&m, pcs, 4), 0);
	}
	set_coverage(0x2000, 4, RAM - 16); /* one edge is there */
	write_counters("\1\1\1\1", 4);
	ck_assert_uint_eq(machine_coverage(&m, pcs, 4), 1);
	set_coverage(0x2000, 2, 0x3000); /* fewer than there were when it ended */
	ck_assert_int_eq(call(HC_COVERAGE, 0, 0, 0, 0), 0);
	set_coverage(0x2000, 4, 0x3000);
	ck_assert_uint_eq(machine_coverage(&m, pcs, 4), 2);
}
END_TEST

START_TEST(other_calls)
{
	ck_assert_int_eq(call(12345, 0, 0, 0, 0), -ENOSYS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("control");
	TCase *t = tcase_create("control");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, events);
	tcase_add_test(t, bad_events);
	tcase_add_test(t, input);
	tcase_add_test(t, bad_input_ranges);
	tcase_add_test(t, io_faults);
	tcase_add_test(t, coverage);
	tcase_add_test(t, bad_coverage);
	tcase_add_test(t, other_calls);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
