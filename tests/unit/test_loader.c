/*
 * The kernel loader and the symboliser against good, truncated and hostile ELF files.
 * sources: vmm/loader.c vmm/memory.c vmm/symbol.c vmm/message.c vmm/arch/x86_64.c
 */
#include <check.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"
#include "shared/abi/boot.h"
#include "symbol.h"

#define RAM	    (32ull << 20)
#define TEXT_OFFSET 0x1000
#define TEXT_LEN    0x80

struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[3];
	char pad[TEXT_OFFSET - sizeof(Elf64_Ehdr) - 3 * sizeof(Elf64_Phdr)];
	unsigned char text[TEXT_LEN];
	unsigned char data[0x40];
	Elf64_Sym sym[4];
	char str[32];
	Elf64_Shdr sh[3];
};

static struct memory mem;
static struct image *img;
static struct kernel_image out;

static void set_segment(unsigned int i, uint64_t off, uint64_t gpa, uint64_t filesz, uint64_t memsz,
			uint32_t flags)
{
	img->ph[i] = (Elf64_Phdr){.p_type = PT_LOAD,
				  .p_offset = off,
				  .p_vaddr = BOOT_KERNEL_BASE + gpa,
				  .p_paddr = gpa,
				  .p_filesz = filesz,
				  .p_memsz = memsz,
				  .p_flags = flags};
}

static void set_symbols(void)
{
	img->sh[1] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
				  .sh_offset = offsetof(struct image, sym),
				  .sh_size = sizeof(img->sym),
				  .sh_entsize = sizeof(Elf64_Sym),
				  .sh_link = 2};
	img->sh[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
				  .sh_offset = offsetof(struct image, str),
				  .sh_size = sizeof(img->str)};
	memcpy(img->str, "\0first\0second\0label", 20);
	img->sym[1] = (Elf64_Sym){.st_name = 1,
				  .st_info = STT_FUNC,
				  .st_shndx = 1,
				  .st_value = 0x1000,
				  .st_size = 0x10};
	img->sym[2] = (Elf64_Sym){.st_name = 7,
				  .st_info = STT_FUNC,
				  .st_shndx = 1,
				  .st_value = 0x1020,
				  .st_size = 0x10};
	img->sym[3] = (Elf64_Sym){
		.st_name = 14, .st_info = STT_NOTYPE, .st_shndx = 1, .st_value = 0x2000};
}

static void setup(void)
{
	img = calloc(1, sizeof(*img));
	ck_assert_int_eq(memory_create(&mem, RAM, 0), 0);
	memcpy(img->eh.e_ident, ELFMAG, SELFMAG);
	img->eh.e_ident[EI_CLASS] = ELFCLASS64;
	img->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	img->eh.e_type = ET_EXEC;
	img->eh.e_machine = EM_X86_64;
	img->eh.e_version = EV_CURRENT;
	img->eh.e_entry = BOOT_KERNEL_BASE + 0x100000 + 4;
	img->eh.e_phoff = offsetof(struct image, ph);
	img->eh.e_phentsize = sizeof(Elf64_Phdr);
	img->eh.e_phnum = 3;
	img->eh.e_shoff = offsetof(struct image, sh);
	img->eh.e_shentsize = sizeof(Elf64_Shdr);
	img->eh.e_shnum = 3;
	memset(img->text, 0x90, TEXT_LEN);
	memset(img->data, 0x55, sizeof(img->data));
	set_segment(0, TEXT_OFFSET, 0x100000, TEXT_LEN, TEXT_LEN, PF_R | PF_X);
	set_segment(1, TEXT_OFFSET + TEXT_LEN, 0x101000, 0x40, 0x5000, PF_R | PF_W);
	img->ph[2].p_type = PT_NOTE;
	set_symbols();
}

static void teardown(void)
{
	memory_destroy(&mem);
	free(img);
}

static enum loader_error load(void)
{
	return loader_load(&mem, img, sizeof(*img), &out);
}

