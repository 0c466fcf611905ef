/*
 * What a harness draws from its input: numbers and bytes from the front, zeros when it is used up,
 * so that every input means something and a longer one only adds to it.
 */
#ifndef FUZZ_VMM_INPUT_H
#define FUZZ_VMM_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
	const uint8_t *at, *end;
};

/* libFuzzer's entry points. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* A promise of the code under test that it broke. */
#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static inline size_t input_left(const struct input *in)
{
	return (size_t)(in->end - in->at);
}

/* Up to n bytes of what is left: how many. */
static inline size_t input_bytes(struct input *in, void *to, size_t n)
{
	size_t take = n < input_left(in) ? n : input_left(in);

	memset(to, 0, n);
	memcpy(to, in->at, take);
	in->at += take;
	return take;
}

static inline uint64_t input_number(struct input *in, size_t bytes)
{
	uint64_t value = 0;

	input_bytes(in, &value, bytes);
	return value;
}

static inline uint8_t input_u8(struct input *in)
{
	return (uint8_t)input_number(in, 1);
}

static inline uint16_t input_u16(struct input *in)
{
	return (uint16_t)input_number(in, 2);
}

static inline uint32_t input_u32(struct input *in)
{
	return (uint32_t)input_number(in, 4);
}

static inline uint64_t input_u64(struct input *in)
{
	return input_number(in, 8);
}

#endif
