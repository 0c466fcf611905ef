/*
 * The custom mutator of afl-fuzz 4.04 (AFL_CUSTOM_MUTATOR_LIBRARY): docs/custom_mutators.md of
 * AFL++ has the contracts.
 *
 * MOTE_FUZZ_CALLS in the environment: the calls that may be put into programs, as fuzz_set_parse()
 * takes them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mutate.h"
#include "shared/fuzz/edit.h"

struct mutator {
	struct fuzz_mutation mutation;
	struct fuzz_program program, other, tried;
	unsigned int step, steps; /* of trimming */
	uint8_t out[FUZZ_CASE_BYTES];
};

#pragma GCC visibility push(default)
void *afl_custom_init(void *afl, unsigned int seed);
void afl_custom_deinit(void *data);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
		       size_t add_size, size_t max_size);
int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t size);
size_t afl_custom_trim(void *data, uint8_t **out);
int32_t afl_custom_post_trim(void *data, int success);
#pragma GCC visibility pop

void *afl_custom_init(void *afl __attribute__((unused)), unsigned int seed)
{
	const char *calls = getenv("MOTE_FUZZ_CALLS");
	struct fuzz_set set;
	const char *bad = fuzz_set_parse(&set, calls ? calls : "");
	if (bad) {
		fprintf(stderr, "mutator: MOTE_FUZZ_CALLS: no call is called '%s'\n", bad);
		return NULL;
	}
	struct mutator *m = calloc(1, sizeof(*m));
	if (m)
		fuzz_mutation_init(&m->mutation, seed, &set);
	return m;
}

void afl_custom_deinit(void *data)
{
	free(data);
}

static size_t encode(struct mutator *m, const struct fuzz_program *p, size_t max_size)
{
	return fuzz_encode(p, m->out, max_size < sizeof(m->out) ? max_size : sizeof(m->out));
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
		       size_t add_size, size_t max_size)
{
	struct mutator *m = data;
	fuzz_decode(buf, size, &m->program);
	if (add)
		fuzz_decode(add, add_size, &m->other);
	fuzz_mutate(&m->mutation, &m->program, add ? &m->other : NULL);
	*out = m->out;
	return encode(m, &m->program, max_size);
}

/* Trimming goes from the last call to the first and tries without each; then without each
 * argument's bytes. */
int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t size)
{
	struct mutator *m = data;
	fuzz_decode(buf, size, &m->program);
	m->step = 0;
	m->steps = m->program.count * (1 + FUZZ_MAX_ARGS);
	return m->steps;
}

static bool try_step(struct mutator *m, unsigned int step)
{
	unsigned int calls = m->steps / (1 + FUZZ_MAX_ARGS);
	m->tried = m->program;
	if (step < calls) {
		if (m->tried.count < 2)
			return false;
		fuzz_remove_call(&m->tried, calls - 1 - step);
		return true;
	}
	unsigned int i = (step - calls) / FUZZ_MAX_ARGS, k = (step - calls) % FUZZ_MAX_ARGS;
	if (i >= m->tried.count || !m->tried.call[i].arg[k].size)
		return false;
	m->tried.call[i].arg[k].size = 0;
	return true;
}

/* A step that has nothing to try gives the program as it is. */
size_t afl_custom_trim(void *data, uint8_t **out)
{
	struct mutator *m = data;
	while (!try_step(m, m->step) && m->step + 1 < m->steps)
		m->step++;
	*out = m->out;
	return encode(m, &m->tried, sizeof(m->out));
}

int32_t afl_custom_post_trim(void *data, int success)
{
	struct mutator *m = data;
	if (success)
		m->program = m->tried;
	return ++m->step;
}
