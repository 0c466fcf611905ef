/*
 * Lines of the system-call trace, made of records and program memory as a hostile kernel may have them.
 * sources: vmm/trace.c vmm/trace_args.c vmm/trace_flags.c vmm/elfdeps.c vmm/memory.c vmm/arch/x86_64.c tests/fuzz/vmm/lib/guest_memory.c tests/fuzz/vmm/lib/quiet.c
 */
#include "lib/guest_memory.h"
#include "shared/abi/trace.h"
#include "trace_line.h"

#define MAX_ACTS  100
#define TEXT_SIZE 65536 /* as vmm/trace.c has it */

static struct memory mem;
static struct trace_lines lines;

/* Small numbers, addresses in the program, anything. */
static unsigned long long draw_argument(struct input *in)
{
	uint8_t how = input_u8(in);

	switch (how % 4) {
	case 0:
		return how >> 2;
	case 1:
		return GUEST_USER + input_u16(in);
	case 2:
		return (unsigned long long)(long long)(int8_t)input_u8(in);
	default:
		return input_u64(in);
	}
}

static void draw_record(struct input *in, struct trace_record *r)
{
	uint8_t how = input_u8(in);

	r->kind = how % 6;
	r->tid = how & 0x40 ? input_u32(in) : how >> 3 & 3;
	r->root = how & 0x80 ? input_u64(in) : GUEST_ROOT;
	r->nr = how & 0x20 ? draw_argument(in) : input_u16(in) % 512;
	for (unsigned int i = 0; i < 6; i++)
		r->arg[i] = draw_argument(in);
	r->ret = (long long)draw_argument(in);
}

/* The text is cut where it does not fit, and always ends. */
static void add(const struct trace_record *r, uint8_t small)
{
	size_t size = small ? small : TEXT_SIZE;
	char *text = malloc(size);

	FUZZ_CHECK(text);
	size_t len = trace_lines_add(&lines, &mem, r, text, size);

	FUZZ_CHECK(len < size && strlen(text) <= len);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	struct trace_record r = {0};
	uint8_t small = input_u8(&in);

	guest_memory_reset(&mem, GUEST_SIZE);
	guest_memory_map(&mem);
	memset(&lines, 0, sizeof(lines));
	small = small & 1 ? small : 0;
	for (unsigned int i = 0; i < MAX_ACTS && input_left(&in); i++) {
		uint8_t what = input_u8(&in);

		if (what % 4 == 0) {
			guest_memory_poke(&mem, &in);
			continue;
		}
		if (what % 4 != 1) /* else the one before once more: enter, then exit */
			draw_record(&in, &r);
		else
			r.kind = TRACE_EXIT;
		add(&r, small);
	}
	return 0;
}
