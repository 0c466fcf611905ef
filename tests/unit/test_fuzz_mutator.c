/*
 * The mutator of fuzzed programs, as afl-fuzz calls it.
 * sources: vmm/fuzz/mutator/mutator.c vmm/fuzz/mutator/mutate.c vmm/fuzz/mutator/generate.c vmm/fuzz/mutator/data.c vmm/fuzz/mutator/flags.c vmm/fuzz/mutator/paths.c vmm/trace_flags.c shared/fuzz/grammar.c shared/fuzz/decode.c shared/fuzz/encode.c shared/fuzz/edit.c shared/fuzz/set.c shared/fuzz/tree.c
 */
#include <stdio.h>

#include "fuzz_cases.h"
#include "fuzz/mutator/mutate.h"

void *afl_custom_init(void *afl, unsigned int seed);
void afl_custom_deinit(void *data);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
		       size_t add_size, size_t max_size);
int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t size);
size_t afl_custom_trim(void *data, uint8_t **out);
int32_t afl_custom_post_trim(void *data, int success);

static struct fuzz_program p, q;

static void *start(unsigned int seed, const char *calls)
{
	setenv("MOTE_FUZZ_CALLS", calls, 1);
	void *m = afl_custom_init(NULL, seed);
	ck_assert_ptr_nonnull(m);
	return m;
}

/* Programs out of programs out of bytes: whole and within the size, and all that is in them comes
 * back. */
START_TEST(fuzz)
{
	uint64_t state = 3;
	void *m = start(7, "");
	uint8_t *pool[8], *out;
	size_t len[8];
	for (int i = 0; i < 8; i++)
		pool[i] = fuzz_case_bytes(&state, len[i] = fuzz_case_random(&state) % 600);
	for (unsigned int n = 0; n < 20000; n++) {
		unsigned int k = fuzz_case_random(&state) % 8, other = fuzz_case_random(&state) % 8;
		size_t max = n % 10 ? FUZZ_CASE_BYTES : 1 + fuzz_case_random(&state) % 200;
		size_t size = afl_custom_fuzz(m, pool[k], len[k], &out, n % 3 ? pool[other] : NULL,
					      n % 3 ? len[other] : 0, max);
		ck_assert_uint_ge(size, 1);
		ck_assert_uint_le(size, max);
		fuzz_decode(out, size, &p);
		ck_assert(fuzz_case_is_whole(&p));
		if (n % 4)
			continue;
		free(pool[k]);
		pool[k] = n % 400 ? malloc(size) : fuzz_case_bytes(&state, 40);
		len[k] = n % 400 ? size : 40;
		if (n % 400)
			memcpy(pool[k], out, size);
	}
	for (int i = 0; i < 8; i++)
		free(pool[i]);
	afl_custom_deinit(m);
}
END_TEST

static bool same_call(const struct fuzz_call *a, const struct fuzz_call *b)
{
	bool same = a->row == b->row;
	for (unsigned int k = 0; same && k < fuzz_row[a->row].argc; k++)
		same = a->arg[k].kind == b->arg[k].kind && a->arg[k].value == b->arg[k].value;
	return same;
}

/* The mutations themselves leave whole programs, before they are bytes. */
START_TEST(whole)
{
	static struct fuzz_mutation m;
	static uint8_t bytes[FUZZ_CASE_BYTES];
	struct fuzz_set all;
	ck_assert_ptr_null(fuzz_set_parse(&all, ""));
	fuzz_mutation_init(&m, 11, &all);
	for (unsigned int n = 0; n < 20000; n++) {
		if (n % 50 == 0)
			p = (struct fuzz_program){.threads = 1};
		fuzz_mutate(&m, &p, n % 2 ? &q : NULL);
		ck_assert_uint_ge(p.count, 1);
		size_t size = fuzz_encode(&p, bytes, sizeof(bytes));
		fuzz_decode(bytes, size, &q);
		ck_assert(fuzz_case_is_whole(&q));
		ck_assert(q.count == p.count || size > sizeof(bytes) - 600);
		for (unsigned int i = 0; i < q.count; i++)
			ck_assert(same_call(&p.call[i], &q.call[i]));
	}
}
END_TEST

START_TEST(repeatable)
{
	uint8_t in[100], *a, *b;
	memset(in, 5, sizeof(in));
	void *m = start(42, ""), *n = start(42, "");
	for (int i = 0; i < 1000; i++) {
		size_t la = afl_custom_fuzz(m, in, sizeof(in), &a, NULL, 0, 1000),
		       lb = afl_custom_fuzz(n, in, sizeof(in), &b, NULL, 0, 1000);
		ck_assert_uint_eq(la, lb);
		ck_assert_mem_eq(a, b, la);
	}
	afl_custom_deinit(m);
	afl_custom_deinit(n);
}
END_TEST

/* Out of nothing every call comes, and with a set none but its calls. */
START_TEST(all_calls)
{
	static bool seen[1024];
	uint8_t in[1] = {0}, *out;
	void *m = start(1, "");
	unsigned int n = 0, rows = 0;
	for (; rows < fuzz_row_count && n < 100000; n++) {
		fuzz_decode(out, afl_custom_fuzz(m, in, 1, &out, NULL, 0, 4000), &p);
		for (unsigned int i = 0; i < p.count; i++) {
			rows += !seen[p.call[i].row];
			seen[p.call[i].row] = true;
		}
	}
	ck_assert_uint_eq(rows, fuzz_row_count);
	afl_custom_deinit(m);
	m = start(1, "epoll_*,eventfd2");
	for (n = 0; n < 2000; n++) {
		fuzz_decode(out, afl_custom_fuzz(m, in, 1, &out, NULL, 0, 4000), &p);
		for (unsigned int i = 0; i < p.count; i++)
			ck_assert(!strncmp(fuzz_row[p.call[i].row].name, "epoll_", 6) ||
				  !strcmp(fuzz_row[p.call[i].row].name, "eventfd2"));
	}
	afl_custom_deinit(m);
	setenv("MOTE_FUZZ_CALLS", "nosuch", 1);
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	ck_assert_ptr_null(afl_custom_init(NULL, 1));
}
END_TEST

/* Trimming ends, and takes away all but what is needed: here the call 39. */
START_TEST(trim)
{
	uint8_t *in, *out;
	uint64_t state = 9;
	void *m = start(1, "");
	for (int round = 0; round < 50; round++) {
		size_t len = 500, size;
		in = fuzz_case_bytes(&state, len);
		in[0] = 0;
		in[1] = 39;
		in[2] = 0;
		int32_t steps = afl_custom_init_trim(m, in, len), step = 0;
		fuzz_decode(in, len, &q);
		while (step < steps) {
			size = afl_custom_trim(m, &out);
			ck_assert_uint_ge(size, 1);
			fuzz_decode(out, size, &p);
			ck_assert(fuzz_case_is_whole(&p));
			bool good = p.count && fuzz_row[p.call[0].row].id == 39;
			if (good)
				q = p;
			int32_t next = afl_custom_post_trim(m, good);
			ck_assert_int_gt(next, step);
			step = next;
		}
		ck_assert_uint_eq(q.count, 1);
		free(in);
	}
	afl_custom_deinit(m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fuzz_mutator");
	TCase *t = tcase_create("mutator");
	tcase_add_test(t, fuzz);
	tcase_add_test(t, whole);
	tcase_add_test(t, repeatable);
	tcase_add_test(t, all_calls);
	tcase_add_test(t, trim);
	tcase_set_timeout(t, 120);
	suite_add_tcase(suite, t);
	return fuzz_case_run(suite);
}
