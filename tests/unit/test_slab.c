/* Slabs and kmalloc. sources: guest/kernel/mm/slab.c guest/kernel/mm/page.c tests/unit/fake/memory.c */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "fake.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"

struct thing {
	char bytes[200];
};
struct big {
	char bytes[3000];
} __aligned(64);
static SLAB_CACHE(things, "thing", struct thing);
static SLAB_CACHE(bigs, "big", struct big);

static void boot(void)
{
	fake_boot(8192, 0);
	page_put(page_alloc(0, 0)); /* the page of poison */
	page_put(page_alloc(0, 0));
}

static u64 free_count(void)
{
	struct page_counts c;

	page_counts(&c);
	return c.free;
}

START_TEST(kmalloc_every_size)
{
	u64 before = free_count();
	unsigned char dirty = 0;

	for (size_t size = 0; size <= 9000; size += size < 2100 ? 1 : 97) {
		unsigned char *p = kmalloc(size), *q = kzalloc(size);

		ck_assert(p && q && p != q);
		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		if (size >= PAGE_SIZE)
			ck_assert_uint_eq((uintptr_t)p % PAGE_SIZE, 0);
		memset(p, 0xff, size);
		for (size_t i = 0; i < size; i++)
			dirty |= q[i];
		ck_assert_uint_eq(dirty, 0);
		kfree(p);
		kfree(q);
	}
	kfree(NULL);
	ck_assert_uint_eq(free_count(), before);
}
END_TEST

START_TEST(kmalloc_limits)
{
	void *p = kmalloc(4 << 20);

	ck_assert_ptr_nonnull(p);
	kfree(p);
	ck_assert_ptr_null(kmalloc((4 << 20) + 1));
	ck_assert_ptr_null(kmalloc(SIZE_MAX));
	ck_assert_ptr_null(kzalloc(SIZE_MAX - 4096));
	ck_assert_ptr_null(kstrndup("x", SIZE_MAX));
}
END_TEST

START_TEST(objects_do_not_overlap)
{
	enum { N = 500 };
	struct thing *all[N];
	u64 before = free_count();

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < N; i++) {
			all[i] = slab_alloc(&things);
			memset(all[i], i, sizeof(*all[i]));
		}
		ck_assert_uint_eq(things.objects, N);
		for (int i = 0; i < N; i++) {
			int k = (i * 7 + round) % N;

			ck_assert_int_eq((unsigned char)all[k]->bytes[0], k & 0xff);
			ck_assert_int_eq((unsigned char)all[k]->bytes[199], k & 0xff);
			slab_free(&things, all[k]);
		}
		ck_assert_uint_eq(things.objects, 0);
	}
	ck_assert_uint_eq(free_count(), before);
}
END_TEST

START_TEST(large_objects_are_aligned)
{
	struct big *b[9];

	for (int i = 0; i < 9; i++) {
		b[i] = slab_zalloc(&bigs);
		ck_assert_uint_eq((uintptr_t)b[i] % 64, 0);
		memset(b[i], 1, sizeof(*b[i]));
	}
	for (int i = 0; i < 9; i++)
		slab_free(&bigs, b[i]);
}
END_TEST

START_TEST(no_memory)
{
	page_fail_nth(1);
	ck_assert_ptr_null(slab_alloc(&things));
	ck_assert_ptr_nonnull(slab_alloc(&things));
	page_fail_nth(1);
	ck_assert_ptr_null(kmalloc(8192));
	while (kmalloc(1000))
		;
	ck_assert_ptr_null(kmalloc(1000));
	ck_assert_uint_eq(free_count(), 0);
}
END_TEST

/* Small objects are counted too, whether a spare is at hand or not; afterwards spares are kept again. */
START_TEST(nth_object_fails)
{
	bool failed;
	void *p;

	kmalloc(40); /* their slab */
	kfree(kmalloc(40));
	for (unsigned int n = 1; n <= 4; n++) {
		page_fail_nth(n);
		for (unsigned int i = 1; i <= 4; i++) {
			p = kmalloc(40);
			ck_assert_int_eq(p == NULL, i == n);
			kfree(p);
		}
		ck_assert_uint_eq(page_fail_counted(&failed), n);
		ck_assert(failed);
	}
	page_fail_nth(3);
	ck_assert_ptr_nonnull(kmalloc(40));
	ck_assert_ptr_null(slab_alloc(&things)); /* the object is the second, its slab the third */
	page_fail_nth(0);
	p = kmalloc(40);
	kfree(p);
	ck_assert_ptr_eq(kmalloc(40), p);
}
END_TEST

START_TEST(double_free_is_found)
{
	char *p = kmalloc(100), *q = kmalloc(100);

	kfree(p);
	ck_assert(FAKE_PANICS(kfree(p)));
	kfree(q);
}
END_TEST

START_TEST(overrun_is_found)
{
	char *p = kmalloc(48 - 16);

	p[48 - 16] = 1;
	ck_assert(FAKE_PANICS(kfree(p)));
}
END_TEST

/* What was asked for ends before the object does. */
START_TEST(overrun_into_the_rest_is_found)
{
	for (volatile size_t size = 1; size < 1000; size += 7) {
		char *p = kmalloc(size);

		p[size] = 1;
		ck_assert(FAKE_PANICS(kfree(p)));
	}
}
END_TEST

START_TEST(use_after_free_is_found)
{
	char *p = kmalloc(100);

	kfree(p);
	p[4] = 1;
	ck_assert(FAKE_PANICS(kmalloc(100)));
	p = slab_alloc(&things);
	slab_free(&things, (void *)p);
	p[199] = 1;
	ck_assert(FAKE_PANICS(slab_alloc(&things)));
}
END_TEST

START_TEST(page_references_are_checked)
{
	struct page *p = page_alloc(0, 0);

	page_get(p);
	page_put(p);
	page_put(p);
	ck_assert(FAKE_PANICS(page_put(p)));
	ck_assert(FAKE_PANICS(page_get(p)));
}
END_TEST

START_TEST(wrong_cache_is_found)
{
	void *p = slab_alloc(&things);

	ck_assert(FAKE_PANICS(slab_free(&bigs, p)));
}
END_TEST

START_TEST(copies)
{
	char *s = kstrndup("hello", 3);

	ck_assert_str_eq(s, "hel");
	kfree(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("slab");
	TCase *t = tcase_create("slab");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, boot, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, kmalloc_every_size);
	tcase_add_test(t, kmalloc_limits);
	tcase_add_test(t, objects_do_not_overlap);
	tcase_add_test(t, large_objects_are_aligned);
	tcase_add_test(t, no_memory);
	tcase_add_test(t, nth_object_fails);
	tcase_add_test(t, double_free_is_found);
	tcase_add_test(t, overrun_is_found);
	tcase_add_test(t, overrun_into_the_rest_is_found);
	tcase_add_test(t, page_references_are_checked);
	tcase_add_test(t, use_after_free_is_found);
	tcase_add_test(t, wrong_cache_is_found);
	tcase_add_test(t, copies);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
