/* What test_fuzz_*.c share: random bytes, and what must hold for every program. */
#ifndef TESTS_UNIT_FUZZ_CASES_H
#define TESTS_UNIT_FUZZ_CASES_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "shared/fuzz/grammar.h"
#include "shared/fuzz/layout.h"
#include "shared/fuzz/tree.h"

static inline uint64_t fuzz_case_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 32;
}

/* len bytes, in memory that ends with them; the caller frees it. Some are small numbers, so that
 * calls of all lengths come. */
static inline uint8_t *fuzz_case_bytes(uint64_t *state, size_t len)
{
	uint8_t *bytes = malloc(len ? len : 1);
	for (size_t i = 0; i < len; i++) {
		uint64_t r = fuzz_case_random(state);
		bytes[i] = r & 0x300 ? r : r % 8;
	}
	return bytes;
}

static inline bool fuzz_case_arg_is_whole(const struct fuzz_arg *a, unsigned int call)
{
	static const uint8_t zero[FUZZ_DATA_BYTES];
	unsigned int filled = a->kind == FUZZ_ARG_DATA ? a->size : 0;
	if (a->size > FUZZ_DATA_BYTES || a->offset > FUZZ_DATA_BYTES - 4 || a->offset % 4 ||
	    memcmp(a->bytes + filled, zero, FUZZ_DATA_BYTES - filled))
		return false;
	switch (a->kind) {
	case FUZZ_ARG_CONST:
		return true;
	case FUZZ_ARG_RESULT:
	case FUZZ_ARG_OUTPUT:
		return a->value < call || (!call && !a->value);
	case FUZZ_ARG_DATA:
		return a->value < FUZZ_DATA_VALUES;
	case FUZZ_ARG_PATH:
		return a->value < fuzz_path_count;
	default:
		return a->kind == FUZZ_ARG_MEMORY && a->value < FUZZ_MEMORY_BYTES;
	}
}

/* Every field is within the bounds that program.h gives. */
static inline bool fuzz_case_is_whole(const struct fuzz_program *p)
{
	bool whole =
		p->threads >= 1 && p->threads <= FUZZ_MAX_THREADS && p->count <= FUZZ_MAX_CALLS;
	for (unsigned int i = 0; whole && i < p->count; i++) {
		const struct fuzz_call *c = &p->call[i];
		whole = c->row < fuzz_row_count && fuzz_row[c->row].nr >= 0 &&
			c->thread < p->threads && c->child <= FUZZ_MAX_CHILD;
		for (unsigned int k = 0; whole && k < FUZZ_MAX_ARGS; k++)
			whole = fuzz_case_arg_is_whole(&c->arg[k], i);
	}
	return whole;
}

static inline bool fuzz_case_equal(const struct fuzz_program *a, const struct fuzz_program *b)
{
	return a->threads == b->threads && a->count == b->count &&
	       !memcmp(a->call, b->call, a->count * sizeof(*a->call));
}

static inline int fuzz_case_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

#endif
