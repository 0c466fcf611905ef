/*
 * Clocks: conversions at their limits, setting, absolute times across a set.
 * sources: guest/kernel/time/clock.c guest/kernel/time/clock_timer.c guest/kernel/time/timer.c guest/kernel/lib/rbtree.c
 */
#include <check.h>
#include <time.h>
#include "arch/arch.h"
#include "kernel/task/sched.h"
#include "shared/abi/clock.h"
#include "kernel/time/clock.h"
#include "kernel/time/clock_timer.h"
#include "kernel/time/virtual.h"

/* Somebody runs: the task of CPU 0 is not its idle one. */
static char running;
struct cpu cpu_table[MAX_CPUS] = {{.current = (struct task *)&running}};
unsigned int cpu_count = 1;

static u64 uptime = 1000, cpu_time;
static struct clock_data data;

u64 arch_counter_ns(void)
{
	return uptime;
}

struct clock_data *arch_clock_data(void)
{
	return &data;
}

u64 arch_counter_hz(void)
{
	return 3000000000ull;
}

static u64 advanced;

bool virtual_time_on;

void virtual_advance(u64 ns)
{
	uptime += ns;
}

void sched_clock_advanced(u64 ns)
{
	advanced = ns;
}

void cpu_timer_request(u64 deadline_ns __unused)
{
}

void waitq_add(struct waitq *q, struct waiter *w)
{
	list_push_back(&q->waiters, &w->link);
}

void waitq_remove(struct waiter *w)
{
	list_remove(&w->link);
}

void waitq_wake_all(struct waitq *q, u32 key)
{
	struct waiter *w, *next;

	list_for_each_safe(w, next, &q->waiters, link)
		w->wake(w, key);
}

int cpu_clock_resolve(int clockid)
{
	return clockid;
}

bool cpu_clock_permitted(int clockid __unused)
{
	return true;
}

int cpu_clock_read(int clockid, u64 *ns)
{
	*ns = cpu_time;
	return clockid < 0 ? 0 : -EINVAL;
}

u32 cpu_clock_rate(int clockid __unused)
{
	return 2;
}

START_TEST(conversions)
{
	struct __kernel_timespec t = {0, 0};
	struct __kernel_old_timeval tv = {1, 999999};
	u64 ns;

	ck_assert_int_eq(timespec_to_ns(&t, &ns), 0);
	ck_assert_uint_eq(ns, 0);
	t = (struct __kernel_timespec){-1, 0};
	ck_assert_int_eq(timespec_to_ns(&t, &ns), -EINVAL);
	t = (struct __kernel_timespec){0, 1000000000};
	ck_assert_int_eq(timespec_to_ns(&t, &ns), -EINVAL);
	t = (struct __kernel_timespec){0, -1};
	ck_assert_int_eq(timespec_to_ns(&t, &ns), -EINVAL);
	t = (struct __kernel_timespec){INT64_MAX, 999999999};
	ck_assert_int_eq(timespec_to_ns(&t, &ns), 0);
	ck_assert_uint_eq(ns, INT64_MAX);
	t = (struct __kernel_timespec){5, 7};
	ck_assert_int_eq(timespec_to_ns(&t, &ns), 0);
	ck_assert_uint_eq(ns, 5000000007ull);
	t = ns_to_timespec(ns);
	ck_assert_int_eq(t.tv_sec, 5);
	ck_assert_int_eq(t.tv_nsec, 7);
	ck_assert_int_eq(timeval_to_ns(&tv, &ns), 0);
	ck_assert_uint_eq(ns, 1999999000ull);
	tv.tv_usec = 1000000;
	ck_assert_int_eq(timeval_to_ns(&tv, &ns), -EINVAL);
	ck_assert_int_eq(ns_to_timeval(1999999999).tv_usec, 999999);
	ck_assert_uint_eq(time_add(~0ull, 5), ~0ull - 1);
	ck_assert_uint_eq(time_add(3, 5), 8);
}
END_TEST

START_TEST(setting)
{
	u64 ns;

	uptime = 1000;
	ck_assert_int_eq(clock_set_realtime(999), -EINVAL); /* before boot */
	ck_assert_int_eq(clock_set_realtime(INT64_MAX), -EINVAL);
	ck_assert_int_eq(clock_set_realtime(5000), 0);
	ck_assert_uint_eq(data.realtime_offset_ns, 4000);
	ck_assert_uint_eq(data.sequence % 2, 0);
	ck_assert_int_eq(clock_read(CLOCK_REALTIME, &ns), 0);
	ck_assert_uint_eq(ns, 5000);
	ck_assert_int_eq(clock_read(CLOCK_MONOTONIC, &ns), 0);
	ck_assert_uint_eq(ns, 1000);
	ck_assert_int_eq(clock_read(10, &ns), -EINVAL);
	ck_assert_uint_eq(clock_realtime_to_monotonic(5500), 1500);
	ck_assert_uint_eq(clock_realtime_to_monotonic(10), 0);
}
END_TEST