/* Nothing may have been written when loading fails. */
static void refuse(enum loader_error want)
{
	const unsigned char *at = memory_range(&mem, 0x100000, TEXT_LEN);

	ck_assert_str_eq(loader_strerror(load()), loader_strerror(want));
	ck_assert_uint_eq(at[0], 0);
}

START_TEST(loads)
{
	const unsigned char *ram = memory_range(&mem, 0, RAM);

	ck_assert_int_eq(load(), LOADER_OK);
	ck_assert_uint_eq(out.entry, BOOT_KERNEL_BASE + 0x100004);
	ck_assert_uint_eq(out.start, 0x100000);
	ck_assert_uint_eq(out.end, 0x106000);
	ck_assert_uint_eq(ram[0x100000 + TEXT_LEN - 1], 0x90);
	ck_assert_uint_eq(ram[0x100000 + TEXT_LEN], 0);
	ck_assert_uint_eq(ram[0x10103f], 0x55);
	ck_assert_uint_eq(ram[0x101040], 0);
}
END_TEST

/* Every prefix of a good file is refused or loads what it can prove is whole; under ASan no byte
 * beyond is read. */
START_TEST(truncated)
{
	size_t whole = offsetof(struct image, sym);

	for (size_t len = 0; len < whole; len += len < 256 ? 1 : 37) {
		void *cut = malloc(len ? len : 1);

		memcpy(cut, img, len);
		ck_assert_int_eq(loader_load(&mem, cut, len, &out), LOADER_TRUNCATED);
		free(cut);
	}
}
END_TEST

START_TEST(bad_headers)
{
	Elf64_Ehdr good = img->eh;

	img->eh.e_ident[1] = 'F';
	refuse(LOADER_NOT_ELF);
	img->eh = good;
	img->eh.e_ident[EI_CLASS] = ELFCLASS32;
	refuse(LOADER_WRONG_MACHINE);
	img->eh = good;
	img->eh.e_machine = EM_AARCH64;
	refuse(LOADER_WRONG_MACHINE);
	img->eh = good;
	img->eh.e_type = ET_DYN;
	refuse(LOADER_BAD_HEADER);
	img->eh = good;
	img->eh.e_phentsize = 1;
	refuse(LOADER_BAD_HEADER);
	img->eh = good;
	img->eh.e_phoff = UINT64_MAX - 8;
	refuse(LOADER_TRUNCATED);
	img->eh = good;
	img->eh.e_phnum = 0xffff;
	refuse(LOADER_TRUNCATED);
	img->eh = good;
	img->eh.e_phnum = 0;
	refuse(LOADER_NO_SEGMENT);
}
END_TEST

START_TEST(bad_segments)
{
	struct image good = *img;

	img->ph[1].p_filesz = UINT64_MAX;
	refuse(LOADER_TRUNCATED);
	*img = good;
	img->ph[1].p_offset = UINT64_MAX - 0x10;
	refuse(LOADER_TRUNCATED);
	*img = good;
	img->ph[1].p_memsz = 0x3f;
	refuse(LOADER_BAD_SEGMENT);
	*img = good;
	img->ph[1].p_memsz = UINT64_MAX - 0x100000;
	refuse(LOADER_OUTSIDE);
	*img = good;
	set_segment(1, TEXT_OFFSET, 0, 0x40, 0x40, PF_R);
	refuse(LOADER_OUTSIDE);
	set_segment(1, TEXT_OFFSET, (16ull << 20) - 0x20, 0x40, 0x40, PF_R);
	refuse(LOADER_OUTSIDE);
	set_segment(1, TEXT_OFFSET, UINT64_MAX - 0x20, 0x40, 0x40, PF_R);
	refuse(LOADER_OUTSIDE);
	*img = good;
	img->ph[1].p_vaddr += 0x1000;
	refuse(LOADER_BAD_SEGMENT);
	*img = good;
	set_segment(1, TEXT_OFFSET, 0x100000 + TEXT_LEN - 1, 0x40, 0x40, PF_R);
	refuse(LOADER_BAD_SEGMENT);
}
END_TEST

