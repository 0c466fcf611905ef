/*
 * Virtual time: what moves it and how far, timers at idle, slices from the seed, and programs that never come in.
 * sources: guest/kernel/time/virtual.c
 */
#include <check.h>
#include <string.h>
#include "arch/arch.h"
#include "kernel/boot.h"
#include "kernel/lib/log.h"
#include "kernel/task/runqueue.h"
#include "kernel/task/sched.h"
#include "kernel/task/wait.h"
#include "kernel/time/clock.h"
#include "kernel/time/timer.h"
#include "kernel/time/virtual.h"
#include "shared/abi/clock.h"
#include "shared/abi/hypercall.h"

unsigned char *fake_memory;
u64 sched_slice_ns = SCHED_SLICE_NS;
u32 runqueue_count;

static struct clock_data data;
static struct cpu cpu;
static u64 earliest = NO_DEADLINE; /* of the kernel's timers */
static u64 alarm_ns;		    /* what the host's timer was set for last; 0: it fired */
static int diverted, expired, waited, taken, told;

struct clock_data *arch_clock_data(void)
{
	return &data;
}

void panic(const char *fmt, ...)
{
	ck_abort_msg("%s", fmt);
}

void arch_virtual_time(void)
{
	diverted++;
}

void arch_host_alarm(u64 ns)
{
	ck_assert_uint_gt(ns, 0);
	alarm_ns = ns;
}

void arch_wait_interrupt(void)
{
	waited++;
}

void arch_take_interrupts(void)
{
	taken++;
}

long arch_hypercall(unsigned int nr, u64 a, u64 b, u64 c, u64 d)
{
	(void)a, (void)b, (void)c, (void)d;
	ck_assert_uint_eq(nr, HC_CONSOLE);
	return told++;
}

struct cpu *cpu_current(void)
{
	return &cpu;
}

u64 time_add(u64 a, u64 b)
{
	u64 sum = a + b;

	return sum < a || sum == NO_DEADLINE ? NO_DEADLINE - 1 : sum;
}

u64 timer_next(void)
{
	return earliest;
}

void timer_interrupt(void)
{
	expired++;
	if (virtual_clock_ns() >= earliest)
		earliest = NO_DEADLINE;
	if (earliest != NO_DEADLINE)
		virtual_timer_arm(earliest);
}

static void arm(u64 deadline)
{
	earliest = deadline;
	virtual_timer_arm(deadline);
}

static void fire(void)
{
	ck_assert_uint_ne(alarm_ns, 0);
	alarm_ns = 0;
	cpu.interrupts++; /* as irq_dispatch() does */
	virtual_alarm();
}

/* Every test is a process of its own (CK_FORK): the state is fresh. */
static void begin(u64 seed)
{
	struct boot_info info = {.flags = BOOT_DETERMINISTIC, .cpu_count = 1, .random = {seed}};

	virtual_time_init(&info);
	ck_assert(virtual_time_on);
	ck_assert_uint_eq(virtual_clock_ns(), 0);
}

static void calls(int n, bool waiting)
{
	while (n--) {
		virtual_call_enter();
		virtual_call_exit(waiting);
	}
}

START_TEST(off_unless_asked_for)
{
	struct boot_info info = {.cpu_count = 1};

	virtual_time_init(&info);
	ck_assert(!virtual_time_on && !diverted && !data.is_virtual);
	ck_assert_uint_eq(sched_slice_ns, SCHED_SLICE_NS);
}
END_TEST

START_TEST(calls_take_time)
{
	begin(1);
	ck_assert(diverted == 1 && data.is_virtual);
	calls(1000, false);
	ck_assert_uint_eq(virtual_clock_ns(), 1000 * VIRTUAL_CALL_NS);
	ck_assert_int_eq(expired, 0);
	ck_assert_uint_eq(alarm_ns, 0);
}
END_TEST

START_TEST(waiting_takes_more)
{
	u64 before, want = 0;

	begin(1);
	for (unsigned int i = 0; i <= VIRTUAL_DOUBLINGS; i++) {
		calls(VIRTUAL_WAITS, true);
		want += (VIRTUAL_WAITS * VIRTUAL_CALL_NS) << i;
		ck_assert_uint_eq(virtual_clock_ns(), want);
	}
	before = virtual_clock_ns();
	calls(1, true);
	ck_assert_uint_eq(virtual_clock_ns() - before, VIRTUAL_CALL_NS << VIRTUAL_DOUBLINGS);
	/* A few other calls between are part of such a loop ... */
	calls(VIRTUAL_OTHERS, false);
	calls(1, true);
	before = virtual_clock_ns();
	calls(VIRTUAL_OTHERS + 1, false);
	/* ... more end it. */
	ck_assert_uint_eq(virtual_clock_ns() - before, (VIRTUAL_OTHERS + 1) * (VIRTUAL_CALL_NS << VIRTUAL_DOUBLINGS));
	before = virtual_clock_ns();
	calls(1, true);
	ck_assert_uint_eq(virtual_clock_ns() - before, VIRTUAL_CALL_NS);
}
END_TEST

