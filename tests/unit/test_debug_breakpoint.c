/*
 * Breakpoint instructions in memory that is shared, copied and given back.
 * sources: vmm/debug/breakpoint.c vmm/memory.c
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "debug/state.h"
#include "host.h"
#include "shared/abi/control.h"

#define PAGES	    16u
#define CONTROL	    0u		    /* page of struct machine_control */
#define KERNEL	    (BOOT_KERNEL_BASE + 0x100000)
#define KERNEL_PAGE 1u		    /* what is mapped at KERNEL */
#define CODE	    0x401000ull	    /* of programs */
#define INT3	    0xcc
#define OUT	    0xee

const uint8_t arch_program_breakpoint[ARCH_BREAKPOINT_SIZE] = {INT3};
const uint8_t arch_kernel_breakpoint[ARCH_BREAKPOINT_SIZE] = {OUT};

/* An address space maps one page at CODE, or none (page 0). A root is its number + 1. */
static struct space {
	unsigned int page;
	bool writable;
	const char *program;
} space[4];

static struct machine m;
static struct debugger debugger;
static struct vcpu *const v = &m.vcpu[0];
static uint64_t root_of_v;
static bool points_work;

void *memory_walk(const struct memory *mem, uint64_t root, uint64_t va, bool user, bool write, uint64_t *run)
{
	unsigned int page = 0;

	if (va - KERNEL < MEMORY_PAGE_SIZE && !user)
		page = KERNEL_PAGE;
	else if (va - CODE < MEMORY_PAGE_SIZE && root && (!write || space[root - 1].writable))
		page = space[root - 1].page;
	*run = MEMORY_PAGE_SIZE - va % MEMORY_PAGE_SIZE;
	return page ? (void *)memory_range(mem, page * MEMORY_PAGE_SIZE + va % MEMORY_PAGE_SIZE, *run) : NULL;
}

int debug_each_task(struct machine *machine, bool (*each)(void *ctx, const struct debug_task *t), void *ctx)
{
	(void)machine;
	for (unsigned int i = 0; i < 4; i++) {
		struct debug_task t = {.pid = (int)i + 2, .mm = i + 1, .root = i + 1};

		if (space[i].program && !each(ctx, &t))
			break;
	}
	return 0;
}

void debug_executable(struct machine *machine, uint64_t mm, char *name, size_t size)
{
	(void)machine;
	snprintf(name, size, "%s", space[mm - 1].program);
}

uint64_t debug_root(struct vcpu *vcpu)
{
	(void)vcpu;
	return root_of_v;
}

bool host_has_debug_points(void)
{
	return points_work;
}

bool arch_debug_point_valid(const struct debug_point *p)
{
	return p->len <= 8;
}

static uint8_t *byte(unsigned int page, unsigned int off)
{
	return m.memory.host + page * MEMORY_PAGE_SIZE + off;
}

static struct machine_control *control(void)
{
	return (struct machine_control *)byte(CONTROL, 0);
}

static void setup(void)
{
	memset(space, 0, sizeof(space));
	memset(&debugger, 0, sizeof(debugger));
	memset(&m, 0, sizeof(m));
	pthread_mutex_init(&debugger.lock, NULL);
	ck_assert_int_eq(memory_create(&m.memory, PAGES * MEMORY_PAGE_SIZE, 0), 0);
	for (unsigned int i = 0; i < PAGES * MEMORY_PAGE_SIZE; i++)
		m.memory.host[i] = (uint8_t)(i * 7 + i / MEMORY_PAGE_SIZE) & 0x7f;
	memset(control(), 0, sizeof(*control()));
	m.control = CONTROL;
	m.debugger = &debugger;
	m.cpus = 1;
	v->machine = &m;
	root_of_v = 0;
}

static void teardown(void)
{
	memory_destroy(&m.memory);
}

START_TEST(kernel)
{
	uint8_t old = *byte(KERNEL_PAGE, 8), buf[4];

	ck_assert_int_eq(debug_insert(v, KERNEL + 8), 0);
	ck_assert_int_eq(debug_insert(v, KERNEL + 8), 0);
	ck_assert_uint_eq(*byte(KERNEL_PAGE, 8), OUT);
	ck_assert_int_eq(debug_site_at(&m, 0, KERNEL + 8), SITE_HERE);
	ck_assert_int_eq(debug_site_at(&m, 0, KERNEL + 9), SITE_NONE);
	memcpy(buf, byte(KERNEL_PAGE, 6), 4);
	debug_hide(&m, KERNEL_PAGE * MEMORY_PAGE_SIZE + 6, buf, 4);
	ck_assert_uint_eq(buf[2], old);
	ck_assert(!control()->debug_leave);
	ck_assert_int_eq(debug_remove(&m, KERNEL + 8), 0);
	ck_assert_uint_eq(*byte(KERNEL_PAGE, 8), old);
	ck_assert_int_eq(debug_remove(&m, KERNEL + 8), -ENOENT);
	ck_assert_int_eq(debug_insert(v, KERNEL + MEMORY_PAGE_SIZE), -EFAULT);
}
END_TEST

