/*
 * Kernel timers: order, cancelling, arming from callbacks, and when the CPU is armed.
 * sources: guest/kernel/time/timer.c guest/kernel/lib/rbtree.c
 */
#include <check.h>
#include <stdlib.h>
#include "kernel/task/sched.h"
#include "kernel/time/timer.h"

#define COUNT 500

static u64 requested; /* the last cpu_timer_request */
static int requests;

void cpu_timer_request(u64 deadline_ns)
{
	requested = deadline_ns;
	requests++;
}

static u64 last_expiry;
static int fired, order_errors;

static void note(struct timer *t)
{
	order_errors += t->expires_ns < last_expiry || t->armed;
	last_expiry = t->expires_ns;
	fired++;
}

static void start(void)
{
	last_expiry = 0;
	fired = order_errors = requests = 0;
}

START_TEST(expires_in_order)
{
	static struct timer t[COUNT];
	unsigned int seed = 7;

	start();
	for (int i = 0; i < COUNT; i++) {
		timer_init(&t[i], note);
		timer_arm(&t[i], 1 + rand_r(&seed) % 100);
	}
	ck_assert(timer_expire(0) >= 1);
	ck_assert_int_eq(fired, 0);
	timer_expire(50);
	for (int i = 0; i < COUNT; i++)
		ck_assert(t[i].armed == (t[i].expires_ns > 50));
	ck_assert_uint_eq(timer_expire(100), ~0ull);
	ck_assert_int_eq(fired, COUNT);
	ck_assert_int_eq(order_errors, 0);
	ck_assert_uint_eq(timer_next(), ~0ull);
}
END_TEST

START_TEST(cancels)
{
	static struct timer t[COUNT];
	unsigned int seed = 11;

	start();
	for (int i = 0; i < COUNT; i++) {
		timer_init(&t[i], note);
		ck_assert(!timer_cancel(&t[i]));
		timer_arm(&t[i], rand_r(&seed) % 1000);
		timer_arm(&t[i], rand_r(&seed) % 1000); /* again: moves */
	}
	for (int i = 0; i < COUNT; i += 2)
		ck_assert(timer_cancel(&t[i]));
	timer_expire(1000);
	ck_assert_int_eq(fired, COUNT / 2);
	ck_assert_int_eq(order_errors, 0);
}
END_TEST

static struct timer again;

static void rearm(struct timer *t)
{
	if (++fired < 5)
		timer_arm(t, t->expires_ns + 10);
}

START_TEST(arms_in_callback)
{
	start();
	timer_init(&again, rearm);
	timer_arm(&again, 10);
	ck_assert_int_eq(requests, 1);
	ck_assert_uint_eq(timer_expire(25), 30);
	ck_assert_int_eq(fired, 2);
	ck_assert_int_eq(requests, 1); /* the caller of timer_expire arms the CPU */
	ck_assert_uint_eq(timer_expire(1000), ~0ull);
	ck_assert_int_eq(fired, 5);
}
END_TEST

START_TEST(arms_cpu_for_the_earliest_only)
{
	struct timer a, b, c, never;

	start();
	timer_init(&a, note);
	timer_init(&b, note);
	timer_init(&c, note);
	timer_init(&never, note);
	timer_arm(&a, 100);
	ck_assert_uint_eq(requested, 100);
	timer_arm(&b, 200);
	ck_assert_int_eq(requests, 1);
	timer_arm(&c, 50);
	ck_assert_uint_eq(requested, 50);
	timer_cancel(&c);
	ck_assert_uint_eq(timer_next(), 100);
	ck_assert_int_eq(requests, 2);
	timer_cancel(&a);
	timer_cancel(&b);
	/* the farthest time does not reach the hardware, where it would overflow */
	timer_arm(&never, ~0ull - 1);
	ck_assert(requested <= 1ull << 60);
	ck_assert_uint_eq(timer_expire(1ull << 61), requested);
	ck_assert_int_eq(fired, 0);
	timer_cancel(&never);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timer");
	TCase *c = tcase_create("timer");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(c, expires_in_order);
	tcase_add_test(c, cancels);
	tcase_add_test(c, arms_in_callback);
	tcase_add_test(c, arms_cpu_for_the_earliest_only);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
