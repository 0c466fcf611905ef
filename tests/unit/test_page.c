/* Page allocator. sources: guest/kernel/mm/page.c guest/kernel/mm/slab.c tests/unit/fake/memory.c */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "fake.h"
#include "kernel/mm/page.h"

#define RAM 4096

static void boot(void)
{
	fake_boot(RAM, 8);
}

static u64 free_count(void)
{
	struct page_counts c;

	page_counts(&c);
	return c.free;
}

static bool all_zero(struct page *p, size_t pages)
{
	const unsigned char *b = page_to_virt(p);

	for (size_t i = 0; i < pages * PAGE_SIZE; i++)
		if (b[i])
			return false;
	return true;
}

START_TEST(conversions)
{
	struct page *p = page_alloc(0, 0);

	ck_assert_ptr_eq(phys_to_page(page_to_phys(p)), p);
	ck_assert_ptr_eq(virt_to_page(page_to_virt(p)), p);
	ck_assert(phys_is_ram(page_to_phys(p)));
	ck_assert(!phys_is_ram(fake_bootfs()));
	page_put(p);
}
END_TEST

/* Whatever the history, an allocation is aligned, exclusive, zero when asked for, and the count
 * comes back. */
START_TEST(random_history)
{
	enum { LIVE = 64, STEPS = 20000 };
	struct page *live[LIVE] = {0};
	unsigned int order[LIVE];
	u64 before;

	page_put(page_alloc(0, 0)); /* the page of poison is made now */
	before = free_count();
	srand(1);
	for (int step = 0; step < STEPS; step++) {
		int i = rand() % LIVE;

		if (live[i]) {
			unsigned char *b = page_to_virt(live[i]);

			ck_assert_int_eq(b[0], i + 1);
			ck_assert_int_eq(b[(PAGE_SIZE << order[i]) - 1], i + 1);
			page_put(live[i]);
			live[i] = NULL;
			continue;
		}
		order[i] = rand() % 4 ? 0 : (unsigned int)rand() % 5;
		live[i] = page_alloc(order[i], PAGE_ALLOC_ZERO);
		if (!live[i])
			continue;
		ck_assert_uint_eq(page_to_phys(live[i]) & ((PAGE_SIZE << order[i]) - 1), 0);
		ck_assert(all_zero(live[i], 1ul << order[i]));
		memset(page_to_virt(live[i]), i + 1, PAGE_SIZE << order[i]);
	}
	for (int i = 0; i < LIVE; i++)
		if (live[i])
			page_put(live[i]);
	ck_assert_uint_eq(free_count(), before);
}
END_TEST

START_TEST(merges_up_to_the_largest_block)
{
	static struct page *all[RAM];
	unsigned int n = 0, blocks = 0;

	while ((all[n] = page_alloc(0, 0)))
		n++;
	ck_assert_uint_eq(free_count(), 0);
	while (n)
		page_put(all[--n]);
	while (page_alloc(PAGE_MAX_ORDER, 0))
		blocks++;
	ck_assert_uint_ge(blocks,
			  RAM / 1024 - 2); /* the kernel lies in one, the poison in another */
}
END_TEST

START_TEST(user_allocations_leave_a_reserve)
{
	ck_assert_ptr_nonnull(page_alloc(0, 0));
	while (page_alloc(0, PAGE_ALLOC_USER))
		;
	ck_assert_uint_eq(page_available(), 0);
	ck_assert_uint_gt(free_count(), 0);
	ck_assert_ptr_nonnull(page_alloc(0, 0));
}
END_TEST

START_TEST(hostile_orders)
{
	ck_assert_ptr_null(page_alloc(PAGE_MAX_ORDER + 1, 0));
	ck_assert_ptr_null(page_alloc(31, 0));
}
END_TEST

