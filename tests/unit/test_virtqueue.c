/*
 * Virtqueues of the VMM against drivers that keep the rules and drivers that do not.
 * sources: vmm/devices/virtqueue.c vmm/memory.c vmm/message.c vmm/arch/x86_64.c
 */
#include <check.h>
#include <errno.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>

#include "devices/virtqueue.h"
#include "memory.h"

#define RAM (1u << 20)
#define SIZE 8u
#define DESC 0x1000
#define AVAIL 0x2000
#define USED 0x3000
#define TABLE 0x4000
#define DATA 0x10000

static struct memory mem;
static struct virtqueue q;
static struct virtq_chain chain;
static struct vring_desc *desc;
static struct vring_avail *avail;
static struct vring_used *used;

static void setup(void)
{
	ck_assert_int_eq(memory_create(&mem, RAM, 0), 0);
	q = (struct virtqueue){.desc = DESC, .avail = AVAIL, .used = USED, .size = SIZE, .ready = 1, .event_idx = 1, .indirect = 1};
	desc = memory_writable(&mem, DESC, SIZE * sizeof(*desc));
	avail = memory_writable(&mem, AVAIL, 4 + 2 * SIZE + 2);
	used = memory_writable(&mem, USED, 4 + 8 * SIZE + 2);
}

static void teardown(void)
{
	memory_destroy(&mem);
}

static void offer(uint16_t head)
{
	avail->ring[avail->idx % SIZE] = head;
	avail->idx++;
}

static void set(unsigned int i, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	desc[i] = (struct vring_desc){.addr = addr, .len = len, .flags = flags, .next = next};
}

static int peek(void)
{
	return virtq_peek(&mem, &q, &chain);
}

START_TEST(test_valid)
{
	struct virtqueue bad = q;
	ck_assert(virtq_valid(&mem, &q));
	for (unsigned int size = 0; size <= 600; size++) {
		bad.size = size;
		ck_assert_int_eq(virtq_valid(&mem, &bad), size && size <= VIRTQ_MAX_SIZE && !(size & (size - 1)));
	}
	bad = q, bad.desc = DESC + 8;
	ck_assert(!virtq_valid(&mem, &bad));
	bad = q, bad.avail = AVAIL + 1;
	ck_assert(!virtq_valid(&mem, &bad));
	bad = q, bad.used = USED + 2;
	ck_assert(!virtq_valid(&mem, &bad));
	bad = q, bad.desc = RAM - 16 * SIZE;
	ck_assert(virtq_valid(&mem, &bad));
	bad.desc += 16;
	ck_assert(!virtq_valid(&mem, &bad));
	bad = q, bad.used = ~0ull - 15;
	ck_assert(!virtq_valid(&mem, &bad));
	bad = q, bad.avail = RAM - 2;
	ck_assert(!virtq_valid(&mem, &bad));
}
END_TEST

START_TEST(test_empty_and_not_ready)
{
	ck_assert_int_eq(peek(), 0);
	set(0, DATA, 16, 0, 0);
	offer(0);
	q.ready = 0;
	ck_assert_int_eq(peek(), 0);
}
END_TEST

START_TEST(test_chain)
{
	set(3, DATA, 16, VRING_DESC_F_NEXT, 5);
	set(5, DATA + 64, 32, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1);
	set(1, DATA + 128, 1, VRING_DESC_F_WRITE, 77);
	offer(3);
	ck_assert_int_eq(peek(), 1);
	ck_assert_uint_eq(chain.head, 3);
	ck_assert_uint_eq(chain.readable, 1);
	ck_assert_uint_eq(chain.writable, 2);
	ck_assert_uint_eq(chain.read_len, 16);
	ck_assert_uint_eq(chain.write_len, 33);
	ck_assert_ptr_eq(chain.iov[2].iov_base, mem.host + DATA + 128);
	/* still there until finished */
	ck_assert_int_eq(peek(), 1);
	ck_assert_int_eq(virtq_finish(&mem, &q, &chain, 33), 0);
	ck_assert_int_eq(peek(), 0);
	ck_assert_uint_eq(used->idx, 1);
	ck_assert_uint_eq(used->ring[0].id, 3);
	ck_assert_uint_eq(used->ring[0].len, 33);
}
END_TEST

