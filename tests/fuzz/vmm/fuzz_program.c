/*
 * Programs for fuzzing, which come from a fuzzer's bytes: decoded, edited, encoded, printed as calls and as C.
 * sources: shared/fuzz/grammar.c shared/fuzz/decode.c shared/fuzz/encode.c shared/fuzz/edit.c shared/fuzz/set.c shared/fuzz/tree.c vmm/fuzz/print.c vmm/fuzz/print_c.c vmm/fuzz/print_c_text.c vmm/arch/x86_64_fuzz.c vmm/trace_args.c vmm/trace_flags.c
 */
#include "../../unit/fuzz_cases.h"
#include "lib/input.h"
#include "memory.h"
#include "shared/fuzz/edit.h"
#include "shared/fuzz/set.h"

static struct fuzz_program program, again;
static uint8_t bytes[2 * FUZZ_CASE_BYTES];

/* There is no machine whose memory could be read. */
uint64_t memory_read_user(const struct memory *mem, uint64_t root, uint64_t va, void *dst, uint64_t len)
{
	(void)mem, (void)root, (void)va, (void)dst, (void)len;
	abort();
}

ssize_t memory_read_user_string(const struct memory *mem, uint64_t root, uint64_t va, char *dst, size_t size)
{
	(void)mem, (void)root, (void)va, (void)dst, (void)size;
	abort();
}

/* Bytes of a program decode to the program. */
static void check_round_trip(void)
{
	size_t len = fuzz_encode(&program, bytes, sizeof(bytes));

	FUZZ_CHECK(len <= sizeof(bytes));
	fuzz_decode(bytes, len, &again);
	FUZZ_CHECK(fuzz_case_equal(&program, &again));
}

static void edit(struct input *in)
{
	unsigned int at = program.count ? input_u8(in) % program.count : 0;
	struct fuzz_call call = program.call[at];

	if (input_u8(in) & 1 && program.count)
		fuzz_remove_call(&program, at);
	else if (program.count)
		fuzz_insert_call(&program, at, &call);
	FUZZ_CHECK(fuzz_case_is_whole(&program));
}

/* Into a block of just that size: cut and ended where it is too small. */
static void print(size_t size)
{
	char *text = malloc(size);

	FUZZ_CHECK(text);
	for (unsigned int i = 0; i < program.count; i++) {
		size_t len = fuzz_print_call(&program, i, text, size);

		FUZZ_CHECK(strlen(text) == (len < size ? len : size - 1));
	}
	fuzz_print_c(&program, text, size);
	FUZZ_CHECK(strlen(text) < size);
	free(text);
}

static void parse_set(struct input *in)
{
	char text[64] = "";
	struct fuzz_set set;

	input_bytes(in, text, sizeof(text) - 1);
	const char *wrong = fuzz_set_parse(&set, text);

	FUZZ_CHECK(!wrong || (wrong >= text && wrong < text + sizeof(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	uint8_t edits = input_u8(&in) % 4, print_size = input_u8(&in);
	struct input changes = in;

	fuzz_decode(in.at, input_left(&in), &program);
	FUZZ_CHECK(fuzz_case_is_whole(&program));
	check_round_trip();
	for (uint8_t i = 0; i < edits; i++)
		edit(&changes);
	check_round_trip();
	print(1 + print_size);
	if (print_size % 8 == 0)
		print(65536);
	parse_set(&changes);
	return 0;
}