START_TEST(boot_pages_never_enter_the_allocator)
{
	struct page *p = phys_to_page(fake_bootfs());
	u64 before = free_count();

	page_get(p);
	page_put(p);
	page_get(page_zero());
	page_put(page_zero());
	ck_assert_uint_eq(free_count(), before);
	ck_assert(all_zero(page_zero(), 1));
}
END_TEST

START_TEST(nth_failure)
{
	struct page *p;

	page_fail_nth(3);
	ck_assert_ptr_nonnull(page_alloc(0, 0));
	ck_assert_ptr_nonnull(page_alloc(2, 0));
	ck_assert_ptr_null(page_alloc(0, 0));
	ck_assert_ptr_nonnull(page_alloc(0, 0));
	page_fail_nth(1);
	page_fail_nth(0);
	ck_assert_ptr_nonnull(page_alloc(0, 0));
	p = page_alloc_clean();
	page_free_clean(p);
	page_fail_nth(1);
	ck_assert_ptr_null(page_alloc_clean());
	ck_assert_ptr_eq(page_alloc_clean(), p);
}
END_TEST

START_TEST(failures_are_counted)
{
	bool failed;

	ck_assert_uint_eq(page_fail_counted(&failed), 0);
	ck_assert(!failed);
	page_fail_nth(3);
	ck_assert_ptr_nonnull(page_alloc(0, 0));
	ck_assert_uint_eq(page_fail_counted(&failed), 1);
	ck_assert(!failed);
	page_alloc(0, 0);
	page_alloc(0, 0);
	ck_assert_uint_eq(page_fail_counted(&failed), 3);
	ck_assert(failed);
	page_alloc(0, 0); /* no longer counted */
	ck_assert_uint_eq(page_fail_counted(&failed), 3);
	page_fail_nth(0);
	ck_assert_uint_eq(page_fail_counted(&failed), 0);
	ck_assert(!failed);
	page_fail_nth(~0ull);
	page_alloc(1, 0);
	ck_assert_uint_eq(page_fail_counted(&failed), 1);
	page_fail_nth(0);
}
END_TEST

START_TEST(clean_pages_come_back_when_memory_is_short)
{
	struct page *p = page_alloc_clean();
	u64 before = free_count();

	page_free_clean(p);
	ck_assert_uint_eq(free_count(), before + 1);
	while (page_alloc(0, PAGE_ALLOC_ZERO))
		;
	ck_assert_uint_eq(free_count(), 0);
}
END_TEST

START_TEST(write_after_free_is_found)
{
	struct page *p;

	page_put(page_alloc(0, 0));
	p = page_alloc(0, 0);
	page_put(p);
	memset(page_to_virt(p), 1, 16);
	ck_assert(FAKE_PANICS(page_alloc(0, 0)));
}
END_TEST

START_TEST(unclean_clean_page_is_found)
{
	struct page *p = page_alloc_clean();

	((char *)page_to_virt(p))[100] = 1;
	ck_assert(FAKE_PANICS(page_free_clean(p)));
}
END_TEST

START_TEST(too_little_memory)
{
	ck_assert(FAKE_PANICS(fake_boot(64, 0)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("page");
	TCase *t = tcase_create("page"), *tiny = tcase_create("tiny");
	SRunner *r = srunner_create(s);

	tcase_add_checked_fixture(t, boot, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, conversions);
	tcase_add_test(t, random_history);
	tcase_add_test(t, merges_up_to_the_largest_block);
	tcase_add_test(t, user_allocations_leave_a_reserve);
	tcase_add_test(t, hostile_orders);
	tcase_add_test(t, boot_pages_never_enter_the_allocator);
	tcase_add_test(t, nth_failure);
	tcase_add_test(t, failures_are_counted);
	tcase_add_test(t, clean_pages_come_back_when_memory_is_short);
	tcase_add_test(t, write_after_free_is_found);
	tcase_add_test(t, unclean_clean_page_is_found);
	tcase_add_test(tiny, too_little_memory);
	suite_add_tcase(s, t);
	suite_add_tcase(s, tiny);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