/* Set before anything is there: it goes in when the first program comes, and only into that one. */
START_TEST(pending)
{
	ck_assert_int_eq(debug_insert(v, CODE + 4), 0);
	ck_assert(control()->debug_leave);
	ck_assert_ptr_null(debug_program(&m));
	space[0] = (struct space){.page = 3, .program = "prog"};
	space[1] = (struct space){.page = 4, .program = "other"};
	debug_plant_in(&m, 1, "prog");
	debug_plant_in(&m, 2, "other");
	ck_assert_str_eq(debug_program(&m), "prog");
	ck_assert_uint_eq(*byte(3, 4), INT3);
	ck_assert_uint_ne(*byte(4, 4), INT3);
	debug_remove_all(&m);
	ck_assert_uint_ne(*byte(3, 4), INT3);
	ck_assert(!control()->debug_leave);
}
END_TEST

/* The page of the program turns up elsewhere, as a library does. */
START_TEST(shared_page)
{
	space[0] = (struct space){.page = 3, .program = "prog"};
	space[1] = (struct space){.page = 3, .program = "other"};
	ck_assert_int_eq(debug_insert(v, CODE + 4), 0);
	ck_assert_int_eq(debug_site_at(&m, 1, CODE + 4), SITE_HERE);
	ck_assert_int_eq(debug_insert(v, CODE + 5), 0);
	space[1].page = 0;
	ck_assert_int_eq(debug_site_at(&m, 2, CODE + 4), SITE_NONE);
	/* met at an address that is nobody's breakpoint */
	debugger.breakpoint[0].address = CODE + 0x100;
	ck_assert_int_eq(debug_site_at(&m, 1, CODE + 4), SITE_ELSEWHERE);
}
END_TEST

/* fork, then a write: the copy has the instruction in it, and what stood beneath is known from the original. */
START_TEST(copied_page)
{
	uint8_t old = *byte(3, 4);

	space[0] = (struct space){.page = 3, .program = "prog"};
	ck_assert_int_eq(debug_insert(v, CODE + 4), 0);
	space[1] = (struct space){.page = 5, .program = "prog"};
	memcpy(byte(5, 0), byte(3, 0), MEMORY_PAGE_SIZE);
	debug_plant_in(&m, 2, "prog");
	ck_assert_int_eq(debug_site_at(&m, 2, CODE + 4), SITE_HERE);
	/* one that is found only when the breakpoint goes */
	space[2] = (struct space){.page = 6, .program = "prog"};
	memcpy(byte(6, 0), byte(3, 0), MEMORY_PAGE_SIZE);
	ck_assert_int_eq(debug_remove(&m, CODE + 4), 0);
	ck_assert_uint_eq(*byte(3, 4), old);
	ck_assert_uint_eq(*byte(5, 4), old);
	ck_assert_uint_eq(*byte(6, 4), old);
}
END_TEST

/* A page that was given back and filled anew is left alone. */
START_TEST(reused_page)
{
	space[0] = (struct space){.page = 3, .program = "prog"};
	ck_assert_int_eq(debug_insert(v, CODE + 4), 0);
	space[0].program = NULL;
	*byte(3, 4) = 0x11;
	ck_assert_int_eq(debug_remove(&m, CODE + 4), 0);
	ck_assert_uint_eq(*byte(3, 4), 0x11);
}
END_TEST

/* More copies than there is room for: those that are gone make room. */
START_TEST(many_copies)
{
	space[0] = (struct space){.page = 3, .program = "prog"};
	ck_assert_int_eq(debug_insert(v, CODE + 4), 0);
	for (unsigned int i = 0; i < 3 * MAX_SITES; i++) {
		*byte(space[0].page, 4) = 0x11;
		space[0].page = 3 + i % 12;
		debug_plant_in(&m, 1, "prog");
		ck_assert_int_eq(debug_site_at(&m, 1, CODE + 4), SITE_HERE);
	}
}
END_TEST

/* On a stack: only where it was asked for, whoever else runs the program. */
START_TEST(own_memory)
{
	space[0] = (struct space){.page = 3, .program = "prog", .writable = true};
	space[1] = (struct space){.page = 4, .program = "prog", .writable = true};
	root_of_v = 2;
	ck_assert_int_eq(debug_insert(v, CODE + 4), 0);
	debug_plant_in(&m, 1, "prog");
	ck_assert_uint_eq(*byte(4, 4), INT3);
	ck_assert_uint_ne(*byte(3, 4), INT3);
}
END_TEST