/* A second is reached in so many looks at the clock. */
START_TEST(looking_gets_there)
{
	int looks = 0;

	begin(1);
	for (; virtual_clock_ns() < NSEC_PER_SEC; looks++)
		calls(1, true);
	ck_assert_int_lt(looks, 10000);
}
END_TEST

START_TEST(counter)
{
	u64 last = 0;

	begin(1);
	for (int i = 0; i < 1000; i++) {
		u64 now = virtual_counter_read();

		ck_assert_uint_gt(now, last);
		ck_assert_uint_eq(now, virtual_clock_ns());
		last = now;
	}
	ck_assert_uint_gt(last, 1000 * VIRTUAL_CALL_NS);
}
END_TEST

START_TEST(timers_expire_at_calls)
{
	begin(1);
	arm(3 * VIRTUAL_CALL_NS);
	calls(2, false);
	ck_assert_int_eq(expired, 0);
	calls(1, false);
	ck_assert_int_eq(expired, 1);
	ck_assert_uint_eq(cpu.interrupts, 1);
	calls(100, false);
	ck_assert_int_eq(expired, 1);
	arm(virtual_clock_ns()); /* past already */
	calls(1, false);
	ck_assert_int_eq(expired, 2);
}
END_TEST

START_TEST(idle_jumps)
{
	begin(1);
	calls(40, true);
	arm(1000 * NSEC_PER_SEC);
	virtual_idle();
	ck_assert_uint_eq(virtual_clock_ns(), 1000 * NSEC_PER_SEC);
	ck_assert(expired == 1 && !waited && taken == 1);
	/* who sleeps does not look */
	calls(1, true);
	ck_assert_uint_eq(virtual_clock_ns(), 1000 * NSEC_PER_SEC + VIRTUAL_CALL_NS);
	/* a timer that is past does not turn time back */
	arm(5);
	virtual_idle();
	ck_assert_uint_eq(virtual_clock_ns(), 1000 * NSEC_PER_SEC + VIRTUAL_CALL_NS);
	ck_assert_int_eq(expired, 2);
}
END_TEST

START_TEST(idle_waits_for_devices)
{
	begin(1);
	virtual_idle();
	ck_assert_int_eq(waited, 1);
	/* armed for a timer that was cancelled */
	arm(NSEC_PER_SEC);
	earliest = NO_DEADLINE;
	virtual_idle();
	ck_assert(waited == 2 && virtual_clock_ns() == 0);
	/* for ever */
	arm(VIRTUAL_END_NS);
	virtual_idle();
	ck_assert(waited == 3 && virtual_clock_ns() == 0);
	/* a device woke somebody */
	arm(NSEC_PER_SEC);
	runqueue_count = 1;
	virtual_idle();
	ck_assert(waited == 3 && virtual_clock_ns() == 0);
}
END_TEST

START_TEST(advances)
{
	begin(1);
	arm(NSEC_PER_SEC);
	virtual_advance(NSEC_PER_SEC);
	calls(1, false);
	ck_assert_uint_eq(virtual_clock_ns(), NSEC_PER_SEC + VIRTUAL_CALL_NS);
	ck_assert_int_eq(expired, 0); /* nobody asked for a nearer time */
	virtual_timer_arm(earliest);
	calls(1, false);
	ck_assert_int_eq(expired, 1);
	virtual_advance(~0ull);
	ck_assert_uint_eq(virtual_clock_ns(), NO_DEADLINE - 1);
	calls(1, false);
	ck_assert_uint_eq(virtual_clock_ns(), NO_DEADLINE - 1);
}
END_TEST

static void draw(u64 seed, u64 slice[64])
{
	begin(seed);
	for (int i = 0; i < 64; i++) {
		slice[i] = sched_slice_ns;
		ck_assert_uint_ge(slice[i], VIRTUAL_CALL_NS);
		ck_assert_uint_le(slice[i], VIRTUAL_SLICE_CALLS * VIRTUAL_CALL_NS);
		ck_assert_uint_eq(slice[i] % VIRTUAL_CALL_NS, 0);
		virtual_timer_arm(0);
		calls(1, false);
	}
}

