#include "seen.h"

#include <string.h>

static uint8_t class_of(uint8_t count)
{
	static const uint8_t small[4] = {0, 1, 2, 4};

	if (count < 4)
		return small[count];
	return (uint8_t)(count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128);
}

static bool add_word(uint8_t *seen, const uint8_t *map)
{
	bool fresh = false;

	for (unsigned int i = 0; i < 8; i++) {
		uint8_t class = class_of(map[i]);

		fresh |= class & ~seen[i];
		seen[i] |= class;
	}
	return fresh;
}

bool seen_add(uint8_t *seen, const uint8_t *map, size_t size)
{
	bool fresh = false;

	for (size_t i = 0; i < size; i += 8) {
		uint64_t word;

		memcpy(&word, map + i, sizeof(word));
		if (word)
			fresh |= add_word(seen + i, map + i);
	}
	return fresh;
}
