/*
 * A case is the same whenever it runs: coverage, answers and outcome, in one rig and in another, whatever ran in between and however
 * that ended.
 *
 *	determinism KERNEL EXECUTOR RUNS [FILE...]
 *
 * FILEs are cases; others are drawn at random. Says "same", or what differed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "shared/fuzz/program.h"

#define RANDOM_CASES 24
#define CASES_MAX    256

struct sum {
	uint64_t coverage, answers, outcome;
};

static struct fuzz_case cases[CASES_MAX];
static struct sum first[CASES_MAX];
static unsigned int case_count;

static uint64_t add(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

static struct sum sum_up(struct fuzz_rig *r, const struct fuzz_outcome *o)
{
	struct sum s = {0xcbf29ce484222325ull, 0xcbf29ce484222325ull, (uint64_t)o->kind};
	unsigned int calls = o->results->calls < FUZZ_MAX_CALLS ? o->results->calls : FUZZ_MAX_CALLS;

	s.coverage = add(s.coverage, fuzz_map(r), fuzz_map_size(r));
	s.answers = add(s.answers, o->results->result, calls * sizeof(o->results->result[0]));
	s.outcome = add(s.outcome, o->signature, strlen(o->signature));
	return s;
}

static struct sum run(struct fuzz_rig *r, unsigned int i, unsigned int round)
{
	struct fuzz_outcome o;

	memset(fuzz_map(r), 0, fuzz_map_size(r));
	memcpy(fuzz_case(r), &cases[i], sizeof(cases[i]));
	if (fuzz_run(r, FUZZ_THOROUGH, &o))
		exit(1);
	if (!round && o.kind != FUZZ_FINE)
		printf("case %u: %s\n", i, o.signature);
	return sum_up(r, &o);
}

static int compare(struct fuzz_rig *r, unsigned int i, unsigned int round)
{
	struct sum s = run(r, i, round);

	if (!memcmp(&s, &first[i], sizeof(s)))
		return 0;
	printf("case %u, run %u: coverage %s, answers %s, outcome %s\n", i, round, s.coverage == first[i].coverage ? "same" : "differs",
	       s.answers == first[i].answers ? "same" : "differs", s.outcome == first[i].outcome ? "same" : "differs");
	return 1;
}

static struct fuzz_rig *open_rig(char **argv)
{
	struct fuzz_config config = {.kernel = argv[1], .executor = argv[2]};
	struct fuzz_rig *r;

	if (fuzz_open(&r, &config))
		exit(1);
	fuzz_set_options(r, FUZZ_OBSERVE);
	return r;
}

static void read_case(const char *path)
{
	FILE *f = fopen(path, "re");
	struct fuzz_case *c = &cases[case_count++];

	if (!f) {
		perror(path);
		exit(1);
	}
	c->len = (unsigned int)fread(c->bytes, 1, sizeof(c->bytes), f);
	fclose(f);
}

static void draw_case(unsigned int seed)
{
	struct fuzz_case *c = &cases[case_count++];

	srand(seed);
	c->len = 20 + (unsigned int)rand() % 300;
	for (unsigned int i = 0; i < c->len; i++)
		c->bytes[i] = (unsigned char)(rand() >> 8);
}

int main(int argc, char **argv)
{
	unsigned int runs = argc > 3 ? (unsigned int)atoi(argv[3]) : 0;
	int differences = 0;

	if (!runs)
		return 2;
	for (int i = 4; i < argc && case_count < CASES_MAX - RANDOM_CASES; i++)
		read_case(argv[i]);
	for (unsigned int i = 0; i < RANDOM_CASES; i++)
		draw_case(i + 1);
	struct fuzz_rig *r = open_rig(argv), *other = open_rig(argv);

	for (unsigned int i = 0; i < case_count; i++)
		first[i] = run(r, i, 0);
	for (unsigned int round = 1; round < runs; round++) {
		for (unsigned int i = 0; i < case_count; i++)
			differences += compare(r, i, round);
	}
	for (unsigned int i = 0; i < case_count; i++)
		differences += compare(other, i, runs);
	fuzz_close(other);
	fuzz_close(r);
	if (!differences)
		printf("same: %u cases, %u runs each\n", case_count, runs);
	return differences != 0;
}