START_TEST(bad_entries)
{
	img->eh.e_entry = 0;
	refuse(LOADER_BAD_ENTRY);
	img->eh.e_entry = BOOT_KERNEL_BASE + 0x100000 + TEXT_LEN;
	refuse(LOADER_BAD_ENTRY);
	img->eh.e_entry = BOOT_KERNEL_BASE + 0x101000;
	refuse(LOADER_BAD_ENTRY);
	img->eh.e_entry = 0x100004;
	refuse(LOADER_BAD_ENTRY);
}
END_TEST

/* Flip every byte of the headers, one at a time: whatever loads must lie inside its bounds. */
START_TEST(flipped_bytes)
{
	for (size_t i = 0; i < offsetof(struct image, pad); i++) {
		unsigned char *byte = (unsigned char *)img + i, was = *byte;

		for (unsigned int bit = 0; bit < 8; bit++) {
			*byte = was ^ (1u << bit);
			if (load() == LOADER_OK)
				ck_assert(out.start >= BOOT_KERNEL_PHYS && out.end <= 16ull << 20);
		}
		*byte = was;
	}
}
END_TEST

START_TEST(missing_file)
{
	ck_assert_int_eq(loader_load_file(&mem, "/nonexistent/kernel", &out), -ENOENT);
	ck_assert_int_eq(loader_load_file(&mem, "/dev/null", &out), -ENOEXEC);
	ck_assert_int_eq(loader_load_file(&mem, "/", &out), -ENOEXEC);
}
END_TEST

START_TEST(symbols_by_address)
{
	struct symbols s;
	char name[16];
	uint64_t off;

	symbols_init(&s, img, sizeof(*img));
	ck_assert_int_eq(symbols_find(&s, 0x1008, name, sizeof(name), &off), 0);
	ck_assert_str_eq(name, "first");
	ck_assert_uint_eq(off, 8);
	ck_assert_int_eq(symbols_find(&s, 0x102f, name, sizeof(name), &off), 0);
	ck_assert_str_eq(name, "second");
	ck_assert_int_eq(symbols_find(&s, 0x1010, name, sizeof(name), &off), -ENOENT);
	ck_assert_int_eq(symbols_find(&s, 0xfff, name, sizeof(name), &off), -ENOENT);
	ck_assert_int_eq(symbols_find(&s, 0x2345, name, 3, &off), 0);
	ck_assert_str_eq(name, "la");
}
END_TEST

START_TEST(hostile_symbols)
{
	struct symbols s;
	char name[64];
	uint64_t off;

	for (size_t i = offsetof(struct image, sym); i < sizeof(*img); i++) {
		unsigned char *byte = (unsigned char *)img + i, was = *byte;

		for (unsigned int bit = 0; bit < 8; bit++) {
			*byte = was ^ (1u << bit);
			symbols_init(&s, img, sizeof(*img));
			symbols_find(&s, 0x1008, name, sizeof(name), &off);
		}
		*byte = was;
	}
	memset(img->str, 'x', sizeof(img->str));
	symbols_init(&s, img, sizeof(*img));
	ck_assert_int_eq(symbols_find(&s, 0x1008, name, sizeof(name), &off), 0);
	ck_assert_uint_eq(strlen(name), sizeof(img->str) - 1);
	symbols_init(&s, NULL, 0);
	ck_assert_int_eq(symbols_find(&s, 0x1008, name, sizeof(name), &off), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("loader");
	TCase *t = tcase_create("elf");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, loads);
	tcase_add_test(t, truncated);
	tcase_add_test(t, bad_headers);
	tcase_add_test(t, bad_segments);
	tcase_add_test(t, bad_entries);
	tcase_add_test(t, flipped_bytes);
	tcase_add_test(t, missing_file);
	tcase_add_test(t, symbols_by_address);
	tcase_add_test(t, hostile_symbols);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