START_TEST(advancing)
{
	const u64 year = 365ull * 24 * 3600 * NSEC_PER_SEC;

	uptime = 1000;
	ck_assert_int_eq(clock_set_realtime(5000), 0);
	data.counter_start = 100;
	advanced = 0;
	ck_assert_int_eq(clock_advance(2000000000ull), 0);
	/* two seconds at 3 GHz, and never less than asked for */
	ck_assert_uint_eq(data.counter_start, 100 - 6000000000ull - 1);
	ck_assert_uint_eq(advanced, 2000000000ull);
	ck_assert_uint_eq(data.realtime_offset_ns, 4000);
	ck_assert_uint_eq(data.sequence % 2, 0);
	ck_assert_int_eq(clock_advance(30 * year - 1000), 0);
	uptime = 29 * year;
	ck_assert_int_eq(clock_advance(year), 0);
	ck_assert_int_eq(clock_advance(year + 1), -EINVAL);
	ck_assert_int_eq(clock_advance(~0ull), -EINVAL);
	ck_assert_int_eq(clock_advance(~0ull - uptime + 1), -EINVAL);
	/* the real time cannot be represented for long */
	ck_assert_int_eq(clock_set_realtime((u64)INT64_MAX - 30 * year - 1000), 0);
	ck_assert_int_eq(clock_advance(1000), -EINVAL);
	ck_assert_uint_eq(advanced, year);
	uptime = 1000;
	ck_assert_int_eq(clock_set_realtime(5000), 0);
}
END_TEST

/* Virtual time is moved itself; the counter has no part in it. */
START_TEST(advancing_virtually)
{
	virtual_time_on = true;
	uptime = 1000;
	data.counter_start = 100;
	ck_assert_int_eq(clock_advance(5000), 0);
	ck_assert_uint_eq(clock_monotonic_ns(), 6000);
	ck_assert_uint_eq(data.counter_start, 100);
	ck_assert_uint_eq(advanced, 5000);
	virtual_time_on = false;
	uptime = 1000;
}
END_TEST

static int fired;

static void fire(struct clock_timer *t)
{
	fired++;
	if (t->interval)
		ck_assert_uint_eq(clock_timer_forward(t), 1);
}

static void at(u64 now)
{
	uptime = now;
	timer_expire(now);
}

START_TEST(periodic)
{
	struct clock_timer t;

	at(1000);
	fired = 0;
	clock_timer_init(&t, fire);
	ck_assert_uint_eq(clock_timer_left(&t), 0);
	clock_timer_start(&t, CLOCK_MONOTONIC, false, 100, 50);
	ck_assert_uint_eq(clock_timer_left(&t), 100);
	at(1099);
	ck_assert_int_eq(fired, 0);
	at(1100);
	ck_assert_int_eq(fired, 1);
	at(1150);
	ck_assert_int_eq(fired, 2);
	t.fn = NULL;
	timer_cancel(&t.timer);
	uptime = 1420; /* 1200, 1250 ... 1400 went by */
	ck_assert_uint_eq(clock_timer_forward(&t), 5);
	ck_assert_uint_eq(clock_timer_left(&t), 30);
	clock_timer_stop(&t);
	ck_assert_uint_eq(timer_next(), ~0ull);
}
END_TEST

/* An absolute real time moves with the clock, a relative one does not. */
START_TEST(follows_the_clock)
{
	struct clock_timer absolute, relative;

	at(1000);
	fired = 0;
	ck_assert_int_eq(clock_set_realtime(10000), 0);
	clock_timer_init(&absolute, fire);
	clock_timer_init(&relative, fire);
	clock_timer_start(&absolute, CLOCK_REALTIME, true, 10500, 0);
	clock_timer_start(&relative, CLOCK_REALTIME, false, 900, 0);
	ck_assert_uint_eq(timer_next(), 1500);
	ck_assert_int_eq(clock_set_realtime(10400), 0);
	ck_assert_uint_eq(timer_next(), 1100);
	ck_assert_int_eq(clock_set_realtime(9000), 0);
	ck_assert_uint_eq(timer_next(), 1900);
	at(1900);
	ck_assert_int_eq(fired, 1);
	at(2500);
	ck_assert_int_eq(fired, 2);
	clock_timer_stop(&absolute);
	clock_timer_stop(&relative);
}
END_TEST

/* A CPU clock is looked at when it can have got there, not before it has. */
START_TEST(cpu_clock)
{
	struct clock_timer t;

	at(0);
	fired = 0;
	cpu_time = 0;
	clock_timer_init(&t, fire);
	clock_timer_start(&t, -6, false, 10000000, 0);
	ck_assert_uint_eq(timer_next(), 5000000); /* two threads */
	cpu_time = 4000000;
	at(5000000);
	ck_assert_int_eq(fired, 0);
	ck_assert_uint_eq(timer_next(), 8000000);
	cpu_time = 10000000;
	at(8000000);
	ck_assert_int_eq(fired, 1);
	clock_timer_stop(&t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("clock");
	TCase *c = tcase_create("clock");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(c, conversions);
	tcase_add_test(c, setting);
	tcase_add_test(c, advancing);
	tcase_add_test(c, advancing_virtually);
	tcase_add_test(c, periodic);
	tcase_add_test(c, follows_the_clock);
	tcase_add_test(c, cpu_clock);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