static void begin_again(void)
{
	virtual_time_on = false;
	virtual_timer_arm(NO_DEADLINE);
}

START_TEST(slices_follow_from_the_seed)
{
	struct boot_info info = {.flags = BOOT_DETERMINISTIC, .cpu_count = 1};
	u64 a[64], b[64];

	draw(1, a);
	begin_again();
	info.random[0] = 1;
	virtual_time_init(&info);
	for (int i = 0; i < 64; i++) {
		b[i] = sched_slice_ns;
		virtual_timer_arm(0);
		calls(1, false);
	}
	ck_assert_mem_eq(a, b, sizeof(a));
	begin_again();
	info.random[0] = 2;
	virtual_time_init(&info);
	ck_assert(sched_slice_ns != a[0] || (virtual_timer_arm(0), calls(1, false), sched_slice_ns != a[1]));
}
END_TEST

/* Nobody is kept waiting: no time passes, and nothing is told. */
START_TEST(alone_may_compute)
{
	begin(1);
	calls(10, false);
	ck_assert_uint_eq(alarm_ns, 0);
	arm(NSEC_PER_SEC);
	ck_assert_uint_eq(alarm_ns, VIRTUAL_PATIENCE_NS);
	earliest = NO_DEADLINE; /* cancelled */
	for (int i = 0; i < 10; i++)
		fire();
	ck_assert_uint_eq(alarm_ns, VIRTUAL_PATIENCE_NS);
	ck_assert_uint_eq(virtual_clock_ns(), 10 * VIRTUAL_CALL_NS);
	ck_assert(!told && !cpu.interrupts && !expired);
}
END_TEST

/* Whoever comes in from time to time is left alone. */
START_TEST(patience)
{
	u64 before = 0;

	begin(1);
	arm(NSEC_PER_SEC);
	for (int i = 0; i < 10; i++) {
		calls(1, false);
		before = virtual_clock_ns();
		fire();
		ck_assert_uint_eq(virtual_clock_ns(), before);
	}
	ck_assert_int_eq(told, 0);
	/* not a call since the last one */
	fire();
	ck_assert_int_eq(told, 1);
	ck_assert_uint_eq(virtual_clock_ns(), before + VIRTUAL_PATIENCE_NS);
	ck_assert_int_eq(expired, 1);
}
END_TEST

/* A timer far ahead is reached when so much of the host's time has gone by, not sooner; then it is told, once. */
START_TEST(far_timer)
{
	u64 patient = 0;

	begin(1);
	arm(100 * NSEC_PER_SEC);
	while (!told) {
		ck_assert_uint_eq(virtual_clock_ns(), 0);
		fire();
		patient += VIRTUAL_PATIENCE_NS;
	}
	ck_assert_uint_ge(patient, 100 * NSEC_PER_SEC);
	ck_assert_uint_le(patient, 100 * NSEC_PER_SEC + VIRTUAL_PATIENCE_NS);
	ck_assert_uint_ge(virtual_clock_ns(), 100 * NSEC_PER_SEC);
	arm(virtual_clock_ns() + 1);
	ck_assert_uint_eq(alarm_ns, VIRTUAL_PATIENCE_AGAIN_NS);
	fire();
	ck_assert(told == 1 && expired == 2);
}
END_TEST

/* Its slice is what others wait for, whatever timers there are. */
START_TEST(company)
{
	begin(1);
	runqueue_count = 1;
	calls(1, false);
	virtual_timer_arm(50000);
	fire();
	ck_assert_int_eq(told, 0);
	fire();
	ck_assert(told == 1 && expired == 1);
	ck_assert_uint_ge(virtual_clock_ns(), 50000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("virtual");
	TCase *t = tcase_create("virtual");

	tcase_add_test(t, off_unless_asked_for);
	tcase_add_test(t, calls_take_time);
	tcase_add_test(t, waiting_takes_more);
	tcase_add_test(t, looking_gets_there);
	tcase_add_test(t, counter);
	tcase_add_test(t, timers_expire_at_calls);
	tcase_add_test(t, idle_jumps);
	tcase_add_test(t, idle_waits_for_devices);
	tcase_add_test(t, advances);
	tcase_add_test(t, slices_follow_from_the_seed);
	tcase_add_test(t, alone_may_compute);
	tcase_add_test(t, patience);
	tcase_add_test(t, far_timer);
	tcase_add_test(t, company);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
