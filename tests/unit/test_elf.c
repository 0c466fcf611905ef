/*
 * The checks of ELF executables, against well-formed and hostile headers.
 * sources: guest/kernel/task/elf.c
 */
#include <check.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "arch/arch.h"
/* <linux/elf.h> and <elf.h> define the same types */
#define _LINUX_ELF_H
#include "kernel/task/elf.h"

static Elf64_Ehdr header;
static Elf64_Phdr ph[8];
static struct elf_image img;

static void good(void)
{
	memset(&header, 0, sizeof(header));
	memset(ph, 0, sizeof(ph));
	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_type = ET_EXEC;
	header.e_machine = EM_X86_64;
	header.e_phentsize = sizeof(Elf64_Phdr);
	header.e_phnum = 3;
	header.e_phoff = sizeof(header);
	header.e_entry = 0x401000;
	ph[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R, .p_offset = 0, .p_vaddr = 0x400000, .p_filesz = 0x500, .p_memsz = 0x500, .p_align = 0x1000};
	ph[1] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = 0x1000, .p_vaddr = 0x401000, .p_filesz = 0x1234, .p_memsz = 0x1234, .p_align = 0x1000};
	ph[2] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 0x2ff0, .p_vaddr = 0x403ff0, .p_filesz = 0x20, .p_memsz = 0x5000, .p_align = 0x1000};
}

static int check(void)
{
	int err = elf_check_header(&header, sizeof(header), &img);
	if (err)
		return err;
	img.phdr = ph;
	if (img.phdr_count > 8)
		return -E2BIG;
	return elf_check_segments(&img);
}

START_TEST(a_good_file)
{
	struct elf_segment s;
	good();
	ck_assert_int_eq(check(), 0);
	ck_assert(!img.relocatable && !img.has_interpreter && !img.stack_exec);
	ck_assert_uint_eq(img.low, 0x400000);
	ck_assert_uint_eq(img.high, 0x409000);
	ck_assert_uint_eq(img.phdr_address, 0x400000 + sizeof(header));
	ck_assert(elf_segment_at(&img, 2, &s));
	ck_assert_uint_eq(s.start, 0x403000);
	ck_assert_uint_eq(s.offset, 0x2000);
	ck_assert_uint_eq(s.file_end, 0x404010);
	ck_assert_uint_eq(s.memory_end, 0x408ff0);
	ck_assert_uint_eq(s.prot, PROT_READ | PROT_WRITE);
	ck_assert(elf_segment_at(&img, 1, &s));
	ck_assert_uint_eq(s.prot, PROT_READ | PROT_EXEC);
}
END_TEST

START_TEST(kinds_of_files)
{
	good();
	header.e_type = ET_DYN;
	ck_assert_int_eq(check(), 0);
	ck_assert(img.relocatable);
	good();
	header.e_phnum = 5;
	ph[3] = (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = 0x300, .p_filesz = 28};
	ph[4] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W | PF_X};
	ck_assert_int_eq(check(), 0);
	ck_assert(img.has_interpreter && img.stack_exec);
	ck_assert_uint_eq(img.interp_offset, 0x300);
	ck_assert_uint_eq(img.interp_size, 28);
}
END_TEST

#define REFUSED(change, err)                                                                     \
	do {                                                                                     \
		good();                                                                          \
		change;                                                                          \
		ck_assert_int_eq(check(), err);                                                  \
	} while (0)

START_TEST(bad_headers)
{
	REFUSED(header.e_ident[1] = 'X', -ENOEXEC);
	REFUSED(header.e_ident[EI_CLASS] = ELFCLASS32, -ENOEXEC);
	REFUSED(header.e_ident[EI_DATA] = ELFDATA2MSB, -ENOEXEC);
	REFUSED(header.e_type = ET_REL, -ENOEXEC);
	REFUSED(header.e_machine = EM_ARM, -ENOEXEC);
	REFUSED(header.e_phentsize = 55, -ENOEXEC);
	REFUSED(header.e_phnum = 0, -ENOEXEC);
	REFUSED(header.e_phnum = 0xffff, -ENOEXEC);
	REFUSED(header.e_phoff = ~0ull, -ENOEXEC);
	REFUSED(header.e_phoff = 1ull << 63, -ENOEXEC);
	good();
	for (size_t n = 0; n < sizeof(header); n++)
		ck_assert_int_eq(elf_check_header(&header, n, &img), -ENOEXEC);
}
END_TEST

START_TEST(bad_segments)
{
	REFUSED(ph[1].p_filesz = ph[1].p_memsz + 1, -EINVAL);
	REFUSED(ph[1].p_memsz = ~0ull, -EINVAL);
	REFUSED(ph[1].p_vaddr = ~0xfffull, -EINVAL);
	REFUSED(ph[1].p_vaddr = USER_TOP - 0x1000, -EINVAL);
	REFUSED(ph[1].p_offset = 0x1001, -EINVAL);
	REFUSED(ph[1].p_offset = 0x7ffffffffffff000ull, -EINVAL);
	REFUSED(ph[0].p_vaddr = 0; ph[2].p_vaddr = 0x7f0000000ff0ull, -ENOMEM);
	REFUSED(header.e_phnum = 1; ph[0].p_type = PT_NOTE, -ENOEXEC);
	REFUSED(header.e_phnum = 1; ph[0].p_memsz = ph[0].p_filesz = 0, -ENOEXEC);
	REFUSED(ph[0].p_type = PT_INTERP; ph[0].p_filesz = 1, -ENOEXEC);
	REFUSED(ph[0].p_type = PT_INTERP; ph[0].p_filesz = 4097, -ENOEXEC);
	REFUSED(ph[0].p_type = PT_INTERP; ph[0].p_offset = ~0ull; ph[0].p_filesz = 20, -ENOEXEC);
}
END_TEST

/* Whatever passes must lie in user space, in order, without overflow. */
static void assert_sound(void)
{
	struct elf_segment s;
	ck_assert(img.low < img.high && img.high <= USER_TOP + PAGE_SIZE);
	ck_assert(img.align >= PAGE_SIZE && !(img.align & (img.align - 1)));
	for (unsigned int i = 0; i < img.phdr_count; i++) {
		if (!elf_segment_at(&img, i, &s))
			continue;
		ck_assert(s.start <= s.file_end && s.file_end <= s.memory_end);
		ck_assert(s.memory_end <= USER_TOP && s.start >= img.low && s.memory_end <= img.high);
		ck_assert(!(s.start & ~PAGE_MASK) && !(s.offset & ~PAGE_MASK));
		ck_assert(s.offset <= INT64_MAX - (s.file_end - s.start));
	}
}

START_TEST(noise)
{
	srand(7);
	for (int round = 0; round < 200000; round++) {
		good();
		header.e_phnum = 8;
		for (int i = 3; i < 8; i++)
			ph[i] = ph[i % 3];
		for (int k = rand() % 8; k >= 0; k--) {
			if (rand() % 4)
				((unsigned char *)ph)[(unsigned int)rand() % sizeof(ph)] = (unsigned char)rand();
			else
				((uint64_t *)ph)[(unsigned int)rand() % (sizeof(ph) / 8)] = (uint64_t)rand() << (rand() % 50);
		}
		if (!check())
			assert_sound();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("elf");
	TCase *t = tcase_create("headers");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_good_file);
	tcase_add_test(t, kinds_of_files);
	tcase_add_test(t, bad_headers);
	tcase_add_test(t, bad_segments);
	tcase_add_test(t, noise);
	suite_add_tcase(suite, t);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
