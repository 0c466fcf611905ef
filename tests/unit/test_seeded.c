/*
 * Numbers from a seed: the same again, others for others, in whatever pieces they are taken.
 * sources: vmm/seeded.c
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "seeded.h"

/* splitmix64 of the state 0, as its author gives it. */
START_TEST(known)
{
	static const uint64_t want[] = {0xe220a8397b1dcdafull, 0x6e789e6aa1b965f4ull, 0x06c45d188009454full};
	struct seeded s = {0};
	uint64_t got[3];

	seeded_bytes(&s, got, sizeof(got));
	ck_assert_mem_eq(got, want, sizeof(want));
}
END_TEST

START_TEST(repeats)
{
	struct seeded a, b;
	unsigned char x[1000], y[1000];

	for (uint64_t seed = 0; seed < 50; seed++) {
		seeded_init(&a, seed, SEEDED_BOOT);
		seeded_init(&b, seed, SEEDED_BOOT);
		seeded_bytes(&a, x, sizeof(x));
		seeded_bytes(&b, y, sizeof(y));
		ck_assert_mem_eq(x, y, sizeof(x));
	}
}
END_TEST

START_TEST(differs)
{
	uint64_t all[200];
	size_t n = 0;

	for (uint64_t seed = 0; seed < 50; seed++) {
		for (int stream = SEEDED_BOOT; stream <= SEEDED_RNG; stream++) {
			struct seeded s;

			seeded_init(&s, seed, (enum seeded_stream)stream);
			seeded_bytes(&s, &all[n], 16);
			n += 2;
		}
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_uint_ne(all[i], all[k]);
}
END_TEST

/* A copy of the state goes on as the original does; a short request uses up its last word. */
START_TEST(resumes)
{
	struct seeded a, b;
	unsigned char x[24], y[24], guard[4] = {7, 7, 7, 7};

	seeded_init(&a, 1, SEEDED_RNG);
	seeded_bytes(&a, guard, 3);
	ck_assert_uint_eq(guard[3], 7);
	b = a;
	seeded_bytes(&a, x, 24);
	seeded_bytes(&b, y, 5);
	ck_assert_mem_eq(x, y, 5);
	seeded_bytes(&b, y, 16);
	ck_assert_mem_eq(x + 8, y, 16);
	seeded_bytes(&b, NULL, 0);
	ck_assert_uint_eq(a.state, b.state);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("seeded");
	TCase *t = tcase_create("seeded");

	tcase_add_test(t, known);
	tcase_add_test(t, repeats);
	tcase_add_test(t, differs);
	tcase_add_test(t, resumes);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