START_TEST(another_program)
{
	space[0] = (struct space){.page = 3, .program = "prog"};
	space[1] = (struct space){.page = 4, .program = "other"};
	ck_assert_int_eq(debug_insert(v, CODE + 4), 0);
	ck_assert_int_eq(debug_set_program(&m, "other"), 0);
	ck_assert_uint_ne(*byte(3, 4), INT3);
	ck_assert_uint_eq(*byte(4, 4), INT3);
	ck_assert_int_eq(debug_set_program(&m, ""), -EINVAL);
	ck_assert_int_eq(debug_set_program(&m, "/bin/sh"), -EINVAL);
	char name[300];

	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = 0;
	ck_assert_int_eq(debug_set_program(&m, name), -EINVAL);
	ck_assert_str_eq(debug_program(&m), "other");
}
END_TEST

/* Writes go beneath, and stay when it is removed. */
START_TEST(written_beneath)
{
	uint8_t buf[3] = {0x21, 0x22, 0x23};

	space[0] = (struct space){.page = 3, .program = "prog"};
	ck_assert_int_eq(debug_insert(v, CODE + 4), 0);
	debug_write_beneath(&m, 3 * MEMORY_PAGE_SIZE + 3, buf, 3);
	ck_assert_uint_eq(buf[0], 0x21);
	ck_assert_uint_eq(buf[1], INT3);
	memcpy(byte(3, 3), buf, 3);
	ck_assert_int_eq(debug_remove(&m, CODE + 4), 0);
	ck_assert_uint_eq(*byte(3, 4), 0x22);
}
END_TEST

START_TEST(lifted)
{
	uint8_t old = *byte(3, 4);

	space[0] = (struct space){.page = 3, .program = "prog"};
	ck_assert_int_eq(debug_insert(v, CODE + 4), 0);
	ck_assert_int_eq(debug_insert(v, KERNEL), 0);
	debug_lift(&m);
	ck_assert_uint_eq(*byte(3, 4), old);
	ck_assert_uint_ne(*byte(KERNEL_PAGE, 0), OUT);
	control()->debug_leave = 0;
	space[0].page = 7;
	debug_plant(&m, false);
	ck_assert_uint_eq(*byte(7, 4), INT3);
	ck_assert_uint_eq(*byte(KERNEL_PAGE, 0), OUT);
	ck_assert(control()->debug_leave);
}
END_TEST

START_TEST(limits)
{
	for (unsigned int i = 0; i < MAX_BREAKPOINTS; i++)
		ck_assert_int_eq(debug_insert(v, KERNEL + i), 0);
	ck_assert_int_eq(debug_insert(v, KERNEL + MAX_BREAKPOINTS), -ENOSPC);
	ck_assert_int_eq(debug_insert(v, 0x1000000000000ull), -EFAULT);
	debug_remove_all(&m);
	for (unsigned int i = 0; i < MAX_BREAKPOINTS; i++)
		ck_assert_uint_ne(*byte(KERNEL_PAGE, i), OUT);
}
END_TEST

START_TEST(hardware)
{
	struct debug_point p = {.address = CODE, .len = 4, .kind = DEBUG_POINT_WRITE};

	points_work = false;
	ck_assert_int_eq(debug_insert_point(&m, &p), -ENOTSUP);
	debugger.points = POINTS_UNKNOWN;
	points_work = true;
	for (unsigned int i = 0; i < ARCH_DEBUG_POINTS; i++) {
		p.address = CODE + 8 * i;
		ck_assert_int_eq(debug_insert_point(&m, &p), 0);
		ck_assert_int_eq(debug_insert_point(&m, &p), 0);
	}
	p.address = CODE + 0x100;
	ck_assert_int_eq(debug_insert_point(&m, &p), -ENOSPC);
	ck_assert_int_eq(debug_remove_point(&m, &p), -ENOENT);
	p.address = CODE + 8;
	ck_assert_uint_eq(debug_point_number(&m, 1)->address, CODE + 8);
	ck_assert_int_eq(debug_remove_point(&m, &p), 0);
	p.kind = DEBUG_POINT_READ;
	ck_assert_int_eq(debug_insert_point(&m, &p), -ENOTSUP);
	p.kind = DEBUG_POINT_ACCESS;
	p.len = 16;
	ck_assert_int_eq(debug_insert_point(&m, &p), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("debug_breakpoint");
	TCase *t = tcase_create("breakpoints");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, kernel);
	tcase_add_test(t, pending);
	tcase_add_test(t, shared_page);
	tcase_add_test(t, copied_page);
	tcase_add_test(t, reused_page);
	tcase_add_test(t, many_copies);
	tcase_add_test(t, own_memory);
	tcase_add_test(t, another_program);
	tcase_add_test(t, written_beneath);
	tcase_add_test(t, lifted);
	tcase_add_test(t, limits);
	tcase_add_test(t, hardware);
	suite_add_tcase(suite, t);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
