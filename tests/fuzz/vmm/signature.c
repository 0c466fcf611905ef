/*
 * Signatures of findings, made of what a broken kernel says: its message, its registers and frames, its log.
 * sources: vmm/fuzz/signature.c vmm/fuzz/seen.c vmm/symbol.c vmm/memory.c vmm/arch/x86_64.c tests/fuzz/vmm/lib/quiet.c
 */
#include <elf.h>

#include "fuzz/seen.h"
#include "fuzz/signature.h"
#include "lib/input.h"
#include "machine.h"

#define CODE	  0xffffffff80100000ull
#define FUNCTIONS 8

/* A kernel of eight functions, 16 bytes each. */
static const char names[] = "\0panic\0sys_close\0inode_put\0mark_free\0__ubsan_handle_x\0assert_fail\0syscall_entry\0slab_free";
static struct {
	Elf64_Sym symbol[FUNCTIONS];
	char names[sizeof(names)];
} file;
static struct symbols symbols;

static void make_symbols(void)
{
	size_t at = 1;

	memcpy(file.names, names, sizeof(names));
	for (unsigned int i = 0; i < FUNCTIONS; i++) {
		file.symbol[i] = (Elf64_Sym){.st_name = (uint32_t)at,
					     .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
					     .st_shndx = 1,
					     .st_value = CODE + 16 * i,
					     .st_size = 16};
		at += strlen(names + at) + 1;
	}
	symbols = (struct symbols){.file = (const uint8_t *)&file,
				   .len = sizeof(file),
				   .symbol_count = FUNCTIONS,
				   .strtab = sizeof(file.symbol),
				   .strtab_len = sizeof(names)};
}

static unsigned long long draw_address(struct input *in)
{
	uint8_t how = input_u8(in);

	return how & 0x80 ? input_u64(in) : CODE + how;
}

/* As report.c fills it: counts within their arrays, a message that ends. */
static void draw_report(struct input *in, struct report *r)
{
	memset(r, 0, sizeof(*r));
	uint8_t how = input_u8(in);

	r->panic = how & 1;
	r->user = how & 2;
	r->reg_count = how & 4 ? arch_register_pc() + 1 : 0;
	r->reg[arch_register_pc()] = draw_address(in);
	r->frame_count = how >> 3;
	for (unsigned int i = 0; i < r->frame_count; i++)
		r->frame[i] = draw_address(in);
	input_bytes(in, r->message, input_u8(in));
	r->message[sizeof(r->message) - 1] = 0;
}

static void check(const char *text)
{
	size_t len = strnlen(text, FUZZ_SIGNATURE);

	FUZZ_CHECK(len && len < FUZZ_SIGNATURE);
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
	signature_index(text);
}

static void check_leak(struct input *in)
{
	struct fuzz_census before = {.pages = 7}, after = before;
	char log[512] = "", *text = malloc(FUZZ_SIGNATURE);

	FUZZ_CHECK(text);
	after.pages += input_u8(in);
	after.files -= input_u8(in) & 1;
	input_bytes(in, log, sizeof(log) - 1);
	if (signature_of_leak(text, &before, &after, log))
		check(text);
	free(text);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	make_symbols();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	char *text = malloc(FUZZ_SIGNATURE);
	struct report r;

	FUZZ_CHECK(text);
	draw_report(&in, &r);
	signature_of_report(text, &r, &symbols);
	check(text);
	signature_of_hang(text, &r, &symbols, input_u8(&in) & 1 ? "close" : NULL);
	check(text);
	signature_of_failure(text, r.message);
	free(text);
	check_leak(&in);
	return 0;
}
