#include "kernel/task/elf.h"

#include <linux/mman.h>
#include "arch/arch.h"
#include "kernel/lib/string.h"

#define INTERP_MAX 4096

int elf_check_header(const void *header, size_t len, struct elf_image *out)
{
	const Elf64_Ehdr *e = header;
	if (len < sizeof(*e) || memcmp(e->e_ident, ELFMAG, SELFMAG))
		return -ENOEXEC;
	if (e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_ident[EI_DATA] != ELFDATA2LSB)
		return -ENOEXEC;
	if ((e->e_type != ET_EXEC && e->e_type != ET_DYN) || e->e_machine != ELF_MACHINE)
		return -ENOEXEC;
	if (e->e_phentsize != sizeof(Elf64_Phdr) || !e->e_phnum)
		return -ENOEXEC;
	u64 size = (u64)e->e_phnum * sizeof(Elf64_Phdr);
	if (size > ELF_HEADERS_MAX || e->e_phoff > (u64)INT64_MAX - size)
		return -ENOEXEC;
	*out = (struct elf_image){
		.relocatable = e->e_type == ET_DYN,
		.entry = e->e_entry,
		.phdr_offset = e->e_phoff,
		.phdr_size = size,
		.phdr_count = e->e_phnum,
	};
	return 0;
}

static int check_load(struct elf_image *img, const Elf64_Phdr *p)
{
	if (p->p_filesz > p->p_memsz || p->p_memsz > USER_TOP || p->p_vaddr > USER_TOP - p->p_memsz)
		return -EINVAL;
	if ((p->p_vaddr ^ p->p_offset) & ~PAGE_MASK)
		return -EINVAL;
	if (p->p_offset > (u64)INT64_MAX - p->p_memsz - PAGE_SIZE)
		return -EINVAL;
	if (p->p_align > PAGE_SIZE && !(p->p_align & (p->p_align - 1)))
		img->align = MAX(img->align, MIN(p->p_align, 1ull << 30));
	if (!p->p_memsz)
		return 0;
	img->low = MIN(img->low, p->p_vaddr & PAGE_MASK);
	img->high = MAX(img->high, ALIGN_UP(p->p_vaddr + p->p_memsz, PAGE_SIZE));
	if (img->phdr_offset >= p->p_offset && img->phdr_offset - p->p_offset < p->p_filesz)
		img->phdr_address = p->p_vaddr + (img->phdr_offset - p->p_offset);
	return 0;
}

static int check_interpreter(struct elf_image *img, const Elf64_Phdr *p)
{
	if (img->has_interpreter)
		return 0; /* the first one counts */
	if (p->p_filesz < 2 || p->p_filesz > INTERP_MAX ||
	    p->p_offset > (u64)INT64_MAX - INTERP_MAX)
		return -ENOEXEC;
	img->has_interpreter = true;
	img->interp_offset = p->p_offset;
	img->interp_size = p->p_filesz;
	return 0;
}

static int check_one(struct elf_image *img, const Elf64_Phdr *p)
{
	switch (p->p_type) {
	case PT_LOAD:
		return check_load(img, p);
	case PT_INTERP:
		return check_interpreter(img, p);
	case PT_GNU_STACK:
		img->stack_exec = p->p_flags & PF_X;
		return 0;
	}
	return 0;
}

int elf_check_segments(struct elf_image *img)
{
	img->low = ~0ull;
	img->align = PAGE_SIZE;
	for (unsigned int i = 0; i < img->phdr_count; i++) {
		int err = check_one(img, &img->phdr[i]);
		if (err)
			return err;
	}
	if (img->low >= img->high)
		return -ENOEXEC;
	return img->high - img->low > USER_TOP / 2 ? -ENOMEM : 0;
}

bool elf_segment_at(const struct elf_image *img, unsigned int i, struct elf_segment *out)
{
	const Elf64_Phdr *p = &img->phdr[i];
	if (p->p_type != PT_LOAD || !p->p_memsz)
		return false;
	u64 skew = p->p_vaddr & ~PAGE_MASK;
	out->start = p->p_vaddr - skew;
	out->file_end = p->p_filesz ? p->p_vaddr + p->p_filesz : out->start;
	out->memory_end = p->p_vaddr + p->p_memsz;
	out->offset = p->p_offset - skew;
	out->prot = (p->p_flags & PF_R ? PROT_READ : 0) | (p->p_flags & PF_W ? PROT_WRITE : 0) |
		    (p->p_flags & PF_X ? PROT_EXEC : 0);
	return true;
}
