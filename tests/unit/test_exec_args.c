/*
 * Gathering the arguments of execve: contiguous and scattered strings, limits, bad pointers, failing allocations.
 * sources: guest/kernel/task/exec_args.c tests/unit/fake/stack_limit.c
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fake/stack_limit.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/exec.h"

/* ---- what the file leans on ---- */

static int allocations, fail_at, live;

void *kmalloc(size_t size)
{
	if (++allocations == fail_at)
		return NULL;
	live++;
	return malloc(size);
}

void kfree(void *p)
{
	live -= p != NULL;
	free(p);
}

/* "User memory" is one block; what lies outside is not mapped. */
static char user[1 << 20] __attribute__((aligned(4096)));

static size_t readable(const void *p, size_t n)
{
	uintptr_t at = (uintptr_t)p, from = (uintptr_t)user, to = from + sizeof(user);
	return at < from || at >= to ? 0 : MIN(n, to - at);
}

size_t copy_from_user_partial(void *dst, const void *src, size_t n)
{
	size_t can = readable(src, n);
	memcpy(dst, src, can);
	return can;
}

size_t arch_copy_from_user(void *dst, const void *src, size_t n)
{
	return n - copy_from_user_partial(dst, src, n);
}

int path_from_user(const char *p, char **out); /* of kernel/fs/vfs.h */
int path_from_user(const char *p, char **out)
{
	if (!readable(p, 1))
		return -EFAULT;
	*out = kmalloc(strlen(p) + 1);
	if (!*out)
		return -ENOMEM;
	strcpy(*out, p);
	return 0;
}

static void fresh(void)
{
	fake_stack_limit(8 << 20);
	memset(user, 0, sizeof(user));
	allocations = fail_at = live = 0;
}

/* ---- the cases ---- */

#define VECTOR ((const char **)user)
#define TEXT (user + 65536)

static void expect(const struct exec_strings *s, u32 i, const char *text)
{
	ck_assert_uint_lt(i, s->count);
	ck_assert_str_eq(s->data + s->offset[i], text);
}

START_TEST(contiguous)
{
	struct exec_strings s = {0};
	fresh();
	char *at = TEXT;
	for (int i = 0; i < 300; i++) {
		VECTOR[i] = at;
		at += sprintf(at, "VARIABLE_%d=%.*s", i, i % 60, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") + 1;
	}
	ck_assert_int_eq(exec_strings_from_user(&s, user), 0);
	ck_assert_uint_eq(s.count, 300);
	ck_assert_uint_eq(s.len, (size_t)(at - TEXT));
	ck_assert(!memcmp(s.data, TEXT, s.len));
	for (u32 i = 0; i < 300; i++)
		expect(&s, i, VECTOR[i]);
	kfree(s.data);
	kfree(s.offset);
	ck_assert_int_eq(live, 0);
}
END_TEST

START_TEST(scattered)
{
	struct exec_strings s = {0};
	fresh();
	/* across pages, backwards, empty, the same one twice, at the very end of memory */
	VECTOR[0] = strcpy(TEXT + 4096 - 3, "across a page");
	VECTOR[1] = strcpy(TEXT + 200, "earlier");
	VECTOR[2] = strcpy(TEXT + 100, "");
	VECTOR[3] = VECTOR[1];
	VECTOR[4] = strcpy(user + sizeof(user) - 5, "last");
	VECTOR[5] = memset(TEXT + 8192, 'b', 9000);
	ck_assert_int_eq(exec_strings_from_user(&s, user), 0);
	ck_assert_uint_eq(s.count, 6);
	for (u32 i = 0; i < 6; i++)
		expect(&s, i, VECTOR[i]);
	kfree(s.data);
	kfree(s.offset);
}
END_TEST

static int gather(void)
{
	struct exec_args a;
	int err = exec_args_from_user(&a, strcpy(user + 60000, "/path"), user, NULL);
	if (!err)
		exec_args_release(&a);
	ck_assert_int_eq(live, 0);
	return err;
}

START_TEST(limits)
{
	fresh();
	VECTOR[0] = memset(TEXT, 'x', 131071);
	ck_assert_int_eq(gather(), 0);
	TEXT[131071] = 'x';
	ck_assert_int_eq(gather(), -E2BIG);
	TEXT[131071] = 0;
	for (int i = 0; i < 17; i++)
		VECTOR[i] = TEXT;
	ck_assert_int_eq(gather(), -E2BIG); /* more than a quarter of the stack */
	VECTOR[15] = NULL;
	ck_assert_int_eq(gather(), 0);
	fake_stack_limit(1 << 20);
	ck_assert_int_eq(gather(), -E2BIG);
	for (int i = 0; i < 7000; i++)
		VECTOR[i] = "";
	ck_assert_int_eq(gather(), -EFAULT); /* a string outside */
}
END_TEST

START_TEST(bad_pointers)
{
	fresh();
	VECTOR[0] = (char *)8;
	ck_assert_int_eq(gather(), -EFAULT);
	VECTOR[0] = (char *)~0ul;
	ck_assert_int_eq(gather(), -EFAULT);
	VECTOR[0] = memset(user + sizeof(user) - 64, 'x', 64); /* runs out of memory without a NUL */
	ck_assert_int_eq(gather(), -EFAULT);
	struct exec_args a;
	ck_assert_int_eq(exec_args_from_user(&a, user + 60000, (void *)8, NULL), -EFAULT);
	ck_assert_int_eq(exec_args_from_user(&a, (char *)8, user, NULL), -EFAULT);
	ck_assert_int_eq(live, 0);
}
END_TEST

START_TEST(front_and_back)
{
	struct exec_strings s = {0};
	fresh();
	static const char text[] = "one\0two\0three\0more";
	ck_assert_int_eq(exec_strings_adopt(&s, text, text + sizeof(text), 3), 0);
	ck_assert_int_eq(exec_strings_add_front(&s, "zero"), 0);
	ck_assert_int_eq(exec_strings_add(&s, "four!", 4), 0);
	const char *want[] = {"zero", "one", "two", "three", "four"};
	for (u32 i = 0; i < 5; i++)
		expect(&s, i, want[i]);
	exec_strings_drop_first(&s);
	expect(&s, 0, "one");
	expect(&s, 3, "four");
	for (int i = 0; i < 6; i++)
		exec_strings_drop_first(&s);
	ck_assert_uint_eq(s.count, 0);
	ck_assert_uint_eq(s.len, 0);
	kfree(s.data);
	kfree(s.offset);
	struct exec_strings cut = {0};
	ck_assert_int_eq(exec_strings_adopt(&cut, text, text + 10, 3), -EINVAL);
	kfree(cut.data);
	kfree(cut.offset);
}
END_TEST

START_TEST(failing_allocations)
{
	fresh();
	for (int i = 0; i < 200; i++)
		VECTOR[i] = strcpy(TEXT + 64 * i, "some text that fills blocks");
	for (int n = 1;; n++) {
		allocations = 0;
		fail_at = n;
		int err = gather();
		if (!err)
			break;
		ck_assert_int_eq(err, -ENOMEM);
		ck_assert_int_lt(n, 100);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exec_args");
	TCase *c = tcase_create("strings");
	tcase_add_test(c, contiguous);
	tcase_add_test(c, scattered);
	tcase_add_test(c, limits);
	tcase_add_test(c, bad_pointers);
	tcase_add_test(c, front_and_back);
	tcase_add_test(c, failing_allocations);
	suite_add_tcase(suite, c);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
