/*
 * The guest kernel's look at executables: ELF headers and the first lines of scripts. Programs write these.
 * sources: guest/kernel/task/elf.c guest/kernel/task/script.c
 * flags: -DKERNEL_DEBUG -Itests/unit/fake -Iguest
 */
#include <elf.h>
#include <sys/mman.h>

#include "arch/arch.h"
/* <linux/elf.h> and <elf.h> define the same types */
#define _LINUX_ELF_H
#include "kernel/task/elf.h"
#include "kernel/task/exec.h"
#include "lib/input.h"

/* Whatever passes lies in user space, in order, without overflow. */
static void check_segments(const struct elf_image *img)
{
	struct elf_segment s;

	FUZZ_CHECK(img->low < img->high && img->high <= USER_TOP + PAGE_SIZE);
	FUZZ_CHECK(img->align >= PAGE_SIZE && !(img->align & (img->align - 1)));
	for (unsigned int i = 0; i < img->phdr_count; i++) {
		if (!elf_segment_at(img, i, &s))
			continue;
		FUZZ_CHECK(s.start <= s.file_end && s.file_end <= s.memory_end && s.memory_end <= USER_TOP);
		FUZZ_CHECK(s.start >= img->low && s.memory_end <= img->high);
		FUZZ_CHECK(!(s.start & ~PAGE_MASK) && !(s.offset & ~PAGE_MASK));
		FUZZ_CHECK(s.offset <= INT64_MAX - (s.file_end - s.start));
	}
}

static void look_at_elf(const uint8_t *file, size_t len)
{
	struct elf_image img;

	if (elf_check_header(file, len, &img))
		return;
	FUZZ_CHECK(img.phdr_size == img.phdr_count * sizeof(Elf64_Phdr) && img.phdr_size <= ELF_HEADERS_MAX);
	/* As exec.c: the headers are read where the file says they are. */
	Elf64_Phdr *phdr = calloc(img.phdr_count, sizeof(*phdr));

	FUZZ_CHECK(phdr);
	if (img.phdr_offset < len)
		memcpy(phdr, file + img.phdr_offset, MIN(len - img.phdr_offset, img.phdr_size));
	img.phdr = phdr;
	if (!elf_check_segments(&img))
		check_segments(&img);
	free(phdr);
}

static void look_at_script(const uint8_t *file, size_t len)
{
	static struct script_line line;

	if (!script_recognised(file, len) || script_parse(file, len, &line))
		return;
	FUZZ_CHECK(*line.interpreter && strlen(line.interpreter) < SCRIPT_LINE_MAX);
	FUZZ_CHECK(!strpbrk(line.interpreter, " \t\n") && strlen(line.argument) < SCRIPT_LINE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Aligned as a page of the file is, and not a byte longer. */
	uint8_t *file = malloc(size + !size);

	FUZZ_CHECK(file);
	memcpy(file, data, size);
	look_at_elf(file, size);
	look_at_script(file, size);
	free(file);
	return 0;
}