START_TEST(test_index_wraps)
{
	q.next_avail = q.next_used = 0xfffe;
	avail->idx = used->idx = 0xfffe;
	for (unsigned int i = 0; i < 5; i++) {
		set(i, DATA, 4, 0, 0);
		offer(i);
	}
	for (unsigned int i = 0; i < 5; i++) {
		ck_assert_int_eq(peek(), 1);
		ck_assert_uint_eq(chain.head, i);
		ck_assert_int_eq(virtq_finish(&mem, &q, &chain, 0), 0);
	}
	ck_assert_int_eq(peek(), 0);
	ck_assert_uint_eq(used->idx, 3);
}
END_TEST

START_TEST(test_too_many_available)
{
	avail->idx = SIZE;
	ck_assert_int_eq(peek(), -EINVAL); /* descriptor 0 has length 0 */
	set(0, DATA, 4, 0, 0);
	ck_assert_int_eq(peek(), 1);
	avail->idx = SIZE + 1;
	ck_assert_int_eq(peek(), -EINVAL);
	avail->idx = 0xffff;
	ck_assert_int_eq(peek(), -EINVAL);
}
END_TEST

START_TEST(test_bad_index)
{
	offer(SIZE);
	ck_assert_int_eq(peek(), -EINVAL);
	avail->ring[0] = 0xffff;
	ck_assert_int_eq(peek(), -EINVAL);
	avail->ring[0] = 0;
	set(0, DATA, 4, VRING_DESC_F_NEXT, SIZE);
	ck_assert_int_eq(peek(), -EINVAL);
}
END_TEST

START_TEST(test_loops)
{
	set(0, DATA, 4, VRING_DESC_F_NEXT, 0);
	offer(0);
	ck_assert_int_eq(peek(), -EINVAL);
	set(0, DATA, 4, VRING_DESC_F_NEXT, 1);
	set(1, DATA, 4, VRING_DESC_F_NEXT, 0);
	ck_assert_int_eq(peek(), -EINVAL);
}
END_TEST

START_TEST(test_bad_addresses)
{
	static const struct {
		uint64_t addr;
		uint32_t len;
	} bad[] = {{RAM, 1}, {RAM - 4, 5}, {~0ull, 1}, {~0ull - 3, 8}, {0, ~0u}, {DATA, 0}, {1ull << 63, 4096}};
	offer(0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set(0, bad[i].addr, bad[i].len, 0, 0);
		ck_assert_int_eq(peek(), -EINVAL);
	}
	set(0, RAM - 4, 4, 0, 0);
	ck_assert_int_eq(peek(), 1);
}
END_TEST

START_TEST(test_read_after_write)
{
	set(0, DATA, 4, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1);
	set(1, DATA, 4, 0, 0);
	offer(0);
	ck_assert_int_eq(peek(), -EINVAL);
}
END_TEST

static void indirect(unsigned int n)
{
	struct vring_desc *t = memory_writable(&mem, TABLE, n * sizeof(*t));
	for (unsigned int i = 0; i < n; i++)
		t[i] = (struct vring_desc){
			.addr = DATA + 16 * i, .len = 16, .flags = i + 1 < n ? VRING_DESC_F_NEXT : 0, .next = i + 1};
	set(0, TABLE, n * sizeof(*t), VRING_DESC_F_INDIRECT, 0);
}

START_TEST(test_indirect)
{
	indirect(20);
	offer(0);
	ck_assert_int_eq(peek(), 1);
	ck_assert_uint_eq(chain.readable, 20);
	ck_assert_uint_eq(chain.read_len, 320);
	indirect(VIRTQ_MAX_SIZE);
	ck_assert_int_eq(peek(), 1);
	indirect(VIRTQ_MAX_SIZE + 1);
	ck_assert_int_eq(peek(), -EINVAL);
	indirect(4);
	q.indirect = 0;
	ck_assert_int_eq(peek(), -EINVAL);
}
END_TEST

