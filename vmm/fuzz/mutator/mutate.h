/* Programs out of programs. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "generate.h"
#include "shared/fuzz/set.h"

struct fuzz_mutation {
	struct fuzz_random random;
	struct fuzz_set set; /* calls that may be put in */
	unsigned int rows;
	uint16_t row[1024]; /* the same as a list */
};

/* Everything follows from seed. set must not be empty. */
void fuzz_mutation_init(struct fuzz_mutation *m, uint64_t seed, const struct fuzz_set *set);
/* Some changes to p; other (NULL: none) is a program to take calls from. */
void fuzz_mutate(struct fuzz_mutation *m, struct fuzz_program *p, const struct fuzz_program *other);

#endif
