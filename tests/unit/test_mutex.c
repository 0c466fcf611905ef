/* Mutexes: the debug kernel's check of their order. sources: guest/kernel/task/mutex.c guest/kernel/mm/page.c guest/kernel/mm/slab.c tests/unit/fake/memory.c */
#include <check.h>
#include <stdlib.h>
#include "fake.h"
#include "arch/arch.h"
#include "kernel/task/wait.h"

static char task[8]; /* only its address counts */

int waitq_sleep(struct waitq *q __unused, int state __unused, u64 deadline __unused)
{
	abort();
}

void waitq_wake_all(struct waitq *q __unused, u32 key __unused)
{
}

static void set_up(void)
{
	fake_thread_info.task = (struct task *)task;
}

/* Take and release both, a first. */
static void pair(struct mutex *a, struct mutex *b)
{
	mutex_lock(a);
	mutex_lock(b);
	mutex_unlock(b);
	mutex_unlock(a);
}

START_TEST(one_order_is_fine)
{
	static struct mutex a, b, c;

	for (int i = 0; i < 3; i++) {
		pair(&a, &b);
		pair(&b, &c);
		pair(&a, &c);
	}
	for (int i = 0; i < 3; i++) { /* not at once: no order */
		mutex_lock(&c);
		mutex_unlock(&c);
		mutex_lock(&a);
		mutex_unlock(&a);
	}
}
END_TEST

START_TEST(both_orders_are_found)
{
	static struct mutex a, b;

	pair(&a, &b);
	ck_assert(FAKE_PANICS(pair(&b, &a)));
}
END_TEST

START_TEST(a_circle_is_found)
{
	static struct mutex a, b, c, d;

	pair(&c, &d);
	pair(&b, &c);
	pair(&a, &b);
	ck_assert(FAKE_PANICS(pair(&d, &a)));
}
END_TEST

START_TEST(twice_is_found)
{
	static struct mutex a;

	mutex_lock(&a);
	ck_assert(FAKE_PANICS(mutex_lock(&a)));
	mutex_unlock(&a);
	ck_assert(FAKE_PANICS(mutex_unlock(&a)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mutex");
	TCase *t = tcase_create("mutex");
	SRunner *r = srunner_create(s);

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, one_order_is_fine);
	tcase_add_test(t, both_orders_are_found);
	tcase_add_test(t, a_circle_is_found);
	tcase_add_test(t, twice_is_found);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