START_TEST(test_bad_indirect)
{
	struct vring_desc *t = memory_writable(&mem, TABLE, 4 * sizeof(*t));
	offer(0);
	indirect(4);
	desc[0].len = 0;
	ck_assert_int_eq(peek(), -EINVAL);
	desc[0].len = 4 * 16 - 1;
	ck_assert_int_eq(peek(), -EINVAL);
	indirect(4);
	desc[0].flags |= VRING_DESC_F_NEXT;
	ck_assert_int_eq(peek(), -EINVAL);
	indirect(4);
	desc[0].addr = RAM - 32;
	ck_assert_int_eq(peek(), -EINVAL);
	indirect(4);
	t[3].flags = VRING_DESC_F_INDIRECT; /* nested */
	t[3].len = 64;
	t[3].addr = TABLE;
	ck_assert_int_eq(peek(), -EINVAL);
	indirect(4);
	t[2].next = 4; /* beyond the table, inside the queue */
	ck_assert_int_eq(peek(), -EINVAL);
	indirect(4);
	t[3].flags = VRING_DESC_F_NEXT; /* a loop */
	t[3].next = 0;
	ck_assert_int_eq(peek(), -EINVAL);
}
END_TEST

START_TEST(test_events)
{
	uint16_t *used_event = &avail->ring[SIZE], avail_event;
	set(0, DATA, 4, 0, 0);
	offer(0);
	ck_assert(virtq_enable_notify(&mem, &q));
	ck_assert_int_eq(peek(), 1);
	*used_event = 0;
	ck_assert_int_eq(virtq_finish(&mem, &q, &chain, 0), 0);
	ck_assert(virtq_wants_interrupt(&mem, &q, 0));
	*used_event = 1;
	ck_assert(!virtq_wants_interrupt(&mem, &q, 0));
	ck_assert(!virtq_wants_interrupt(&mem, &q, 1));
	ck_assert(!virtq_enable_notify(&mem, &q));
	memcpy(&avail_event, &used->ring[SIZE], 2);
	ck_assert_uint_eq(avail_event, 1);
	q.event_idx = 0;
	ck_assert(virtq_wants_interrupt(&mem, &q, 0));
	avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	ck_assert(!virtq_wants_interrupt(&mem, &q, 0));
}
END_TEST

/* Rings of random bytes: any answer is right as long as nothing outside memory is touched (ASan) and it ends. */
START_TEST(test_noise)
{
	unsigned int seed = 1;
	for (int round = 0; round < 20000; round++) {
		for (unsigned int i = 0; i < SIZE; i++) {
			set(i, rand_r(&seed) % (RAM + 64), rand_r(&seed) % 5000, rand_r(&seed) % 8, rand_r(&seed) % (SIZE + 1));
			avail->ring[i] = rand_r(&seed) % (SIZE + 1);
		}
		if (round % 3 == 0)
			set(0, DESC, 16 * SIZE, VRING_DESC_F_INDIRECT, 0);
		avail->idx = q.next_avail + rand_r(&seed) % (SIZE + 2);
		int r = peek();
		ck_assert(r == 0 || r == 1 || r == -EINVAL);
		if (r == 1) {
			for (unsigned int i = 0; i < chain.readable + chain.writable; i++) {
				uint8_t *p = chain.iov[i].iov_base;
				ck_assert(p >= mem.host && p + chain.iov[i].iov_len <= mem.host + RAM);
			}
			ck_assert_int_eq(virtq_finish(&mem, &q, &chain, 0), 0);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("virtqueue");
	TCase *t = tcase_create("virtqueue");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_valid);
	tcase_add_test(t, test_empty_and_not_ready);
	tcase_add_test(t, test_chain);
	tcase_add_test(t, test_index_wraps);
	tcase_add_test(t, test_too_many_available);
	tcase_add_test(t, test_bad_index);
	tcase_add_test(t, test_loops);
	tcase_add_test(t, test_bad_addresses);
	tcase_add_test(t, test_read_after_write);
	tcase_add_test(t, test_indirect);
	tcase_add_test(t, test_bad_indirect);
	tcase_add_test(t, test_events);
	tcase_add_test(t, test_noise);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
