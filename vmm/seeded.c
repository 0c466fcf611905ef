#include "seeded.h"

#include <string.h>

/* splitmix64: a counter through a mixing function. */
#define STEP 0x9e3779b97f4a7c15ull

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

void seeded_init(struct seeded *s, uint64_t seed, enum seeded_stream stream)
{
	s->state = mix(mix(seed) + (stream + 1) * STEP);
}

void seeded_bytes(struct seeded *s, void *buf, size_t n)
{
	unsigned char *p = buf;

	while (n) {
		size_t part = n < sizeof(uint64_t) ? n : sizeof(uint64_t);
		uint64_t word = mix(s->state += STEP);

		memcpy(p, &word, part);
		p += part;
		n -= part;
	}
}
