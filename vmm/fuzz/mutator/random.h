/* Random numbers that follow from a seed. */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct fuzz_random {
	uint64_t state; /* not 0 */
};

/* xorshift64*: Marsaglia 2003, Vigna 2016 */
static inline uint64_t fuzz_random(struct fuzz_random *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1dull;
}

/* 0..n-1; n > 0 */
static inline unsigned int fuzz_below(struct fuzz_random *r, unsigned int n)
{
	return (fuzz_random(r) >> 32) * n >> 32;
}

static inline bool fuzz_chance(struct fuzz_random *r, unsigned int percent)
{
	return fuzz_below(r, 100) < percent;
}

#define FUZZ_PICK(r, array) ((array)[fuzz_below(r, sizeof(array) / sizeof(*(array)))])

#endif
